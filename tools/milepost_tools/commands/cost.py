"""Say what a month costs on AWS, by service, and what two other designs would cost.

Prints a table for people, and as its last line one JSON object for programs. List prices without free tiers; what is
measured and what is assumed stands in `milepost_tools.cost`.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from json import dumps
from math import isfinite
from typing import Final

from milepost_tools.cost.bill import MONTH, Line, Workload, ours, rivals, total
from milepost_tools.cost.prices import AS_OF, REGIONS

OUTCOMES_SHARE: Final = 0.02
WINDOW: Final = 5
"""Seconds: EventBatchingWindow of template.yaml."""
MOST_AT_ONCE: Final = 10_000
"""Lambda's limit for a batch from SQS."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The workload and whose prices."""
    whole, share = _number(1, float("inf"), whole=True), _number(1e-9, 1, whole=False)
    parser.add_argument("--events-per-month", type=whole, required=True, metavar="N", help="messages, resends too")
    parser.add_argument("--subjects", type=whole, required=True, metavar="M", help="users and accounts")
    at_once = _number(1, MOST_AT_ONCE, whole=True)
    parser.add_argument("--batch", type=at_once, required=True, metavar="K", help="events that ingest takes at once")
    parser.add_argument(
        "--outcomes-share",
        type=share,
        default=OUTCOMES_SHARE,
        metavar="X",
        help=f"outcomes, each with a nudge, for each event; default: {OUTCOMES_SHARE}",
    )
    parser.add_argument("--region-prices", choices=sorted(REGIONS), default="us-east-1")


def run(arguments: argparse.Namespace) -> int:
    """Print the bill."""
    work = Workload(arguments.events_per_month, arguments.subjects, arguments.batch, arguments.outcomes_share)
    prices = REGIONS[arguments.region_prices]
    lines, others = ours(work, prices), {name: total(each) for name, each in rivals(work, prices).items()}
    for line in _table(work, lines, others):
        print(line)
    print(dumps({"cost": arguments.region_prices, "prices_as_of": AS_OF, **_row(work, lines, others)}))
    return 0


def _table(work: Workload, lines: Sequence[Line], others: Mapping[str, float]) -> Iterator[str]:
    whole = total(lines)
    yield f"{work.events:,} events a month of {work.subjects:,} subjects in batches of {work.batch:,}"
    yield f"{work.outcomes_share:g} outcomes an event; list prices of {AS_OF}, no free tier"
    for line in lines:
        many = "" if line.price.per == 1 else f"{line.price.per:,} "
        price = f"${line.price.dollars:g} per {many}{line.price.unit}"
        yield f"  {line.service:10} {line.what:32} {line.usage:>18,.2f}  {price:38} ${line.dollars:>10,.2f}"
    yield f"  {'total':102} ${whole:>10,.2f}"
    yield f"  {'for each million events':102} ${whole / work.events * 1e6:>10,.2f}"
    yield "The same path, but counted another way:"
    for name, dollars in others.items():
        yield f"  {name:24} ${dollars:>10,.2f}   ours is {whole / dollars:.2f} of it"
    fills = work.events / MONTH * WINDOW
    if fills < work.batch:
        yield f"Evenly spread, so many events make batches of about {max(fills, 1):,.0f} in a window of {WINDOW} s."


def _row(work: Workload, lines: Sequence[Line], others: Mapping[str, float]) -> dict[str, object]:
    whole = total(lines)
    services = dict.fromkeys(line.service for line in lines)
    return {
        "events_per_month": work.events,
        "subjects": work.subjects,
        "batch": work.batch,
        "outcomes_share": work.outcomes_share,
        "dollars": round(whole, 2),
        "dollars_per_million_events": round(whole / work.events * 1e6, 4),
        "services": {each: round(total([line for line in lines if line.service == each]), 2) for each in services},
        "rivals": {
            name: {"dollars": round(dollars, 2), "ratio": round(whole / dollars, 3)} for name, dollars in others.items()
        },
    }


def _number(least: float, most: float, *, whole: bool) -> Callable[[str], float]:
    """What reads an option; argparse puts the option's name before what is wrong."""

    def read(text: str) -> float:
        try:
            value = float(text.replace("_", "").replace(",", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"`{text}` is no number") from None
        if not isfinite(value) or not least <= value <= most or (whole and value != int(value)):
            kind, limit = "a whole number" if whole else "a number", f", at most {most:,.0f}" if isfinite(most) else ""
            raise argparse.ArgumentTypeError(f"must be {kind} greater than 0{limit}, and is {text}")
        return int(value) if whole else value

    return read
