"""What a failing seed fails without: kinds of faults, and messages by their number, left out one after another."""

from typing import Final

from milepost_tools.prove.faults import MOST
from milepost_tools.prove.seed import run_seed

_MESSAGES: Final = 40
"""The first ones; what a seed adds after them is there to make it long enough."""


def less_than(seed: int) -> frozenset[str | int]:
    """What can be left out of a seed so that it still goes wrong; nothing if it does not go wrong at all."""
    without: frozenset[str | int] = frozenset()
    if run_seed(seed).wrong:
        for each in (*MOST, *range(_MESSAGES)):
            if run_seed(seed, without=without | {each}).wrong:
                without |= {each}
    return without
