"""Run a recorded log through the catalog: no AWS, the clock driven by the log.

With --against it runs two catalogs over the same log and shows what a change would do: --catalog is the candidate,
--against is what is live now.
"""

import argparse
import sys
from json import dumps
from pathlib import Path

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost_tools.catalog import Compiled, compile_catalog
from milepost_tools.history.arguments import add_history_arguments, source_of
from milepost_tools.history.as_json import as_json
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.comparison import compared
from milepost_tools.history.comparison_text import comparison_json, comparison_text
from milepost_tools.history.figures import figures_of
from milepost_tools.history.log import is_stream
from milepost_tools.history.parallel import MOST, processes_for, run_job
from milepost_tools.history.part import Job, Run
from milepost_tools.history.progress import reading_bar
from milepost_tools.history.results import write_rows
from milepost_tools.history.summary import summary
from milepost_tools.problem import ProblemError

REFUSED = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments that `replay` has too, and how to run and what to show."""
    add_history_arguments(parser)
    parser.add_argument(
        "--deferrals", action="store_true", help="with --nudges: a line more for each time that a nudge had to wait"
    )
    parser.add_argument("--strict", action="store_true", help="stop at the first refused line, write nothing, exit 1")
    parser.add_argument(
        "--processes",
        type=_processes,
        metavar="N",
        help=f"default: one for each CPU, at most {MOST}; for short logs one. Standard input is read by one",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    group = parser.add_argument_group("comparison")
    group.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="the catalog that is live; --catalog is the candidate to replace it",
    )
    group.add_argument("--changes", metavar="FILE", help="write every outcome in which the two differ")


def run(arguments: argparse.Namespace) -> int:
    """Simulate, write the files asked for, and sum up for a person or a program; 1 if strict and a line is refused."""
    _check(arguments)
    candidate = compile_catalog(arguments.catalog)
    live = compile_catalog(arguments.against) if arguments.against else None
    found = _simulated(arguments, candidate)
    against = None if live is None or _stopped(arguments, found) else _simulated(arguments, live)
    for each in (found, against):
        if each is not None and _stopped(arguments, each):
            first = each.refused[0].unsent
            sys.stderr.write(f"{first.ref}: {first.reason}\nStopped there, and nothing was written (--strict).\n")
            return REFUSED
    _report(arguments, (catalog_from_compiled(candidate), found), _pair(live, against))
    return 0


def _processes(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _check(arguments: argparse.Namespace) -> None:
    if arguments.changes and not arguments.against:
        raise ProblemError("--changes compares two catalogs.", "Name the one that is live with --against FILE.")
    if arguments.against and is_stream(arguments.events):
        raise ProblemError(
            "--against reads the log twice, and what is piped in can be read once.", "Save it to a file."
        )


def _simulated(arguments: argparse.Namespace, catalog: Compiled) -> Run:
    source = source_of(arguments)
    job = Job(source, catalog, read_as_of(arguments.as_of), arguments.strict)
    name = f"simulating {catalog['catalog']} {catalog['version']}"
    # Who belongs to which account is known only where all of a log is read: such a catalog is run in one process.
    shared = any(each["subject"] == "account" for each in catalog["milestones"].values())
    processes = 1 if shared else processes_for(source.name, arguments.processes)
    with reading_bar(name, source.name) as advanced:
        return run_job(job, processes, advanced)


def _stopped(arguments: argparse.Namespace, found: Run) -> bool:
    return bool(arguments.strict and found.refused)


def _pair(catalog: Compiled | None, found: Run | None) -> tuple[Catalog, Run] | None:
    return None if catalog is None or found is None else (catalog_from_compiled(catalog), found)


def _report(arguments: argparse.Namespace, candidate: tuple[Catalog, Run], live: tuple[Catalog, Run] | None) -> None:
    catalog, found = candidate
    nudges = found.decisions if arguments.deferrals else found.nudges
    for name, rows in ((arguments.outcomes, found.outcomes), (arguments.nudges, nudges)):
        if name:
            write_rows(name, rows)
    figures = figures_of(catalog, found)
    shown, told = summary(figures), dict(as_json(figures))
    if live:
        comparison = compared(live, candidate)
        names = (str(arguments.against), str(arguments.catalog))
        shown += "\n\n" + comparison_text(comparison, *names)
        told["against"] = comparison_json(comparison, *names)
        if arguments.changes:
            write_rows(arguments.changes, comparison.rows)
    print(dumps(told, ensure_ascii=False) if arguments.json else shown)
