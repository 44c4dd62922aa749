"""What the core's benchmark found, as a table for people and as one row for programs."""

import argparse
from collections.abc import Iterator
from platform import python_version

from milepost_tools.bench.core import CoreFigures, measure
from milepost_tools.bench.report import Report


def report(arguments: argparse.Namespace) -> Report:
    """Measure; met unless a rate was asked for and is not reached."""
    figures = measure(arguments.events, arguments.subjects, arguments.batch, arguments.repeats)
    met = not arguments.at_least or figures.events_per_second >= arguments.at_least
    return Report(list(_table(figures)), _row(figures), met)


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
