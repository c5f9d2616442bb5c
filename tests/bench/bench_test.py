#!/usr/bin/python3
"""What the benchmark works out, without servers. The last line counts the tests."""

import contextlib
import io
import json
import shlex
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
sys.path.append(str(Path(__file__).parents[1] / "kit/python"))

from arguments import describe_all, parse
from counting import Unavailable, per_message, run_lengths, total_calls, total_instructions
from failure import Dropouts, Failure, ServerFailure
from figures import (
    Ratio,
    Result,
    Verdict,
    compare_servers,
    has_own_cores,
    judge,
    median_of,
    ratio_of,
    results_of,
    significant,
)
from machine import Cores
from measure import rotated
from memory import Held, Step, parse_status, steps_up_to
from report import Report, as_json, markdown, table
from servers import KINDS, Kind, Server, Start, further_kind, running
from tally import run_unittest
from workloads import HOLDINGS, PLAIN, SPREAD, WORKLOADS, Load, Workload, at_least, at_most

SUMMARY = """\
    calls syscall
--------- ----------------
        7 read
     1023 epoll_wait
       23 close
--------- ----------------
     1053 total
"""
WIDEST = 125
# For a process that ends at once, unless it hangs.
WAIT_S = 30


def sample(rate: float, server_busy: float = 0.9, client_busy: float = 0.5) -> dict:
    return {
        "per_second": rate,
        "latency_us": {"p50": 1e6 / rate, "p99": 2e6 / rate},
        "server_cpu_us": 1.5,
        "server_busy": server_busy,
        "client_busy": client_busy,
    }


class StatisticsTest(unittest.TestCase):
    def test_a_ratio_is_that_of_each_round(self) -> None:
        # The machine was half as fast in the second round: that is not to be seen.
        self.assertEqual(ratio_of([90, 45, 80], [100, 50, 100]), Ratio(0.9, 0.8, 0.9))

    def test_rounds_of_different_number_are_not_compared(self) -> None:
        with self.assertRaises(ValueError):
            ratio_of([1, 2], [1])

    def test_another_server_can_be_the_base(self) -> None:
        workload = Workload("pair", "", Load(1, 1), base_server="one")
        results = {"one": Result([sample(50), sample(40)]), "two": Result([sample(90), sample(88)])}
        compare_servers(workload, results)
        self.assertEqual(results["two"].to_base, Ratio(2.0, 1.8, 2.2))
        self.assertIsNone(results["one"].to_base)
        compare_servers(workload, {"two": results["two"]})  # it may be left out

    def test_together_neither_side_has_a_core_of_its_own(self) -> None:
        cores = Cores(0, 1, (0, 1, 2))
        self.assertEqual((cores.for_server, cores.for_client), ((0,), (1,)))
        together = cores.together()
        self.assertEqual((together.for_server, together.for_client), ((0, 1, 2), (0, 1, 2)))

    def test_a_median_is_of_what_was_measured(self) -> None:
        rows = [sample(10), sample(30), sample(20)]
        self.assertEqual(median_of(rows, "per_second"), 20)
        self.assertEqual(median_of(rows, "latency_us", "p50"), 50_000)
        self.assertIsNone(median_of([{"server_cpu_us": None}], "server_cpu_us"))

    def test_servers_are_compared_with_raw_and_node_and_their_base(self) -> None:
        results = results_of(
            {
                "ours": [(sample(80), sample(100)), (sample(60), sample(120))],
                "raw": [(sample(100), None), (sample(80), None)],
                "node": [(sample(40), None), (sample(30), None)],
            }
        )
        self.assertEqual(results["ours"].to_raw, Ratio(0.775, 0.75, 0.8))
        self.assertEqual(results["ours"].to_node, Ratio(2, 2, 2))
        self.assertEqual(results["ours"].to_base, Ratio(0.65, 0.5, 0.8))
        self.assertIsNone(results["raw"].to_raw)
        self.assertIsNone(results["raw"].to_base)

    def test_a_clearly_busier_client_makes_a_lower_bound(self) -> None:
        rows = [
            (0.5, 0.96, True),
            (0.96, 0.99, True),
            (0.5, 0.94, False),  # something else took its core
            (0.98, 0.99, False),  # both are the limit
            (0.9, 0.5, False),
        ]
        for server, client, is_bound in rows:
            with self.subTest(f"server {server}, client {client}"):
                self.assertIs(Result([sample(1, server, client)]).is_lower_bound, is_bound)
        self.assertFalse(Result([sample(1, 0.5, 0.96)], own_cores=False).is_lower_bound)

    def test_a_ratio_of_lower_bounds_is_marked(self) -> None:
        limited, free = (0.5, 1.0), (0.9, 0.5)  # server, client
        rows = [
            (free, free, "0.80 0.80..0.80"),
            (free, limited, "<=0.80 0.80..0.80"),
            (limited, free, ">=0.80 0.80..0.80"),
            (limited, limited, "0.80 0.80..0.80"),
        ]
        for ours, other, text in rows:
            with self.subTest(f"ours {ours}, other {other}"):
                this, that = sample(80, *ours), sample(100, *other)
                results = results_of({"ours": [(this, that)], "raw": [(that, None)]})
                self.assertEqual(str(results["ours"].to_raw), text)
                self.assertEqual(str(results["ours"].to_base), text)
                results = results_of({"ours": [(this, that)]}, own_cores=False)
                self.assertEqual(str(results["ours"].to_base), "0.80 0.80..0.80")

    def test_cores_that_were_taken_away_are_noticed(self) -> None:
        self.assertTrue(Result([sample(1, 0.5, 0.6)]).is_disturbed)
        self.assertFalse(Result([sample(1, 0.5, 0.95)]).is_disturbed)
        self.assertFalse(Result([sample(1, 0.95, 0.5)]).is_disturbed)

    def test_the_order_of_a_round_is_rotated(self) -> None:
        rounds = [rotated(["a", "b", "c"], number) for number in range(4)]
        self.assertEqual(["".join(each) for each in rounds], ["abc", "bca", "cab", "abc"])


