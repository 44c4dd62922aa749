"""A crash at every call of one reference history, and at every pair of them: before it, after it, or its answer lost.

Nothing else goes wrong in that history. What is enumerated: each call alone, in each of the three ways; and for each
crash before a call, each call that comes later in the run that goes on from there, with a crash before or after it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any, Final, TypeAlias

from milepost.adapters import keys
from milepost.domain.instant import DAY, HOUR
from milepost_tools.prove.checker.laws import names
from milepost_tools.prove.faults import Faults
from milepost_tools.prove.recorded import TABLE
from milepost_tools.prove.seed import Result, judged
from milepost_tools.prove.stack import Size, Stack
from milepost_tools.prove.workload import BEGIN, STRETCH, Workload

Script: TypeAlias = Mapping[int, str]
"""What befalls which call, by its number from 1."""
ALONE: Final = ("crash before", "crash after", "answer lost")
SECOND: Final = ("crash before", "crash after")
LEAST_CALLS: Final = 60
_REFERENCE: Final = 126
_PEOPLE: Final = 3
_EVENTS: Final = 3
_LEDGER: Final = 2
_CODECS: Final[dict[int, Any]] = {}
"""Of all these histories: they are alike up to a crash, and mostly after it."""


def run_script(script: Script) -> Result:
    """Run the reference history with these crashes, and judge it: whatever happens is told under the same ids."""
    stack = _stack(script)
    result = judged(_REFERENCE, stack, lambda: _play(stack))
    ids, usual = names(stack.world.told), undisturbed()
    other = [
        f"{key} has another id after a crash" for key in sorted(ids, key=repr) if ids[key] != usual.get(key, ids[key])
    ]
    return replace(result, wrong=(*result.wrong, *other))


@cache
def undisturbed() -> Mapping[Any, str]:
    """Under which ids everything is told if nothing goes wrong."""
    stack = _stack({})
    judged(_REFERENCE, stack, lambda: _play(stack))
    return names(stack.world.told)


def forget() -> None:
    """Know nothing of this history: other code is to be tried."""
    undisturbed.cache_clear()
    _CODECS.clear()


def missing() -> list[str]:
    """What the reference history should have in it and has not."""
    stack = _stack({})
    result = judged(_REFERENCE, stack, lambda: _play(stack))
    items = list(stack.world.engine.items(TABLE))
    outcomes = [each.event["data"].get("outcome") for each in stack.world.told]
    there = {
        "enough calls": result.calls >= LEAST_CALLS,
        "a spill to a segment": any(item["sk"]["S"].startswith(keys.SEGMENT) for item in items),
        "a merge": any(keys.FORWARD in item for item in items),
        "a deadline that is missed": "missed" in outcomes,
        "a booking": any(
            (who[:7], what) == ("publish", "transact_write_items") for _, who, what, _ in stack.world.trace
        ),
        "a nudge that had to wait and went": _went_after_it_had_to_wait(stack),
        "no error of its own": not result.wrong,
    }
    return [what for what, found in there.items() if not found]


def _went_after_it_had_to_wait(stack: Stack) -> bool:
    """Whether one had to wait, was asked about again when it was due, and was sent."""
    verdicts = defaultdict[str, list[str]](list)
    for each in stack.evidence().history:
        verdicts[each["id"]].append(each.get("reason", each["verdict"]))
    return any(
        each[-1] == "sent" and {"quiet_hours", "send_window", "cap", "arbitration"} & {*each}
        for each in verdicts.values()
    )


def singles(calls: int) -> Iterator[Script]:
    """Each call of the undisturbed run, in each way."""
    return ({number: kind} for number in range(1, calls + 1) for kind in ALONE)


def pairs(calls: Mapping[int, int]) -> Iterator[Script]:
    """Each later call after a crash before each call; `calls` says how many there are in the run of each of those."""
    return (
        {first: "crash before", second: kind}
        for first, most in calls.items()
        for second in range(first + 1, most + 1)
        for kind in SECOND
    )


def _stack(script: Script) -> Stack:
    draw = Random(_REFERENCE)  # noqa: S311  # nosec B311  # Nothing secret: it is always the same history.
    faults = Faults(draw)
    faults.stop()
    faults.skew, faults.script = 0, script
    stack = Stack(faults, Workload(draw, hot=False, people=_PEOPLE), Size(batch=4, ledger=_LEDGER), None)
    stack.world.codecs = _CODECS
    return stack


def _play(stack: Stack) -> None:
    stack.send(stack.work.stretch(BEGIN, _EVENTS, last=True))
    stack.world.kernel.run(BEGIN + STRETCH + HOUR)
    stack.come_to_rest(DAY)
