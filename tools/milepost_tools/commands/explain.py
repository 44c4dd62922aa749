"""Say why a subject got what it got, and did not get the rest.

It looks into a recorded log with --log, else into a stack. SUBJECT is u_42, user:u_42 or account:acct_7; SUBJECT and
MILESTONE stand side by side. The catalog should be the one that is deployed. --raw shows the stored items instead,
every attribute decoded and explained; with --item it needs no stack.
"""

import argparse
from json import dumps
from pathlib import Path
from typing import Final

from milepost.adapters import keys
from milepost.domain.catalog import Catalog
from milepost_tools.catalog import load_catalog
from milepost_tools.commands.build import CATALOG
from milepost_tools.explain.item import read_item
from milepost_tools.explain.known import Known
from milepost_tools.explain.page import SHOWN, page
from milepost_tools.explain.plain import Json, plain
from milepost_tools.explain.raw import raw_item
from milepost_tools.explain.report import chosen_of, report
from milepost_tools.explain.stored import look_up, stored_items
from milepost_tools.explain.subject import subject_of
from milepost_tools.explain.watch import watch
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.columns import Mapped
from milepost_tools.history.log import KeptLog, Log, is_stream
from milepost_tools.history.source import Source, is_csv
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.recording import STDIN
from milepost_tools.local.stack import find_stack
from milepost_tools.problem import ProblemError

_NOBODY: Final = "(no key in the file)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Whom, of what, and where to look."""
    parser.add_argument("subject", nargs="?", metavar="SUBJECT", help="u_42, user:u_42 or account:acct_7")
    parser.add_argument("milestone", nargs="?", metavar="MILESTONE", help="only this one; default: all")
    parser.add_argument("--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument(
        "--log", metavar="EVENTS", help="look into this log: NDJSON or CSV, .gz too, - for standard input"
    )
    parser.add_argument(
        "--as-of", metavar="TIME", help="with --log: where the clock ends; default: at the last arrival"
    )
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    parser.add_argument("--all", action="store_true", help=f"with --log: every event, not only the last {SHOWN}")
    parser.add_argument("--json", action="store_true", help="one JSON object, with everything")
    parser.add_argument("--raw", action="store_true", help="the stored items, decoded, as JSON")
    parser.add_argument(
        "--item", metavar="FILE", help="with --raw: an item exported as DynamoDB JSON; - is standard input"
    )


def run(arguments: argparse.Namespace) -> int:
    """Explain; whoever nobody has heard of is a problem."""
    _check(arguments)
    catalog = load_catalog(arguments.catalog)
    if arguments.raw:
        print(_json(_raw(arguments, catalog)))
        return 0
    # Before a long log is read.
    chosen_of(catalog, subject_of(arguments.subject), arguments.milestone)
    found = report(_known(arguments, catalog), catalog, arguments.milestone)
    print(_json(plain(found)) if arguments.json else page(found, everything=arguments.all))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.item and not arguments.raw:
        raise ProblemError("--item is for --raw.", "Add --raw.")
    if arguments.subject is None and not arguments.item:
        raise ProblemError("It is not said whom to explain.", "Name a subject: u_42, user:u_42 or account:acct_7.")
    if arguments.as_of and not arguments.log:
        raise ProblemError("--as-of is for --log: a stack is as it is now.", "Leave it out, or name a log with --log.")
    if arguments.log and (arguments.stack or arguments.raw):
        other = "--raw" if arguments.raw else "--stack"
        raise ProblemError(f"--log and {other} contradict each other: a log is in no stack.", "Keep one of them.")
    if arguments.item and arguments.stack:
        raise ProblemError("--item and --stack contradict each other.", "Keep one of them.")
    if arguments.raw and arguments.milestone:
        raise ProblemError("--raw shows whole items.", "Leave out the milestone.")


def _known(arguments: argparse.Namespace, catalog: Catalog) -> Known:
    subject = subject_of(arguments.subject)
    if arguments.log:
        source = Source(arguments.log, Mapped() if is_csv(arguments.log) else None)
        name = "standard input" if arguments.log == STDIN else arguments.log
        log: Log = KeptLog(source.open()) if is_stream(arguments.log) else source.open()
        return watch(log, name, subject, catalog, read_as_of(arguments.as_of))
    with telling_plainly():
        return look_up(find_stack(arguments.stack), subject, catalog)


def _raw(arguments: argparse.Namespace, catalog: Catalog) -> Json:
    if arguments.item:
        item = read_item(arguments.item)
        named = subject_of(arguments.subject) if arguments.subject else _NOBODY
        return raw_item(item.get(keys.PARTITION, {}).get("S", named), item, catalog)
    subject = subject_of(arguments.subject)
    with telling_plainly():
        items = stored_items(find_stack(arguments.stack), subject)
    return [raw_item(subject, item, catalog) for item in items]


def _json(value: Json) -> str:
    return dumps(value, ensure_ascii=False, indent=1)