class TargetsTest(unittest.TestCase):
    def test_a_limit_itself_is_met(self) -> None:
        rows = [
            (at_least("ours", "to_raw", 0.9), 0.9, True),
            (at_least("ours", "to_raw", 0.9), 0.89, False),
            (at_most("ours", "calls", 2.05), 2.05, True),
            (at_most("ours", "calls", 2.05), 2.06, False),
            (at_most("ours", "calls", 2.05), None, None),
        ]
        for target, value, met in rows:
            with self.subTest(f"{target} {value}"):
                self.assertIs(Verdict("", target, value).met, met)

    def test_a_bound_does_not_decide_what_lies_beyond_it(self) -> None:
        above, below = 0.9, 0.7
        rows = [
            # The ratio, whether the true one may be less or more; for an "at least", an "at most".
            ((above, False, False), "met", "MISSED"),
            ((below, False, False), "MISSED", "met"),
            ((above, True, False), "not decided", "not decided"),
            ((below, True, False), "MISSED", "met"),
            ((above, False, True), "met", "MISSED"),
            ((below, False, True), "not decided", "not decided"),
            ((above, True, True), "not decided", "not decided"),
            ((below, True, True), "not decided", "not decided"),
        ]
        for (value, less, more), least, most in rows:
            found = Ratio(value, value, value, less, more)
            for limit, word in ((at_least, least), (at_most, most)):
                with self.subTest(f"{limit.__name__} 0.8: {found!r}"):
                    verdict = Verdict("", limit("ours", "to_raw", 0.8), found)
                    self.assertEqual(verdict.word, word)

    def test_what_was_not_measured_is_neither_met_nor_missed(self) -> None:
        workload = Workload("w", "W", Load(1, 1), targets=(at_least("ours", "to_raw", 1),))
        for results in ({}, {"ours": Result([sample(1)])}):
            self.assertEqual([each.word for each in judge(workload, results)], ["not measured"])

    def test_tables_name_servers_that_exist(self) -> None:
        known = [kind.name for kind in KINDS]
        named = [target.server for workload in WORKLOADS for target in workload.targets]
        named += [name for workload in WORKLOADS for name in workload.leave_out]
        named += [holding.server for holding in HOLDINGS]
        self.assertEqual([name for name in named if name not in known], [])


