"""Check catalogs, and say what is wrong, where, and what to do about it; and give advice where nothing is."""

import argparse
from pathlib import Path

from milepost_tools.catalog import CatalogError
from milepost_tools.catalog.advice import Advice, advice_on
from milepost_tools.catalog.check import Parsed, read_catalog
from milepost_tools.catalog.language import Catalog
from milepost_tools.catalog.problems import Place, dotted
from milepost_tools.commands.build import CATALOG
from milepost_tools.templates.check import check_templates


def configure(parser: argparse.ArgumentParser) -> None:
    """The files to check."""
    parser.add_argument("files", nargs="*", type=Path, default=[CATALOG], metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--strict", action="store_true", help="advice is a finding too: exit with 1 if there is any")


def run(arguments: argparse.Namespace) -> int:
    """Check every file; 1 if any has a finding."""
    return max(_validate(file, strict=arguments.strict) for file in arguments.files)


def _validate(file: Path, *, strict: bool) -> int:
    try:
        parsed = read_catalog(file)
    except CatalogError as refused:
        print(*refused.lines, sep="\n")
        return 1
    checked = check_templates(file, parsed)
    if checked.findings:
        print(*(each.told for each in checked.findings), sep="\n")
        return 1
    templates = "" if checked.templates is None else f", {_counted(len(checked.templates), 'template')}"
    print(f"{file}: ok, {_summed_up(parsed.catalog)}{templates}")
    advice = [*_advised(file, parsed), *(each.told for each in checked.advice)]
    print(*advice, sep="\n", end="\n" if advice else "")
    return int(strict and bool(advice))


def _advised(file: Path, parsed: Parsed) -> list[str]:
    """Advice in the order of the file, in the form of findings."""
    located = [(*parsed.tree.locate(place), advice) for place, advice in advice_on(parsed.catalog)]
    return [f"{file}:{line}: {dotted(place)}: {advice.told}" for line, place, advice in sorted(located, key=_line)]


def _line(located: tuple[int, Place, Advice]) -> int:
    return located[0]


def _summed_up(catalog: Catalog) -> str:
    milestones = _counted(len(catalog.milestones), "milestone")
    events = "any event" if catalog.events is None else _counted(len(catalog.events), "event")
    return f"{catalog.catalog} version {catalog.version}: {milestones}, {events}"


def _counted(number: int, noun: str) -> str:
    """`1 milestone`, `2 milestones`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
