#!/usr/bin/python3
"""script/bench: measures lws-echo beside other echo servers."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from arguments import describe_all, parse
from build import bootstrap, build_all, build_distribution, build_release, say
from failure import Failure
from full import Bench
from machine import choose_cores
from quick import Quick
from report import Report, as_json, markdown
from servers import DISTRO

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def be_quick(directory: Path) -> int:
    build_release()
    build_distribution()
    quick = Quick(choose_cores(), directory)
    quick.run()
    print(f"{quick.passed} passed, {quick.failed} failed", flush=True)
    return 0 if quick.failed == 0 else 1


def write_report(report: Report, output: Path) -> None:
    text = markdown(report)
    (output / "results.md").write_text(text)
    (output / "results.json").write_text(as_json(report))
    print(text, end="", flush=True)
    say(f"written to {output}/results.md and results.json")


def be_thorough(options: argparse.Namespace, directory: Path) -> int:
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"--output {options.output}: {error.strerror}") from error
    left_out = DISTRO if options.no_distro else None
    wanted = [kind for kind in options.kinds if kind.name != left_out]
    kinds, notes = build_all(wanted, directory)
    bench = Bench(options, choose_cores(), directory)
    for note in notes:
        say(note)
    bench.report.notes += notes
    bench.run(kinds)
    write_report(bench.report, options.output)
    return 0 if bench.is_complete else 1


def interrupt(*_) -> None:
    """Ends what it has started before it ends itself, whatever signals come."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    options = parse(sys.argv[1:])
    if options.list:
        print(describe_all())
        return 0
    for number in SIGNALS:
        signal.signal(number, interrupt)
    try:
        bootstrap()
        with tempfile.TemporaryDirectory(prefix="lws-echo-bench-") as name:
            directory = Path(name)
            return be_quick(directory) if options.quick else be_thorough(options, directory)
    except Failure as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