class CountingTest(unittest.TestCase):
    def test_calls_are_summed_without_the_total(self) -> None:
        self.assertEqual(total_calls(SUMMARY), 1053)

    def test_a_text_that_is_no_table_is_refused(self) -> None:
        for text in ("", "strace: attach: Operation not permitted\n"):
            with self.assertRaises(Unavailable):
                total_calls(text)

    def test_instructions_are_what_callgrind_says(self) -> None:
        self.assertEqual(total_instructions("==7== Events    : Ir\n==7== Collected : 1278\n"), 1278)
        with self.assertRaises(Unavailable):
            total_instructions("==7== killed\n")

    def test_what_both_runs_cost_is_not_counted(self) -> None:
        short, long = run_lengths(100)
        self.assertEqual(per_message(500 + 2 * short, 500 + 2 * long, 100), 2)
        self.assertEqual(run_lengths(5), (1, 6))


class MemoryTest(unittest.TestCase):
    def test_a_status_is_read(self) -> None:
        self.assertEqual(parse_status("Name:\tx\nVmRSS:\t    5124 kB\n", "VmRSS"), 5124)
        rollup = "5581-7ffe ---p 00000000 00:00 0    [rollup]\nRss:     2188 kB\nPss:  7 kB\n"
        self.assertEqual(parse_status(rollup, "Rss"), 2188)
        with self.assertRaises(ValueError):
            parse_status("Name:\tx\n", "VmRSS")

    def test_the_last_step_is_the_most(self) -> None:
        self.assertEqual(steps_up_to(12_000, 5_000), [5_000, 10_000, 12_000])
        self.assertEqual(steps_up_to(10_000, 5_000), [5_000, 10_000])
        self.assertEqual(steps_up_to(100, 5_000), [100])

    def test_a_connection_costs_what_came_since_the_start(self) -> None:
        held = Held(1000, [Step(10, 1020, 40), Step(100, 1150, 50)])
        self.assertEqual((held.idle_kib, held.growth), (1.5, 1.25))

    def test_one_step_does_not_grow(self) -> None:
        self.assertIsNone(Held(1000, [Step(10, 1020, 40)]).growth)


