"""Show what a milestone's nudges say, in the terminal and as an HTML page.

They are rendered as they are when they go out: for a made-up person who has whatever the templates use, or with
--subject for somebody whom a stack knows.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from milepost.domain.catalog import Catalog
from milepost.domain.milestone import PATHS
from milepost.domain.progress import Progress
from milepost_tools.catalog import CatalogError
from milepost_tools.catalog.check import read_catalog
from milepost_tools.catalog.problems import suggestion
from milepost_tools.commands.build import CATALOG
from milepost_tools.explain.stored import look_up
from milepost_tools.explain.subject import subject_of
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.stack import find_stack
from milepost_tools.problem import ProblemError
from milepost_tools.templates.check import catalog_of, check_templates
from milepost_tools.templates.folder import CHANNELS, Templates, folder_of
from milepost_tools.templates.page import page
from milepost_tools.templates.preview import Preview, for_sample, for_subject
from milepost_tools.templates.steps import Use, uses_of

_INDENT: Final = "    "


def configure(parser: argparse.ArgumentParser) -> None:
    """Which nudges, and to whom."""
    parser.add_argument("milestone", metavar="MILESTONE", help="whose nudges to show")
    parser.add_argument("--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--path", choices=PATHS, help="only those of this path; default: all")
    parser.add_argument("--step", type=int, metavar="N", help="only this step, from 0; default: all")
    parser.add_argument("--channel", choices=CHANNELS, metavar="CHANNEL", help=", ".join(CHANNELS))
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--subject", metavar="SUBJECT", help="u_42, user:u_42 or account:acct_7, as a stack knows them")
    whom.add_argument("--sample", action="store_true", help="somebody made up; this is the default")
    parser.add_argument("--stack", metavar="NAME", help="with --subject: a stack on AWS; default: the local one")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write them as a page too")


def run(arguments: argparse.Namespace) -> int:
    """Show the nudges; 1 if catalog or templates have a finding, or a nudge fails."""
    try:
        parsed = read_catalog(arguments.catalog)
    except CatalogError as refused:
        print(*refused.lines, sep="\n")
        return 1
    checked = check_templates(arguments.catalog, parsed)
    if checked.findings:
        print(*(each.told for each in checked.findings), sep="\n")
        return 1
    if checked.templates is None:
        raise ProblemError(f"There is no folder {folder_of(arguments.catalog)}.", "Write templates into it first.")
    previews = _previews(arguments, catalog_of(parsed), checked.templates)
    print(*(line for each in previews for line in _told(each)), sep="\n")
    if arguments.html:
        _write(arguments.html, page(f"{parsed.catalog.catalog}: {arguments.milestone}", previews))
    return int(any(each.failed for each in previews))


def _previews(arguments: argparse.Namespace, catalog: Catalog, templates: Templates) -> Sequence[Preview]:
    if arguments.milestone not in catalog.milestones:
        what = f"There is no milestone {arguments.milestone} in {arguments.catalog}."
        raise ProblemError(what, suggestion(arguments.milestone, catalog.milestones, "Name one of its milestones."))
    if arguments.subject is None:
        return [for_sample(catalog, templates, use) for use in _chosen(arguments, catalog)]
    known = _known(arguments, catalog)
    own = catalog.seen_by(known.subject)
    return [for_subject(own, templates, use, known) for use in _chosen(arguments, own)]


def _known(arguments: argparse.Namespace, catalog: Catalog) -> Progress:
    with telling_plainly():
        return look_up(find_stack(arguments.stack), subject_of(arguments.subject), catalog).progress


def _chosen(arguments: argparse.Namespace, catalog: Catalog) -> Sequence[Use]:
    asked = {"path": arguments.path, "step": arguments.step, "channel": arguments.channel}
    chosen = [
        use
        for use in uses_of(catalog)
        if use.milestone.id == arguments.milestone
        and all(value is None or getattr(use, name) == value for name, value in asked.items())
    ]
    if not chosen:
        raise ProblemError(f"{arguments.milestone} sends no such nudge.", "Leave out --path, --step or --channel.")
    return chosen


def _told(preview: Preview) -> Iterator[str]:
    yield preview.title
    for key, value in (preview.content or {}).items():
        first, *rest = str(value).splitlines() or [""]
        yield f"{_INDENT}{key}: {first}"
        yield from (f"{_INDENT}{_INDENT}{line}" for line in rest)
    yield from (f"{_INDENT}({note})" for note in preview.notes)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as refused:
        raise ProblemError(f"Cannot write {file}: {refused.strerror or refused}.", "Name another file.") from None
    print(f"Written to {file}.")
