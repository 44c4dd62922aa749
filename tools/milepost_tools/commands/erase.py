"""Erase a person: everything under a subject and under all ids that have become it, and what waits is never told.

SUBJECT is u_42, user:u_42 or account:acct_7. It is shown what is held, and asked; with --yes it is not. A tombstone
stays behind, so that messages that are still on their way, or are sent again, do not bring the person back. Channel
integrations, which remember whom they sent which nudge, are reached if their stacks are named with --integration. The
catalog should be the one that is deployed. The exit status is 1 if something remains, or if the answer was no.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

from milepost.adapters.backoff import JitteredBackoff
from milepost.application.erasing import LONGEST_AT_WORK, Erase, Grave, Holding
from milepost.domain.event import Subject
from milepost.domain.instant import SECOND, from_datetime
from milepost_tools.catalog import load_catalog
from milepost_tools.commands.build import CATALOG
from milepost_tools.explain.subject import subject_of
from milepost_tools.local.stack import find_stack
from milepost_tools.local.text import counted, printable
from milepost_tools.privacy.integrations import Integration, ask_for_integrations, find_integrations, is_nudge
from milepost_tools.privacy.stored import erasing, saying_what_stopped
from milepost_tools.privacy.wording import held, kept_away, pieces, remembered

_PATIENCE = 60.0
"""Seconds for the next attempt at an aggregate that is being written all the time."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Whom, and where."""
    parser.add_argument("subject", metavar="SUBJECT", help="u_42, user:u_42 or account:acct_7")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    ask_for_integrations(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show, ask, erase, and read again; 1 if something remains."""
    subject, catalog = subject_of(arguments.subject), load_catalog(arguments.catalog)
    with saying_what_stopped():
        stack = find_stack(arguments.stack)
        integrations = find_integrations(stack.connection, arguments.integration)
        erase = erasing(stack, catalog)
        person = erase.person(subject)
        _show(subject, person, _remembered(integrations, person))
        if not (arguments.yes or _agreed()):
            print("Nothing was erased.")
            return 1
        return _erase(erase, integrations, person)


def _remembered(integrations: Sequence[Integration], person: Sequence[Holding]) -> Mapping[str, int]:
    subjects = [each.subject for each in person]
    return {each.name: sum(map(is_nudge, each.items(subjects))) for each in integrations}


def _show(subject: Subject, person: Sequence[Holding], nudges: Mapping[str, int]) -> None:
    if len(person) > 1:
        print(f"{printable(subject)} is one of {len(person)} ids of a person, who is erased as a whole.")
    if not (any(each.is_held or each.pieces for each in person) or any(nudges.values())):
        print(f"Nothing is held of {printable(subject)}; messages may still be on their way.")
    print(*held(person), *remembered(nudges), sep="\n")


def _agreed() -> bool:
    try:
        return input("Erase all of it, for good? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print()
        return False


def _erase(erase: Erase, integrations: Sequence[Integration], person: Sequence[Holding]) -> int:
    graves = erase.bury(person[0].subject, from_datetime(datetime.now(UTC)), JitteredBackoff(lambda: _PATIENCE))
    # First they: what is cleared says who else a person is, for the case that this has to begin anew.
    forgotten = _forget(integrations, graves)
    removed = erase.clear(graves)
    if not integrations and any(each.stored.progress.ledger.entries for each in person):
        _wait()
        removed += erase.clear(graves)
    removed["aggregate"] = sum(each.is_held for each in person)
    print(f"Removed: {pieces(removed, forgotten)}.")
    return _prove(erase, integrations, graves)


def _forget(integrations: Sequence[Integration], graves: Sequence[Grave]) -> Mapping[str, int]:
    """How many nudges were removed from which, once whoever may have missed the tombstones has ended."""
    for each in integrations:
        each.entomb(graves)
    if integrations:
        _wait()
    return {each.name: each.forget(graves) for each in integrations}


def _wait() -> None:
    print("Workers that had read it may still be at work: waiting for a minute, then reading again.", flush=True)
    sleep(LONGEST_AT_WORK / SECOND)


def _prove(erase: Erase, integrations: Sequence[Integration], graves: Sequence[Grave]) -> int:
    """Read everything again, and say what is there."""
    remains, left = erase.remains(graves), {each.name: len(each.nudges(graves)) for each in integrations}
    if remains or any(left.values()):
        print(f"Read again: {pieces(remains, left)} remain. Erase again.")
        return 1
    also = f", and as many in {printable(', '.join(left))}" if left else ""
    print(f"Read again: nothing remains but {counted(len(graves), 'tombstone')}{also}. {kept_away(graves)}")
    return 0
