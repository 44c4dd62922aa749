"""Erase a person: everything under a subject and under all ids that have become it, and what waits is never told.

SUBJECT is u_42, user:u_42 or account:acct_7. It is shown what is held, and asked; with --yes it is not. A tombstone
stays behind, so that messages that are still on their way, or are sent again, do not bring the person back. The
catalog should be the one that is deployed. The exit status is 1 if something remains, or if the answer was no.
"""

import argparse
from collections.abc import Sequence
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
from milepost_tools.privacy.stored import erasing, saying_what_stopped
from milepost_tools.privacy.wording import held, kept_away, pieces

_PATIENCE = 60.0
"""Seconds for the next attempt at an aggregate that is being written all the time."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Whom, and where."""
    parser.add_argument("subject", metavar="SUBJECT", help="u_42, user:u_42 or account:acct_7")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")


def run(arguments: argparse.Namespace) -> int:
    """Show, ask, erase, and read again; 1 if something remains."""
    subject, catalog = subject_of(arguments.subject), load_catalog(arguments.catalog)
    with saying_what_stopped():
        erase = erasing(find_stack(arguments.stack), catalog)
        person = erase.person(subject)
        _show(subject, person)
        if not (arguments.yes or _agreed()):
            print("Nothing was erased.")
            return 1
        return _erase(erase, person)


def _show(subject: Subject, person: Sequence[Holding]) -> None:
    if len(person) > 1:
        print(f"{printable(subject)} is one of {len(person)} ids of a person, who is erased as a whole.")
    if not any(each.is_held or each.pieces for each in person):
        print(f"Nothing is held of {printable(subject)}; messages may still be on their way.")
    print(*held(person), sep="\n")


def _agreed() -> bool:
    try:
        return input("Erase all of it, for good? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print()
        return False


def _erase(erase: Erase, person: Sequence[Holding]) -> int:
    graves = erase.bury(person[0].subject, from_datetime(datetime.now(UTC)), JitteredBackoff(lambda: _PATIENCE))
    removed = erase.clear(graves)
    if any(each.stored.progress.ledger.entries for each in person):
        print("Workers that had read it may still be at work: waiting for a minute, then reading again.", flush=True)
        sleep(LONGEST_AT_WORK / SECOND)
        removed += erase.clear(graves)
    removed["aggregate"] = sum(each.is_held for each in person)
    print(f"Removed: {pieces(removed)}.")
    return _prove(erase, graves)


def _prove(erase: Erase, graves: Sequence[Grave]) -> int:
    """Read everything again, and say what is there."""
    remains = erase.remains(graves)
    if remains:
        print(f"Read again: {pieces(remains)} remain. Erase again.")
        return 1
    print(f"Read again: nothing remains but {counted(len(graves), 'tombstone')}. {kept_away(graves)}")
    return 0
