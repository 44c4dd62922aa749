"""Check catalogs, and say what is wrong, where, and what to do about it."""

import argparse
from pathlib import Path

from milepost_tools.catalog import CatalogError
from milepost_tools.catalog.check import read_catalog
from milepost_tools.commands.build import CATALOG


def configure(parser: argparse.ArgumentParser) -> None:
    """The files to check."""
    parser.add_argument("files", nargs="*", type=Path, default=[CATALOG], metavar="FILE", help=f"default: {CATALOG}")


def run(arguments: argparse.Namespace) -> int:
    """Check every file; 1 if any has a finding."""
    return max(_validate(file) for file in arguments.files)


def _validate(file: Path) -> int:
    try:
        catalog = read_catalog(file)
    except CatalogError as refused:
        print(*refused.lines, sep="\n")
        return 1
    milestones = _counted(len(catalog.milestones), "milestone")
    events = "any event" if catalog.events is None else _counted(len(catalog.events), "event")
    print(f"{file}: ok, {catalog.catalog} version {catalog.version}: {milestones}, {events}")
    return 0


def _counted(number: int, noun: str) -> str:
    """`1 milestone`, `2 milestones`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
