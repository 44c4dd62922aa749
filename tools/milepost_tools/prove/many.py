"""Many seeds in several processes, and what they add up to."""

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any, TypeVar

from milepost_tools.prove import crashes
from milepost_tools.prove.planted import planted
from milepost_tools.prove.seed import Result, run_seed

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(slots=True)
class Total:
    """The sum over seeds."""

    seeds: int = 0
    calls: int = 0
    store_calls: int = 0
    least_store_calls: int = 2**63
    least_crowd: int = 2**63
    overlapping: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """One seed more."""
        self.seeds += 1
        self.calls += result.calls
        self.store_calls += result.store_calls
        self.least_store_calls = min(self.least_store_calls, result.store_calls)
        self.least_crowd = min(self.least_crowd, result.crowd)
        self.overlapping += result.overlaps > 0
        self.faults += result.faults
        if result.wrong:
            self.wrong.append(result)


def _pool(processes: int) -> ProcessPoolExecutor:
    """Spawned, not forked: this process may have threads already. Each stays on a CPU if that can be had."""
    context = get_context("spawn")
    return ProcessPoolExecutor(processes, context, _settle_down, (context.Value("i", 0),))


def _settle_down(count: Any) -> None:  # noqa: ANN401  # A shared integer, for which there is no public type.
    """Of a process's threads one runs at a time; to wake one on another CPU costs a third more."""
    gc.set_threshold(70_000)  # A hundred times the usual: a seed leaves little behind that only the collector finds.
    with count.get_lock():
        count.value += 1
    if sys.platform == "linux":
        cpus = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cpus[count.value % len(cpus)]})


def spread(work: Callable[[_In], _Out], over: Iterable[_In], processes: int, at_once: int = 20) -> Iterator[_Out]:
    """What the work makes of each, in their order; `at_once` go to a process together."""
    if processes == 1:
        yield from map(work, over)
        return
    with _pool(processes) as pool:
        yield from pool.map(work, over, chunksize=at_once)


def caught(bug: str, first: int, most: int) -> Result | None:
    """The first seed that finds a planted bug, and nothing wrong without it."""
    for number in range(first, first + most):
        result = _with(bug, number)
        if result.wrong and not _with(None, number).wrong:
            return replace(result, seed=number)
    return None


def _with(bug: str | None, number: int) -> Result:
    with planted(bug):
        crashes.forget()
        seed = _survived(run_seed, number)
        # Also a crash of the reference history: only there are ids known from a run in which nothing went wrong.
        result = seed if seed.wrong else _survived(crashes.run_script, {number + 1: "crash before"})
    crashes.forget()
    return result


def _survived(run: Callable[[_In], Result], what: _In) -> Result:
    """A bug may also make the code itself give up: that is finding it as well."""
    try:
        return run(what)
    except Exception as error:  # noqa: BLE001  # Whatever it is.
        return Result(0, (f"{type(error).__name__}: {error}",))