class ReportTest(unittest.TestCase):
    def report(self) -> Report:
        report = Report({"CPU": "quick"}, 5, 1.0, ["peer is left out: no program peer"])
        for workload in WORKLOADS:
            names = [kind.name for kind in KINDS if workload.variant in kind.variants]
            found = {
                name: [(sample(1234567 - 3 * at, 0.5, 1.0), None)] for at, name in enumerate(names)
            }
            results = results_of(found)
            results["ours"].calls = 12.345
            results["ours"].instructions = 1_234_567
            results["ours"].to_raw = Ratio(0.98, 0.97, 0.99, may_be_more=True)
            results["ours"].to_node = Ratio(12.3, 11.9, 14.1, may_be_less=True)
            results["ours"].to_base = Ratio(0.97, 0.95, 0.99, may_be_less=True)
            report.workloads.append((workload, results))
            report.verdicts += judge(workload, results)
        report.holdings.append((HOLDINGS[0], Held(1000, [Step(10, 1020, 40.0)])))
        return report

    def test_how_busy_a_core_was_tells_nothing_where_both_sides_share_it(self) -> None:
        report = Report({}, 1, 1)
        for variant in (PLAIN, SPREAD):
            workload = Workload(variant, variant, Load(2, 1), variant=variant)
            own_cores = has_own_cores(workload)
            disturbed = results_of({"ours": [(sample(1, 0.5, 0.7), None)]}, own_cores)
            limited = results_of({"ours": [(sample(2, 0.5, 1.0), None)]}, own_cores)
            report.workloads += [(workload, disturbed), (workload, limited)]
        text = markdown(report)
        self.assertIn("took part of the cores in plain:", text)
        self.assertEqual(text.count(">=2 |"), 1)

    def test_columns_are_aligned(self) -> None:
        lines = table(["name", "n"], [["a", "1,234"], ["longer", ""]])
        self.assertEqual(
            lines,
            [
                "| name   |     n |",
                "| ------ | ----: |",
                "| a      | 1,234 |",
                "| longer |       |",
            ],
        )

    def test_the_report_fits_a_terminal(self) -> None:
        for line in markdown(self.report()).splitlines():
            self.assertLessEqual(len(line), WIDEST, line)

    def test_the_report_names_targets_and_notes(self) -> None:
        text = markdown(self.report())
        self.assertIn("- note: peer is left out: no program peer\n", text)
        self.assertRegex(
            text, r"ours, rate to raw TCP +\| +>= 0.9 \| +>=0.980 0.970..0.990 \| +met"
        )
        self.assertRegex(text, r"ours, system calls a message +\| <= 2.05 +\| +12.345 \| +MISSED")
        self.assertIn("not measured", text)

    def test_json_has_every_sample(self) -> None:
        content = json.loads(as_json(self.report()))
        ours = content["workloads"][0]["servers"]["ours"]
        self.assertEqual(ours["samples"], [sample(1234567, 0.5, 1.0)])
        self.assertEqual(len(content["workloads"]), len(WORKLOADS))

    def test_an_empty_report_has_no_tables(self) -> None:
        self.assertNotIn("|", markdown(Report({}, 5, 1.0)))

    def test_numbers_keep_three_digits(self) -> None:
        rows = [(0.123, "0.12"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234"), (None, "")]
        for value, text in rows:
            self.assertEqual(significant(value), text)
        self.assertEqual(str(Ratio(12.3, 9.99, 14)), "12.3 9.99..14.0")


class ArgumentsTest(unittest.TestCase):
    def test_a_wrong_command_line_says_what_would_be_right(self) -> None:
        rows = [
            (["--rounds", "0"], '"0" is not a number of 1 or more'),
            (["--rounds", "²"], '"²" is not a number of 1 or more'),
            (["--seconds", "x"], '"x" is not a time above 0 and up to 3600 seconds'),
            (["--seconds", "nan"], '"nan" is not a time'),
            (["--only", "small,big"], 'no workload "big"; known: small, pipelined,'),
            (["--servers", "theirs"], 'no server "theirs"; known: ours, distro,'),
            (["--peer", "theirs"], '"theirs" is not NAME=VALUE'),
            (["--peer", "theirs=serve"], 'no {port} in the command of "theirs"'),
            (["--peer", "raw=serve {port}"], '"raw" is already the name of a server'),
            (["--peer-path", "theirs=/ws"], 'no --peer is named "theirs"'),
            (["--fast"], "unrecognized arguments: --fast"),
            (["--round", "3"], "unrecognized arguments: --round 3"),
        ]
        for arguments, message in rows:
            with self.subTest(f"{arguments}"):
                errors = io.StringIO()
                with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as caught:
                    parse(arguments)
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(message, errors.getvalue())

    def test_servers_and_workloads_are_chosen_in_the_order_of_the_tables(self) -> None:
        options = parse(["--servers", "raw,ours", "--only", "memory,16k,small"])
        self.assertEqual([kind.name for kind in options.kinds], ["ours", "raw"])
        self.assertEqual(options.only, ["small", "16k", "memory"])

    def test_a_further_peer_gets_its_port_and_path(self) -> None:
        arguments = ["--peer", "theirs=serve 'a b' -p {port}", "--peer-path", "theirs=/echo"]
        kind = parse([*arguments, "--servers", "theirs"]).kinds[0]
        self.assertEqual(kind.command(Start(PLAIN, Path(), port=7)), ["serve", "a b", "-p", "7"])
        self.assertEqual(kind.path, "/echo")

    def test_the_list_names_all(self) -> None:
        text = describe_all()
        for name in (*(each.name for each in (*WORKLOADS, *KINDS)), "memory"):
            self.assertRegex(text, rf"(?m)^  {name} ")

    def test_workload_names_are_unique(self) -> None:
        self.assertEqual(len({workload.name for workload in WORKLOADS}), len(WORKLOADS))


class DropoutsTest(unittest.TestCase):
    def test_a_server_that_fails_is_left_out_and_named(self) -> None:
        notes: list[str] = []
        dropouts = Dropouts(notes.append)
        self.assertFalse(dropouts)
        with dropouts.guarding("node"):
            raise ServerFailure("16 KiB: node ended by SIGSEGV")
        with dropouts.guarding("ours"):
            pass
        self.assertTrue(dropouts)
        self.assertEqual([name for name in ("ours", "node") if name in dropouts], ["node"])
        text = "node failed and is left out from then on: 16 KiB: node ended by SIGSEGV"
        self.assertEqual(notes, [text])

    def test_what_is_no_matter_of_a_server_ends_all(self) -> None:
        dropouts = Dropouts(self.fail)
        for error in (Failure("echo-load does not start"), KeyboardInterrupt()):
            with self.assertRaises(type(error)), dropouts.guarding("node"):
                raise error
        self.assertFalse(dropouts)


class ServerTest(unittest.TestCase):
    """A real process that is no server."""

    def start(self, script: str) -> Server:
        kind = Kind("theirs", "", lambda _: ["/bin/sh", "-c", script])
        with tempfile.TemporaryDirectory() as name:
            server = Server(kind, PLAIN, (0,), Path(name))
        self.addCleanup(server.stop)
        return server

    def test_one_that_does_not_start_is_named_with_its_last_words(self) -> None:
        with self.assertRaisesRegex(Failure, "theirs ended with status 3: a \\| port is taken"):
            self.start("echo a >&2; echo port is taken >&2; exit 3")

    def test_one_that_dies_later_is_named_with_its_signal(self) -> None:
        server = self.start("echo it is ready: 127.0.0.1:7; kill -SEGV $$")
        server._process.wait()
        with self.assertRaisesRegex(Failure, "16 KiB: theirs ended by SIGSEGV: nothing"):
            server.check_alive("16 KiB")

    def test_one_that_does_not_start_leaves_the_others(self) -> None:
        notes: list[str] = []
        dropouts = Dropouts(notes.append)
        scripts = {"one": "echo is taken >&2; exit 3", "two": "echo x is ready: a:7; read line"}
        kinds = [
            Kind(name, "", lambda _, script=script: ["/bin/sh", "-c", script])
            for name, script in scripts.items()
        ]
        with tempfile.TemporaryDirectory() as name:
            with running(kinds, PLAIN, (0,), Path(name), dropouts) as servers:
                self.assertEqual(list(servers), ["two"])
        self.assertEqual(
            notes,
            ["one failed and is left out from then on: one ended with status 3: is taken"],
        )

    def test_one_that_writes_much_is_not_held_up(self) -> None:
        server = self.start("echo it is ready: 127.0.0.1:7; yes | head -c 1000000; exit 4")
        self.assertEqual(server._process.wait(WAIT_S), 4)

    def test_one_that_is_given_a_port_is_not_held_up_either(self) -> None:
        script = (
            "import socket, sys; listener = socket.create_server(('127.0.0.1', {port})); "
            "listener.accept(); print('x' * 1_000_000, flush=True); sys.exit(4)"
        )
        kind = further_kind("theirs", f"{sys.executable} -c {shlex.quote(script)}", "/")
        with tempfile.TemporaryDirectory() as name:
            server = Server(kind, PLAIN, (0,), Path(name))
        self.addCleanup(server.stop)
        self.assertEqual(server._process.wait(WAIT_S), 4)

    def test_the_port_is_the_one_that_it_says(self) -> None:
        server = self.start("echo hello; echo it is ready: open http://127.0.0.1:81/")
        self.assertEqual(server.address, "127.0.0.1:81")


if __name__ == "__main__":
    sys.exit(run_unittest())
