"""`milepost bench hot`: how much of one hot subject is served, by simulation with stated latencies, and who pays."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from time import process_time
from typing import Final, TypeAlias

from milepost.domain.advance import advance
from milepost.domain.progress import Progress
from milepost_tools.bench.core import CATALOG
from milepost_tools.bench.hot import SECONDS, TIMEOUT, WORKERS, Offered, Served, limit, quantile, simulate
from milepost_tools.bench.report import Report
from milepost_tools.bench.workload import events
from milepost_tools.catalog import load_catalog
from milepost_tools.cost.bill import SLOWER

RATES: Final = (100, 1000, 3000, 10_000, 20_000)
LATENCIES: Final = (0.010, 0.025, 0.050)
BATCHES: Final = (100, 1000, 10_000)
KINDS: Final = {True: "account", False: "user"}
Limits: TypeAlias = Mapping[tuple[bool, float], Mapping[int, float]]
STORM: Final = 10_000
GOAL, BATCH = 1000, 1000
"""Events a second that have to be served, and the batch of template.yaml."""


def fold_seconds(count: int = 5000, repeats: int = 5) -> float:
    """CPU seconds for an event of a hot subject here: the real core, all of a batch in one call, best of several."""
    catalog, found = load_catalog(CATALOG), events(count, 1)
    best = float("inf")
    for _ in range(repeats):
        progress, started = Progress(found[0].subject), process_time()
        for begin in range(0, count, BATCH):
            batch = found[begin : begin + BATCH]
            progress = advance(progress, batch, catalog, batch[-1].arrived).progress._replace(outbox=())
        best = min(best, process_time() - started)
    return best / count


def report(_: Namespace) -> Report:
    """Simulate every rate and latency, then look for the limits."""
    measured = fold_seconds()
    fold = measured * SLOWER
    kinds = [(account, latency) for account in KINDS for latency in LATENCIES]
    runs = [Offered(rate, BATCH, latency, fold, account) for account, latency in kinds for rate in RATES]
    found = [(offered, simulate(offered)) for offered in runs]
    calm = [(each, simulate(replace(each, contended=False))) for each, _ in found if each.rate in {GOAL, STORM}]
    limits = {kind: {batch: limit(batch, kind[1], fold, account=kind[0]) for batch in BATCHES} for kind in kinds}
    met = all(served.keeps_up(offered) for offered, served in found if offered.rate == GOAL)
    row = {
        "bench": "hot",
        "workers": WORKERS,
        "fold_microseconds": round(measured * 1e6, 2),
        "runs": [_row(offered, served) for offered, served in found],
        "if_nothing_were_hot": [_row(offered, served) for offered, served in calm],
        "limit_events_per_second": [
            {
                "hot": KINDS[account],
                "latency": _ms(latency),
                **{str(batch): round(rate) for batch, rate in each.items()},
            }
            for (account, latency), each in limits.items()
        ],
    }
    lines = (_line(offered, served) for offered, served in found)
    return Report([*_head(measured), *lines, *_calm(calm), *_limits(limits)], row, met)


def _head(measured: float) -> Iterator[str]:
    yield f"One hot subject, {WORKERS} workers, batches of {BATCH:,}, time-out {TIMEOUT:.0f} s; {SECONDS:.0f} s of each"
    yield f"The core folds an event of it in {measured * 1e6:.1f} microseconds here, {SLOWER:.1f} times that in Lambda"
    yield "                                                arrival to commit, s  handed          others of the same"
    yield "hot      latency  offered/s  served/s  conflicts     p50     p99       back   queue   batches p50     p99"


def _line(offered: Offered, served: Served) -> str:
    queue = "steady" if served.keeps_up(offered) else "GROWS"
    return (
        f"{KINDS[offered.account]:7} {_ms(offered.latency):>8} {offered.rate:>10,.0f} {served.events / SECONDS:>9,.0f}"
        f" {_per_commit(served):>10.2f} {quantile(served.delays, 0.5):>7.2f} {quantile(served.delays, 0.99):>7.2f}"
        f" {_handed_back(served):>10.1%}   {queue:6}"
        f" {quantile(served.neighbours, 0.5):>12.2f} {quantile(served.neighbours, 0.99):>7.2f}"
    )


def _calm(calm: Iterable[tuple[Offered, Served]]) -> Iterator[str]:
    yield "The same if no write lost a race, so that only waiting for a free worker is left:"
    yield from (_line(offered, served) for offered, served in calm)


def _limits(limits: Limits) -> Iterator[str]:
    yield "Limit, events a second of one subject whose queue does not grow, in batches of"
    yield f"{'hot':7} {'latency':>8}" + "".join(f"{batch:>12,}" for batch in BATCHES)
    for (account, latency), each in limits.items():
        yield f"{KINDS[account]:7} {_ms(latency):>8}" + "".join(f"{rate:>12,.0f}" for rate in each.values())


def _row(offered: Offered, served: Served) -> dict[str, object]:
    return {
        "hot": KINDS[offered.account],
        "latency": _ms(offered.latency),
        "offered": offered.rate,
        "served": round(served.events / SECONDS),
        "conflicts_per_commit": round(_per_commit(served), 3),
        "p50": round(quantile(served.delays, 0.5), 3),
        "p99": round(quantile(served.delays, 0.99), 3),
        "handed_back": round(_handed_back(served), 4),
        "steady": served.keeps_up(offered),
        "neighbours_p99": round(quantile(served.neighbours, 0.99), 3),
    }


def _per_commit(served: Served) -> float:
    return served.conflicts / served.commits if served.commits else 0.0


def _handed_back(served: Served) -> float:
    done = served.events + served.handed_back
    return served.handed_back / done if done else 0.0


def _ms(latency: float) -> str:
    return f"{latency * 1e3:.0f} ms"
