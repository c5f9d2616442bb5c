#!/usr/bin/python3
"""The directions of the house: which room may include which, no circle, no symbol of another's name.

Usage: structure_test.py BUILD_DIR

Reads what the compiler says of the dependencies of each source file and header, and the symbols of
the object files in BUILD_DIR, which must have a compile_commands.json. docs/architecture.md has the
same rules in words.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a room may include, beside itself and what those may include. The folder is the room.
PLUGIN_ROOMS = {
    "plugin/core/base": [],
    "plugin/core": ["plugin/core/base"],
    "plugin/link": ["plugin/core"],
    "plugin/echo": ["plugin/link"],
    "plugin/status": ["plugin/link"],
    "plugin": ["plugin/echo", "plugin/status"],
}
APP_ROOMS = {
    "app/base": ["plugin/core"],
    "app/sockets": ["app/base"],
    "app/config": ["app/sockets"],
    "app/sites": ["app/config"],
    "app/process": ["app/sites"],
    "app": ["app/process"],
}
ROOMS = PLUGIN_ROOMS | APP_ROOMS
# The seams: headers that lower rooms may include, too. They include nothing of a higher room.
SEAMS = {
    "plugin/endpoint.h": ["plugin/link", "plugin/echo", "plugin/status"],
    "plugin/echo_host.h": ["plugin/link", *APP_ROOMS],
}
# The one symbol that libwebsockets looks for.
EXPORTED = {"plugin/plugin.c": {"lws_echo"}, "app/main.c": {"main"}, "app/config/man.c": {"main"}}


def run(*command: str, cwd: Path = ROOT) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def room_of(path: str) -> str:
    return str(Path(path).parent)


def module_of(path: str) -> str:
    return str(Path(path).with_suffix(""))


def reachable(room: str) -> set[str]:
    found, waiting = {room}, [room]
    while waiting:
        for lower in ROOMS[waiting.pop()]:
            if lower not in found:
                found.add(lower)
                waiting.append(lower)
    return found


class House:
    """Source files of a build, and what each includes."""

    def __init__(self, build: Path) -> None:
        self.objects: dict[str, Path] = {}
        self._flags: dict[str, list[str]] = {}
        for entry in json.loads((build / "compile_commands.json").read_text()):
            path = Path(entry["file"]).resolve()
            if path.is_relative_to(ROOT) and str(path.relative_to(ROOT)).split("/")[0] in (
                "plugin",
                "app",
            ):
                self._add(str(path.relative_to(ROOT)), entry)
        self.headers = run("git", "ls-files", "-co", "--exclude-standard", "plugin/**.h", "app/**.h",
                           "plugin/*.h", "app/*.h").split()
        self.includes = {path: self._dependencies(path) for path in self.sources + self.headers}

    def _add(self, path: str, entry: dict[str, str]) -> None:
        words = shlex.split(entry["command"])
        output = words[words.index("-o") + 1]
        # the plugin's objects have their names from the plugin alone, not from a fuzz target
        self.objects.setdefault(path, Path(entry["directory"]) / output)
        flags = [word for word in words if word.startswith(("-I", "-D", "-std", "-isystem"))]
        self._flags.setdefault(path, [words[0], *flags])

    @property
    def sources(self) -> list[str]:
        return sorted(self.objects)

    def _command(self, path: str) -> list[str]:
        """Returns how a file is compiled; a header as some source of its folder, or the nearest."""
        if path in self._flags:
            return self._flags[path]
        top = path.split("/")[0]
        near = [source for source in self.sources if Path(source).parent == Path(path).parent]
        wanted = "app/main.c" if top == "app" else "plugin/plugin.c"
        return self._flags[near[0] if near else wanted]

    def _dependencies(self, path: str) -> set[str]:
        rule = run(*self._command(path), "-MM", "-x", "c", path)
        words = rule.replace("\\\n", " ").split(":", 1)[1].split()
        found = set()
        for word in words:
            full = (ROOT / word).resolve()
            if full.is_relative_to(ROOT):
                found.add(str(full.relative_to(ROOT)))
        return {name for name in found if name.split("/")[0] in ("plugin", "app")} - {path}


def wrong_directions(house: House) -> list[str]:
    """An include is one of the own room, of a lower room, or of a seam; never of a higher room."""
    wrong = []
    for path, included in house.includes.items():
        room = room_of(path)
        if room not in ROOMS:
            wrong.append(f"{path}: there is no such room")
            continue
        allowed = reachable(room)
        for header in sorted(included):
            if room_of(header) not in allowed and room not in SEAMS.get(header, []):
                wrong.append(f"{path} includes {header}")
    return wrong


def circles(house: House) -> list[str]:
    """No two modules, a .c with its .h, lead to each other."""
    modules: dict[str, set[str]] = {}
    for path, included in house.includes.items():
        edges = modules.setdefault(module_of(path), set())
        edges |= {module_of(header) for header in included} - {module_of(path)}
    done: set[str] = set()
    found = []

    def visit(module: str, way: list[str]) -> None:
        if module in way:
            found.append(" -> ".join([*way[way.index(module):], module]))
            return
        if module in done:
            return
        for lower in sorted(modules.get(module, ())):
            visit(lower, [*way, module])
        done.add(module)

    for module in sorted(modules):
        visit(module, [])
    return found


def prefixes(path: str) -> set[str]:
    """How public symbols of a file may begin: like the file, or like the endpoint or folder."""
    stem = Path(path).stem
    room = Path(room_of(path)).name
    if room_of(path) in ("plugin/echo", "plugin/status"):
        return {room}
    return {stem, stem.split("_")[0]}


def foreign_symbols(house: House) -> list[str]:
    """A public symbol says where it is found: it begins with the name of its file or endpoint."""
    wrong = []
    for path, output in house.objects.items():
        if not output.exists():
            wrong.append(f"{output}: not built")
            continue
        for line in run("nm", "--defined-only", "--extern-only", str(output)).splitlines():
            name = line.split()[-1]
            if name.startswith(("__odr_asan", "__asan", ".")):
                continue
            if name in EXPORTED.get(path, ()):
                continue
            if not any(name == prefix or name.startswith(prefix + "_") for prefix in prefixes(path)):
                wrong.append(f"{path}: {name}")
    return wrong


CHECKS = (wrong_directions, circles, foreign_symbols)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    house = House(Path(sys.argv[1]).resolve())
    failed = 0
    for check in CHECKS:
        findings = check(house)
        failed += bool(findings)
        print("not ok" if findings else "ok", check.__name__.replace("_", " "))
        for finding in findings:
            print("#", finding)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
