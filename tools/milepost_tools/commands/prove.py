"""Run the real handlers against faults, deterministically, seed by seed, and judge what came of it.

Every seed is a history of its own: who does what, what goes wrong, and who gets a turn when. Nothing of AWS is needed.
A failing seed is named; --seed S --verbose runs it again, call by call. The last line is one JSON object.
"""

import argparse
from functools import partial
from json import dumps
from os import cpu_count
from time import monotonic
from typing import Final

from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.signals import ending_on_signals
from milepost_tools.prove import crashes, planted, shrink
from milepost_tools.prove.faults import ALL
from milepost_tools.prove.local import prove_local
from milepost_tools.prove.local.report import report
from milepost_tools.prove.many import Total, caught, spread
from milepost_tools.prove.seed import Result, run_seed

FOUND: Final = 1
_SHOWN: Final = 20
_PATIENCE: Final = 20_000
"""Seeds within which a planted bug has to be found."""
_MANY: Final = 2_000
"""Seeds that have to have seen every kind of trouble."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Which seeds, and how."""
    parser.add_argument("--seeds", type=_count, default=200, metavar="N", help="how many; default: %(default)s")
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="SEED", help="the first; default: 0")
    parser.add_argument("--processes", type=_count, default=cpu_count() or 1, metavar="P", help="default: one a CPU")
    parser.add_argument("--seed", type=int, metavar="S", help="run this one alone")
    parser.add_argument("--verbose", action="store_true", help="with --seed: show every call")
    parser.add_argument("--shrink", action="store_true", help="with --seed: leave out what it fails without")
    parser.add_argument("--crashes", action="store_true", help="crash at every call of a history, and at every two")
    parser.add_argument("--planted", action="store_true", help="plant bugs in the code, and see each found")
    parser.add_argument("--local", action="store_true", help="on the local stack instead, while workers are killed")
    parser.add_argument("--minutes", type=float, default=10, help="with --local: for how long; default: %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Run seeds; 1 if anything is wrong, or a planted bug is not found."""
    if arguments.local:
        with ending_on_signals(), telling_plainly():
            proven = prove_local(arguments.minutes)
        print(report(proven))
        return 0 if proven.holds else FOUND
    if arguments.planted:
        return _planted(arguments)
    if arguments.crashes:
        return _crashes(arguments.processes)
    if arguments.seed is not None:
        return _one(arguments)
    began, total = monotonic(), Total()
    for result in spread(run_seed, range(arguments.first, arguments.first + arguments.seeds), arguments.processes):
        _take(total, result, f"seed {result.seed}")
    seconds = monotonic() - began
    print(f"{total.seeds:,} seeds in {seconds:,.0f} s, {total.calls / total.seeds:,.0f} calls each,")
    print(
        f"{total.store_calls / total.seeds:,.0f} of them the store's, and never fewer than {total.least_store_calls};"
    )
    print(
        f"at least {total.least_crowd} workers at once; they met in {total.overlapping / total.seeds:.0%} of the seeds"
    )
    for kind, number in total.faults.most_common():
        print(f"  {kind:24} {number:>12,}")
    unseen = [kind for kind in ALL if not total.faults[kind]] if total.seeds >= _MANY else []
    print(f"{len(total.wrong)} seeds went wrong" if total.wrong else "Nothing went wrong.")
    if unseen:
        print(f"Never seen: {', '.join(unseen)}")
    row = {"seeds": total.seeds, "first": arguments.first, "seconds": round(seconds, 1), "calls": total.calls}
    row |= {"store_calls": total.store_calls, "least_store_calls": total.least_store_calls}
    row |= {"least_workers": total.least_crowd, "overlapping": total.overlapping}
    wrong = [result.seed for result in total.wrong]
    print(dumps({"prove": "seeds", **row, "faults": total.faults, "unseen": unseen, "wrong": wrong}))
    return FOUND if wrong or unseen else 0


def _take(total: Total, result: Result, name: str) -> None:
    total.add(result)
    if result.wrong and len(total.wrong) <= _SHOWN:
        print(f"{name}: {result.wrong[0]}", flush=True)


def _one(arguments: argparse.Namespace) -> int:
    without = shrink.less_than(arguments.seed) if arguments.shrink else frozenset()
    if without:
        print(f"It fails as well without {', '.join(sorted(map(str, without)))}.")
    result = run_seed(arguments.seed, print if arguments.verbose else None, without)
    for each in result.wrong:
        print(each)
    row = {"calls": result.calls, "faults": result.faults, "trace": result.trace, "wrong": result.wrong}
    print(dumps({"prove": "seed", "seed": arguments.seed, **row}))
    return FOUND if result.wrong else 0


def _crashes(processes: int) -> int:
    lacks = crashes.missing()
    if lacks:
        print(f"The reference history has no more: {', '.join(lacks)}")
        return FOUND
    began, calls = monotonic(), crashes.run_script({}).calls
    figures, after, wrong = {"calls": calls}, dict[int, int](), []
    for name in ("singles", "pairs"):
        total, scripts = Total(), list(crashes.singles(calls) if name == "singles" else crashes.pairs(after))
        for script, result in zip(scripts, spread(crashes.run_script, scripts, processes), strict=True):
            _take(total, result, str(script))
            after |= {number: result.calls for number, kind in script.items() if kind == crashes.ALONE[0]}
            wrong += [script] * bool(result.wrong)
        print(f"{total.seeds:,} {name}, {total.calls:,} calls, {len(total.wrong)} went wrong", flush=True)
        figures[name] = total.seeds
    print(dumps({"prove": "crashes", **figures, "seconds": round(monotonic() - began, 1), "wrong": wrong}))
    return FOUND if wrong else 0


def _planted(arguments: argparse.Namespace) -> int:
    found, bugs = {}, list(planted.BUGS)
    results = spread(partial(caught, first=arguments.first, most=_PATIENCE), bugs, arguments.processes, at_once=1)
    for bug, result in zip(bugs, results, strict=True):
        found[bug] = None if result is None else result.seed
        print(f"{bug}: not found" if result is None else f"{bug}: seed {result.seed}: {result.wrong[0]}", flush=True)
    print(dumps({"prove": "planted", "found": found, "patience": _PATIENCE}))
    return FOUND if None in found.values() else 0


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count
