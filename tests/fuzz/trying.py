"""Makes inputs from seeds, checks them some at once, and finds the one that broke a law."""

import faulthandler
from collections import Counter
from collections.abc import Iterator
from json import dumps
from random import Random
from traceback import format_exception_only
from typing import Final, NamedTuple

from tests.fuzz import boundaries, payloads, stored, templates
from tests.fuzz.boundaries import Boundary

BOUNDARIES: Final = {
    "events": Boundary(boundaries.make_event, boundaries.check_events),
    "ticks": Boundary(payloads.make_tick, payloads.check_ticks),
    "payloads": Boundary(payloads.make_payload, payloads.check_payloads),
    "items": Boundary(stored.make_item, stored.check_items),
    "templates": Boundary(templates.make_template, templates.check_files),
    "catalogs": Boundary(boundaries.make_catalog, boundaries.check_catalogs),
}
SHARES: Final = {"events": 77, "ticks": 10, "payloads": 5, "items": 5, "templates": 2, "catalogs": 1}
"""Of a hundred inputs."""
AT_ONCE: Final = 50
LONGEST: Final = 60
"""Seconds for so many: what takes longer never ends, and ends the process with a trace."""


class Tried(NamedTuple):
    """What became of some inputs of one boundary, by code, and the inputs that broke a law, with how."""

    boundary: str
    codes: Counter[str]
    unhandled: list[tuple[str, str]]


def tried(work: tuple[str, str, int]) -> Tried:
    """Make and check inputs; `work` is the boundary, the seed and how many."""
    name, seed, size = work
    boundary, random = BOUNDARIES[name], Random(seed)
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    inputs = [boundary.make(random) for _ in range(size)]
    try:
        return Tried(name, Counter(boundary.check(inputs)), [])
    except Exception as error:  # noqa: BLE001  # Whatever was not handled is what is looked for.
        alone = [(each, told) for each in inputs if (told := _alone(boundary, each)) is not None]
        return Tried(name, Counter(), alone or [(dumps(inputs), _told(error))])
    finally:
        faulthandler.cancel_dump_traceback_later()


def _alone(boundary: Boundary, each: str) -> str | None:
    try:
        boundary.check([each])
    except Exception as error:  # noqa: BLE001  # See above.
        return _told(error)
    return None


def _told(error: Exception) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" in {place.tb_frame.f_code.co_qualname}, line {place.tb_lineno}"
    return f"{format_exception_only(error)[-1].strip()[:300]}{where}"


def work_of(inputs: int, seed: int) -> Iterator[tuple[str, str, int]]:
    """The inputs in pieces of one boundary each."""
    for name, share in SHARES.items():
        size = inputs * share // 100
        for start in range(0, size, AT_ONCE):
            yield name, f"{seed}-{name}-{start}", min(AT_ONCE, size - start)
