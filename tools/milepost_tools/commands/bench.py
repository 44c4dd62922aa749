"""Measure: `core` how many events a second the pure core folds, `hotpath` what it costs to count one, and two more.

`size` is what is deployed and how fast it starts, `hot` how much of one subject can be served.

Prints a table for people, and as its last line one JSON object for programs.
"""

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module
from json import dumps
from pathlib import Path
from typing import Final

MISSED: Final = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """What to measure, and each benchmark's own options."""
    benches = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, options in _OPTIONS.items():
        options(benches.add_parser(name))


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 if what was asked for is not met."""
    # Only now: what a benchmark needs would slow every other command down.
    report = import_module(f"milepost_tools.bench.{arguments.what}_report").report(arguments)
    print(*report.lines, dumps(report.row), sep="\n")
    return 0 if report.met else MISSED


def _core(parser: argparse.ArgumentParser) -> None:
    _number(parser, "--events", 50_000)
    _number(parser, "--subjects", 1_000)
    _number(parser, "--batch", 1_000, "of the queue; ")
    _number(parser, "--repeats", 5, "runs; ")
    parser.add_argument("--at-least", type=float, metavar="RATE", help="exit 1 below so many events a second")


def _hotpath(parser: argparse.ArgumentParser) -> None:
    _number(parser, "--events", 20_000)
    _number(parser, "--users", 2_000)
    parser.add_argument("--no-cpu", action="store_true", help="only what is the same on every machine; no MiniStack")
    parser.add_argument("--no-chaos", action="store_true", help="without the part in which everything fails")
    parser.add_argument("--gate", action="store_true", help="exit 1 if a goal is not met; CPU at three times its goal")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="write the table into it; with --gate compare it")


def _nothing(_: argparse.ArgumentParser) -> None:
    """No options."""


def _number(parser: argparse.ArgumentParser, option: str, default: int, what: str = "") -> None:
    parser.add_argument(option, type=int, default=default, metavar="N", help=f"{what}default: {default:,}")


_OPTIONS: Final[Mapping[str, Callable[[argparse.ArgumentParser], None]]] = {
    "core": _core,
    "hotpath": _hotpath,
    "size": _nothing,
    "hot": _nothing,
}
"""By the name of a benchmark, whose module is `milepost_tools.bench.<name>_report`."""
