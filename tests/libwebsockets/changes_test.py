#!/usr/bin/python3
"""The changes to libwebsockets: each is described, fits, stands alone, and has only text of ours.

Usage: changes_test.py

Needs the distribution's source, which script/lws fetches.
"""

import functools
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/kit/python"))

from tally import run_functions

CHANGES = ROOT / "libwebsockets"
PROGRAM = CHANGES / "changes"
VERSION = "4.1.6"
EDIT = re.compile(r"[0-9]+(,[0-9]+)?[acd]")

# Shorter lines, such as "return -1;", say nothing.
TELLING = 12


def run(*command: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done


@functools.cache
def source(*options: str) -> Path:
    return Path(run(ROOT / "script/lws", *options, "--source").stdout.strip())


def names(version: str | None = None) -> list[str]:
    return run(PROGRAM, "list", *([version] if version else [])).stdout.split()


def text_of(name: str) -> str:
    return (CHANGES / f"{name}.change").read_text()


def edits(name: str) -> list[tuple[str, str, list[str]]]:
    """Returns, for each file that a change edits: version, path, and the lines that it adds."""
    found: list[tuple[str, str, list[str]]] = []
    adding = False
    for line in text_of(name).splitlines():
        if adding:
            adding = line != "."
            if adding:
                found[-1][2].append(line)
        elif line.startswith("Edit "):
            found.append((*line.split()[1:3], []))
        elif found and EDIT.fullmatch(line):
            adding = not line.endswith("d")
    return found


def wire_tests() -> set[str]:
    files = (ROOT / "tests/wire").rglob("*_test.c")
    return {f"wire_{file.name.removesuffix('_test.c')}" for file in files} | {"http2_test.py"}


def every_change_is_described() -> None:
    upstream = (ROOT / "docs/upstream.md").read_text()
    assert upstream.endswith(run(PROGRAM, "describe").stdout), "upstream.md: see changes describe"
    for name in names():
        head, _, _ = text_of(name).partition("\nEdit ")
        lines = head.splitlines()
        assert 10 < len(lines[0]) <= 72 and not lines[1], f"{name}: a title, then an empty line"
        fields = dict(line.split(": ", 1) for line in lines if re.match(r"(Test|Upstream): ", line))
        assert fields.keys() == {"Test", "Upstream"}, f"{name}: Test and Upstream, each in a line"
        assert len(head) > 200, f"{name}: says why"
        assert fields["Test"] in wire_tests(), f"{name}: no test {fields['Test']}"


def no_text_is_of_libwebsockets() -> None:
    """One statement may well be the same as another; two in a row are copied."""

    def pairs(lines: list[str]) -> set[tuple[str, str]]:
        told = [line.strip() for line in lines if len(line.strip()) >= TELLING]
        return set(zip(told, told[1:]))

    for name in names():
        for version, path, added in edits(name):
            tree = source() if version == VERSION else source("--trixie")
            same = pairs(added) & pairs((tree / path).read_text().splitlines())
            assert not same, f"{name}, {path}: {same}"


def every_change_fits_alone_and_compiles() -> None:
    with tempfile.TemporaryDirectory() as directory:
        tree, build, alone = (Path(directory) / word for word in ("tree", "build", "alone"))
        shutil.copytree(source(), tree, symlinks=True)
        run("cmake", "-S", tree, "-B", build, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
            "-DLWS_WITHOUT_TESTAPPS=ON", "-DLWS_WITH_LIBUV=ON", "-DLWS_WITH_EVLIB_PLUGINS=OFF",
            "-DLWS_WITHOUT_EXTENSIONS=OFF", "-DLWS_WITH_STATIC=OFF", "-DDISABLE_WERROR=ON",
            "-DLWS_UNIX_SOCK=ON", "-DLWS_IPV6=ON")
        commands = {
            entry["file"]: shlex.split(entry["command"])
            for entry in json.loads((build / "compile_commands.json").read_text())
        }
        for name in names(VERSION):
            shutil.rmtree(alone, ignore_errors=True)
            shutil.copytree(CHANGES, alone)
            for other in alone.glob("*.change"):
                if other.stem != name:
                    other.unlink()
            made = run(alone / "changes", "apply", VERSION, tree)
            assert made.stdout.split() == [name], made.stderr
            paths = [path for version, path, _ in edits(name) if version == VERSION]
            for path in paths:
                if path.endswith(".c"):
                    command = commands[str(tree / path)]
                    out = command.index("-o")
                    done = subprocess.run(
                        [*command[:out], *command[out + 2 :], "-fsyntax-only", "-Werror=implicit"],
                        cwd=build, capture_output=True, text=True,
                    )
                    assert done.returncode == 0, f"{name}: {done.stderr}"
            for path in paths:
                shutil.copy(source() / path, tree / path)


def all_changes_fit_the_source(version: str = VERSION, *options: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory) / "tree"
        shutil.copytree(source(*options), tree, symlinks=True)
        made = run(PROGRAM, "apply", version, tree)
        assert made.stdout.split() == names(version), made.stderr


def all_changes_fit_the_source_of_debian_13() -> None:
    all_changes_fit_the_source("4.3.5", "--trixie")


PATH = "lib/a.c"
BEFORE = "".join(f"{i}\n" for i in range(1, 9))


class House:
    """A small source tree, and changes of its own to it."""

    def __init__(self, directory: Path) -> None:
        self.changes = directory / "changes"
        self.tree = directory / "tree"
        self._directory = directory
        self.changes.mkdir()
        for name in ("changes", "merge.awk"):
            shutil.copy(CHANGES / name, self.changes / name)
        self._write(self.tree, BEFORE)

    def _write(self, tree: Path, text: str) -> None:
        (tree / "lib").mkdir(parents=True, exist_ok=True)
        (tree / "include").mkdir(exist_ok=True)
        (tree / "lwsws").mkdir(exist_ok=True)
        (tree / "CMakeLists.txt").write_text("")
        (tree / PATH).write_text(text)

    def record(self, name: str, after: str) -> None:
        self._write(self._directory / "after", after)
        (self.changes / f"{name}.change").write_text(f"Change {name}\n\nWhy.\n")
        run(self.changes / "changes", "record", name, "9.9", self.tree, self._directory / "after")

    def apply(self) -> subprocess.CompletedProcess[str]:
        return run(self.changes / "changes", "apply", "9.9", self.tree, check=False)

    @property
    def text(self) -> str:
        return (self.tree / PATH).read_text()


def in_house(test: "function") -> None:
    with tempfile.TemporaryDirectory() as directory:
        test(House(Path(directory)))


def edits_of_several_changes_are_merged(house: House) -> None:
    house.record("replace", BEFORE.replace("3\n4\n", "three\n\nfour\n"))
    house.record("insert", "0\n" + BEFORE.replace("2\n", "2\n2 1/2\n"))
    house.record("remove", BEFORE.replace("5\n6\n", ""))
    house.record("append", BEFORE + "9\n")
    done = house.apply()
    assert done.stdout.split() == ["append", "insert", "remove", "replace"], done
    assert house.text == "0\n1\n2\n2 1/2\nthree\n\nfour\n7\n8\n9\n", house.text


def a_change_is_recorded_anew_in_its_place(house: House) -> None:
    house.record("one", BEFORE.replace("3\n", "three\n"))
    first = (house.changes / "one.change").read_text()
    after = house.changes.parent / "after"
    run(house.changes / "changes", "record", "one", "9.9", house.tree, after)
    assert (house.changes / "one.change").read_text() == first
    run(house.changes / "changes", "record", "one", "9.8", house.tree, after)
    run(house.changes / "changes", "record", "one", "9.9", house.tree, after)
    text = (house.changes / "one.change").read_text()
    assert text.count("Edit 9.8") == text.count("Edit 9.9") == 1 and "\n\n\n" not in text, text


def a_change_to_a_file_that_has_moved_on_is_left_out(house: House) -> None:
    house.record("one", BEFORE.replace("3\n", "three\n"))
    (house.tree / PATH).write_text(BEFORE + "new\n")
    done = house.apply()
    assert done.returncode == 0 and not done.stdout, done
    assert f"one does not fit this 9.9: {PATH} is not the file that it was made for" in done.stderr
    assert house.text == BEFORE + "new\n"


def a_damaged_change_is_left_out(house: House) -> None:
    house.record("one", BEFORE.replace("3\n", "three\n"))
    file = house.changes / "one.change"
    file.write_text(file.read_text().replace("\nthree\n", "\ntree\n"))
    done = house.apply()
    assert not done.stdout and "one.change is damaged" in done.stderr, done
    assert house.text == BEFORE


def two_changes_to_one_line_are_an_error(house: House) -> None:
    house.record("one", BEFORE.replace("3\n", "three\n"))
    house.record("two", BEFORE.replace("2\n3\n", ""))
    done = house.apply()
    assert done.returncode == 1 and "two: edits line 3 of lib/a.c, as one does" in done.stderr, done
    assert house.text == BEFORE


def main() -> int:
    tests = [
        every_change_is_described,
        no_text_is_of_libwebsockets,
        all_changes_fit_the_source,
        all_changes_fit_the_source_of_debian_13,
        every_change_fits_alone_and_compiles,
    ]
    house_tests = [
        edits_of_several_changes_are_merged,
        a_change_is_recorded_anew_in_its_place,
        a_change_to_a_file_that_has_moved_on_is_left_out,
        a_damaged_change_is_left_out,
        two_changes_to_one_line_are_an_error,
    ]
    return run_functions(
        [(test.__name__, test) for test in tests]
        + [(test.__name__, functools.partial(in_house, test)) for test in house_tests]
    )


if __name__ == "__main__":
    sys.exit(main())
