"""`milepost bench booking`: how many statistics shards, and subjects in publish's transaction, by simulation."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final, TypeAlias

from milepost.adapters.bookings import BOOK_AT_ONCE
from milepost.adapters.keys import STATISTICS_SHARDS
from milepost_tools.bench.booking import GOAL, SECONDS, WRITTEN_EVERY, Booked, Load, limit, simulate, units
from milepost_tools.bench.hot import quantile
from milepost_tools.bench.report import Report

WORKERS: Final = (10, 40)
RATES: Final = (100, 1000, 5000)
LATENCIES: Final = (0.010, 0.025, 0.050)
SHARDS: Final = (1, 4, 16, 64)
SUBJECTS: Final = (1, 5, 10)
RATE, LATENCY = 1000, 0.025
"""At which the choice is made."""
Choice: TypeAlias = tuple[int, int]
"""Shards and subjects."""
IN_USE: Final[Choice] = (STATISTICS_SHARDS, BOOK_AT_ONCE)
_HEAD: Final = "workers  offered/s  latency  shards  subjects  units  refused     p50     p99  goal  limit/s"


def report(_: Namespace) -> Report:
    """Simulate every choice, then the one in use under every load; met if that one is the best."""
    found = {load: simulate(load) for load in _grid()}
    best = _best(found)
    limits = {each: limit(each.latency, each.workers, each.shards, each.subjects) for each in found}
    loads = [Load(rate, latency, each, *IN_USE) for each, rate, latency in product(WORKERS, RATES, LATENCIES)]
    used = {load: simulate(load) for load in loads}
    row = {
        "bench": "booking",
        "units_of_subject_and_of_statistics_item": units(),
        "choices": [{**_row(load, booked), "limit": round(limits[load])} for load, booked in found.items()],
        "in_use": [_row(load, booked) for load, booked in used.items()],
        "best": best,
    }
    lines = [f"{_line(load, booked)} {limits[load]:>8,.0f}" for load, booked in found.items()]
    used_lines = [_line(load, booked) for load, booked in used.items()]
    return Report([*_explained(), _HEAD, *lines, *_judged(best), *used_lines], row, best == IN_USE)


def _grid() -> Iterator[Load]:
    for workers, shards, subjects in product(WORKERS, SHARDS, SUBJECTS):
        yield Load(RATE, LATENCY, workers, shards, subjects)


def _best(found: Mapping[Load, Booked]) -> Choice | None:
    """The least units, added up over the numbers of workers, of those that keep the goal with each of them."""
    spent: dict[Choice, float] = {}
    for choice in product(SHARDS, SUBJECTS):
        runs = [(load, booked) for load, booked in found.items() if (load.shards, load.subjects) == choice]
        if all(booked.sustains(load) for load, booked in runs):
            spent[choice] = sum(booked.units_each for _, booked in runs)
    return min(spent, key=spent.__getitem__, default=None)


def _explained() -> Iterator[str]:
    of_subject, of_scope = units()
    yield f"{SECONDS:.0f} s of each; a subject is {of_subject:.0f} write units, a statistics item {of_scope:.0f}"
    yield f"Units per outcome, refused transactions included; subjects are written every {WRITTEN_EVERY:.0f} s besides"
    yield f"Arrival to booked, s, with the stream's window; goal: p99 of at most {GOAL:.0f} s; limit: highest rate so"


def _judged(best: Choice | None) -> Iterator[str]:
    yield "Best: " + ("none keeps the goal" if best is None else f"{best[0]} shards, {best[1]} subjects")
    yield f"In use: {IN_USE[0]} shards, {IN_USE[1]} subjects; under every load:"


def _line(load: Load, booked: Booked) -> str:
    return (
        f"{load.workers:>7} {load.rate:>10,.0f} {load.latency * 1e3:>5.0f} ms {load.shards:>7} {load.subjects:>9}"
        f" {booked.units_each:>6.2f} {booked.refused_each:>8.2f} {quantile(booked.delays, 0.5):>7.2f}"
        f" {quantile(booked.delays, 0.99):>7.2f}  {'kept' if booked.sustains(load) else 'MISS'}"
    )


def _row(load: Load, booked: Booked) -> dict[str, object]:
    return {
        "workers": load.workers,
        "offered": load.rate,
        "latency_ms": load.latency * 1e3,
        "shards": load.shards,
        "subjects": load.subjects,
        "units": round(booked.units_each, 2),
        "refused": {reason: round(each / max(1, booked.bookings), 3) for reason, each in booked.refused.items()},
        "p50": round(quantile(booked.delays, 0.5), 3),
        "p99": round(quantile(booked.delays, 0.99), 3),
        "kept": booked.sustains(load),
    }
