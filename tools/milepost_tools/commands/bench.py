"""Measure: `core` for how many events a second the pure core folds.

Prints a table for people, and as its last line one JSON object for programs.
"""

import argparse
from collections.abc import Iterator
from json import dumps
from platform import python_version

from milepost_tools.bench.core import CoreFigures, measure

EVENTS, SUBJECTS, BATCH, REPEATS = 50_000, 1_000, 1_000, 5
MISSED = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """What to measure, over how much, and the figure that has to be met."""
    parser.add_argument("what", choices=["core"])
    parser.add_argument("--events", type=int, default=EVENTS, metavar="N", help=f"default: {EVENTS:,}")
    parser.add_argument("--subjects", type=int, default=SUBJECTS, metavar="N", help=f"default: {SUBJECTS:,}")
    parser.add_argument("--batch", type=int, default=BATCH, metavar="N", help=f"of the queue; default: {BATCH:,}")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N", help=f"runs; default: {REPEATS}")
    parser.add_argument("--at-least", type=float, metavar="RATE", help="exit 1 below so many events a second")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 if a rate was asked for and not met."""
    figures = measure(arguments.events, arguments.subjects, arguments.batch, arguments.repeats)
    for line in _table(figures):
        print(line)
    print(dumps(_row(figures)))
    return MISSED if arguments.at_least and figures.events_per_second < arguments.at_least else 0


def _table(figures: CoreFigures) -> Iterator[str]:
    yield f"{figures.events:,} events of {figures.subjects:,} subjects, {len(figures.rules)} milestones"
    yield f"One core, Python {python_version()}:"
    yield f"  in batches of {figures.batch:,}:  {_rate(figures.seconds, figures)}"
    yield f"  one event a call:     {_rate(figures.seconds_singly, figures)}"
    yield "Each rule alone, microseconds for each event of the log:"
    width = max(map(len, figures.rules))
    for name, seconds in sorted(figures.rules.items(), key=lambda each: -each[1]):
        yield f"  {name:{width}}  {_micros(seconds, figures):>6}"
    half, most = figures.state[len(figures.state) // 2], figures.state[-1]
    yield f"State of a subject with 16 events in its ledger: half of them at most {half:,} bytes, the largest {most:,}"
    yield f"Where {figures.slowest}, the slowest, spends its time:"
    yield from (f"  {line}" for line in figures.slowest_profile.splitlines())


def _rate(seconds: float, figures: CoreFigures) -> str:
    return f"{figures.events / seconds:>8,.0f} events a second, {_micros(seconds, figures):>6} microseconds each"


def _micros(seconds: float, figures: CoreFigures) -> str:
    return f"{seconds / figures.events * 1e6:.2f}"


def _row(figures: CoreFigures) -> dict[str, object]:
    return {
        "bench": "core",
        "python": python_version(),
        "milestones": len(figures.rules),
        "events": figures.events,
        "subjects": figures.subjects,
        "batch": figures.batch,
        "events_per_second": round(figures.events_per_second),
        "events_per_second_singly": round(figures.events / figures.seconds_singly),
        "rules_microseconds_per_event": {
            name: round(seconds / figures.events * 1e6, 2) for name, seconds in figures.rules.items()
        },
        "slowest": figures.slowest,
        "state_bytes": {"median": figures.state[len(figures.state) // 2], "largest": figures.state[-1]},
    }
