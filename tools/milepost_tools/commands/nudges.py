"""Say what became of everybody's nudges: how many by verdict and reason, and the newest one by one.

It asks a stack, by the day on which a decision was made; or FILE, which `milepost simulate --nudges` has written. A
nudge that waits is there once, as deferred, until another verdict takes its place. `milepost explain` says the rest.
"""

import argparse
from collections.abc import Iterable
from json import dumps
from typing import Final, get_args

from milepost.adapters.clock import worker_clock
from milepost.adapters.decisions import DECISIONS_KEPT
from milepost.domain.instant import Instant, parse_duration, parse_instant
from milepost.domain.outbox import Reason, Verdict
from milepost_tools.history.results import Row
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.stack import CHANNELS, find_stack
from milepost_tools.nudges.listing import as_json, listing, text
from milepost_tools.nudges.recorded import DynamoDecisions
from milepost_tools.nudges.rows import Wanted, chosen, recorded_rows, rows_of
from milepost_tools.problem import ProblemError

DAY_BACK: Final = "1d"
SHOWN: Final = 50
_FIELDS: Final = ("verdict", "reason", "milestone", "channel")


def configure(parser: argparse.ArgumentParser) -> None:
    """Which decisions, and where to look."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="decisions of a simulation; default: a stack's")
    parser.add_argument("--verdict", choices=get_args(Verdict))
    parser.add_argument("--reason", choices=get_args(Reason), metavar="REASON", help="such as cap or no_consent")
    parser.add_argument("--milestone", metavar="MILESTONE")
    parser.add_argument("--channel", choices=CHANNELS)
    back = f"a time, or how long ago; default: {DAY_BACK}, of a file all"
    parser.add_argument("--since", metavar="TIME", help=back)
    parser.add_argument("--until", metavar="TIME", help="the same; default: now")
    parser.add_argument(
        "--limit", type=_whole, default=SHOWN, metavar="N", help=f"rows, to the end of an instant; default: {SHOWN}"
    )
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Count and show them."""
    if arguments.file and arguments.stack:
        raise ProblemError("FILE and --stack contradict each other.", "Keep one of them.")
    now = worker_clock()
    fields = {name: value for name in _FIELDS if (value := getattr(arguments, name)) is not None}
    since = arguments.since or (None if arguments.file else DAY_BACK)
    wanted = Wanted(fields, _instant("--since", since, now), _instant("--until", arguments.until, now))
    with telling_plainly():
        found = listing(chosen(_rows(arguments, wanted, now), wanted), arguments.limit)
    if arguments.json:
        print(dumps(as_json(found), ensure_ascii=False))
        return 0
    for line in text(found):
        print(line)
    return 0


def _rows(arguments: argparse.Namespace, wanted: Wanted, now: Instant) -> Iterable[Row]:
    if arguments.file:
        return rows_of(arguments.file)
    stack = find_stack(arguments.stack)
    # Before that there are none, and each day is a query for each shard of it.
    since = max(wanted.since or 0, now - DECISIONS_KEPT)
    until = now if wanted.until is None else wanted.until
    return recorded_rows(DynamoDecisions(stack.connection.dynamodb, stack.table_name), since, until)


def _instant(option: str, said: str | None, now: Instant) -> Instant | None:
    if said is None:
        return None
    try:
        return now - parse_duration(said)
    except ValueError:
        pass
    try:
        return parse_instant(said)
    except ValueError:
        raise ProblemError(f"{option} {said} is no time.", "Write it like 2026-11-22T08:00:00Z, or 36h.") from None


def _whole(said: str) -> int:
    if not said.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, and is {said}")
    return int(said)
