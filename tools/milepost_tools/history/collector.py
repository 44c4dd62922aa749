"""Python's cyclic garbage collector while a log is folded.

The core makes no cycles, but millions of small tuples, and the collector goes through all that live again and again to
find that out: a tenth of the time of a run.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLD: Final = 100_000
"""New objects between two looks at the youngest; Python's own choice is 700."""


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Leave what is there alone, and look through what is new a hundred times less often."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(THRESHOLD, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
