#!/usr/bin/python3
"""Makes the Debian package and checks it: form, units, manual pages, and that it works.

Usage: package_test.py [--system DIR]

With --system it is also installed, run and purged in the Debian system at DIR, which must be
nobody's: what "debootstrap --variant=minbase bookworm DIR" makes. That needs root.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from server import REPOSITORY, Server
from tally import run_functions

BUILD = REPOSITORY / "build" / "package"

# What "systemd-analyze security" may say of the service, of 10.
EXPOSURE_MAX = 2.0


def run(*command: object, check: bool = True) -> str:
    """Returns what the command says; fails with that if it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stdout}")
    return done.stdout


def make_package() -> Path:
    run("cmake", "--preset", "package")
    run("cmake", "--build", "--preset", "package")
    for old in BUILD.glob("*.deb"):
        old.unlink()
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", BUILD)
    (package,) = BUILD.glob("*.deb")
    return package


def lintian_has_nothing_to_say(package: Path, _root: Path) -> None:
    said = run("lintian", "--allow-root", "--fail-on", "error,warning", package)
    assert not said.strip(), said


def the_service_is_confined(_package: Path, root: Path) -> None:
    unit = root / "lib/systemd/system/lws-echo.service"
    said = run("systemd-analyze", "security", "--offline=yes", unit)
    exposure = float(re.search(r"Overall exposure level for lws-echo.service: ([0-9.]+)", said)[1])
    assert exposure <= EXPOSURE_MAX, exposure


def the_units_are_valid(_package: Path, root: Path) -> None:
    """systemd looks for the program where the unit says, so the unit says where it is unpacked."""
    with tempfile.TemporaryDirectory() as name:
        for unit in ("lws-echo.service", "lws-echo.socket"):
            text = (root / "lib/systemd/system" / unit).read_text()
            assert "/usr/bin/lws-echo" in text or unit.endswith("socket")
            text = text.replace("/usr/bin/lws-echo", str(root / "usr/bin/lws-echo"))
            (Path(name) / unit).write_text(text)
        said = run("systemd-analyze", "verify", "--man=no", *Path(name).iterdir(), check=False)
        assert not said.strip(), said


def the_manual_pages_are_valid(_package: Path, root: Path) -> None:
    for page in root.glob("usr/share/man/man*/*.gz"):
        said = run("mandoc", "-T", "lint", "-W", "warning", page)
        assert not said.strip(), said


def the_manual_pages_name_everything_that_help_names(_package: Path, root: Path) -> None:
    told = run(root / "usr/bin/lws-echo", "--help")
    named = set(re.findall(r"^ +(?:-\w, )?(?:--)?([a-z$][a-z-]+)  ?", told, re.MULTILINE))
    pages = "".join(run("mandoc", "-T", "utf8", page)
                    for page in root.glob("usr/share/man/man*/*.gz"))
    text = re.sub(r".\x08", "", pages)
    assert len(named) > 30, named
    missing = [word for word in named if word not in text]
    assert not missing, missing


def check_service(*command: object) -> None:
    """Runs a server on a free port, asks it for its page and how it is, and stops it."""
    server = Server(command=command)
    try:
        with urllib.request.urlopen(f"{server.url}healthz") as response:
            assert response.read() == b"ok\n"
        with urllib.request.urlopen(server.url) as response:
            assert b"<!doctype html>" in response.read()
    finally:
        server.stop()


def what_is_packed_serves(_package: Path, root: Path) -> None:
    configuration = root / "etc/lws-echo/lws-echo.json"
    check_service(root / "usr/bin/lws-echo", "-c", configuration, "--port", "0")


# Has "$1" as the root, read-only, with /proc and /dev, as containers have them, for a program that
# is given after it and runs as nobody.
CONTAINER = """
mount --bind "$1" "$1"
mkdir -p "$1/proc" "$1/dev"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -o remount,ro,bind "$1"
exec chroot --userspec 65532:65532 "$@"
"""


def in_container(root: Path, *command: object) -> list[object]:
    return ["unshare", "--mount", "sh", "-ec", CONTAINER, "sh", root, *command]


def the_root_of_the_image_serves(_package: Path, root: Path) -> None:
    """What the Containerfile does after its FROM, here, and what an engine would do with it."""
    image = root.parent / "image"
    run("env", f"DESTDIR={image}", "cmake", "--install", BUILD, "--strip")
    run(REPOSITORY / "conf/container/image-root", image)
    check_service(*in_container(image, "/usr/bin/lws-echo", "-c", "/etc/lws-echo/lws-echo.json",
                                "--port", "0"))


def the_containerfile_is_valid(_package: Path, _root: Path) -> None:
    file = REPOSITORY / "conf/container/Containerfile"
    run(REPOSITORY / "node_modules/.bin/dockerfile-utils", "lint", file)
    text = file.read_text()
    for word in ("conf/container/image-root /image", "FROM scratch", "USER 65532", "--preset package"):
        assert word in text, word


def files_of(root: Path) -> set[str]:
    said = run("find", root, "-xdev", "(", "-path", root / "var/lib/apt", "-o", "-path",
               root / "var/cache", "-o", "-path", root / "var/log", ")", "-prune", "-o", "-print")
    return set(said.splitlines())


def it_comes_and_goes_in_a_system(package: Path, system: Path) -> None:
    """Its dependencies are installed before: they stay."""
    chroot = ("chroot", system, "env", "DEBIAN_FRONTEND=noninteractive")
    depends = re.sub(r"\([^)]*\)", "", run("dpkg-deb", "-f", package, "Depends")).replace(",", " ")
    run("cp", package, system / "root/package.deb")
    run(*chroot, "apt-get", "-qq", "install", "-y", "--no-install-recommends", *depends.split())
    before = files_of(system)
    run(*chroot, "dpkg", "-i", "/root/package.deb")
    assert (system / "usr/bin/lws-echo").exists()
    check_service(*in_container(system, "/usr/bin/lws-echo", "-c", "/etc/lws-echo/lws-echo.json",
                                "--port", "0"))
    run(*chroot, "dpkg", "--purge", "lws-echo")
    run("rm", system / "root/package.deb")
    left = files_of(system) - before - {str(system / "root/package.deb")}
    assert not left, left


def main() -> int:
    tests: list[Callable[[Path, Path], None]] = [
        lintian_has_nothing_to_say,
        the_service_is_confined,
        the_units_are_valid,
        the_manual_pages_are_valid,
        the_manual_pages_name_everything_that_help_names,
        what_is_packed_serves,
        the_containerfile_is_valid,
    ]
    if os.geteuid() == 0:
        tests.append(the_root_of_the_image_serves)
    else:
        print("# not root: the root of the image is not tried")
    package = make_package()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "unpacked"
        run("dpkg-deb", "-x", package, root)
        jobs = [(test, root) for test in tests]
        if sys.argv[1:2] == ["--system"]:
            jobs.append((it_comes_and_goes_in_a_system, Path(sys.argv[2])))
        return run_functions(
            (test.__name__, functools.partial(test, package, where)) for test, where in jobs)


if __name__ == "__main__":
    sys.exit(main())
