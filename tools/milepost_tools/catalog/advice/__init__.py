"""Advice: a catalog that is in order, and that experience says to write otherwise.

Nothing here is a mistake, and nothing is refused for it. Each row of `ADVICE` is a function that looks at the whole
catalog, and gives its reason with everything that it says.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from milepost_tools.catalog.advice.climb import far_apart, far_from_the_start, not_round
from milepost_tools.catalog.advice.kind import Advice
from milepost_tools.catalog.advice.nudges import crowded, outlasted, silent, silent_about_a_miss, unused_channel
from milepost_tools.catalog.advice.plan import costly_date, unused_event
from milepost_tools.catalog.language import Catalog
from milepost_tools.catalog.problems import Place

__all__ = ["ADVICE", "Advice", "advice_on"]

_Adviser: TypeAlias = Callable[[Catalog], Iterator[tuple[Place, Advice]]]

ADVICE: Final[Mapping[str, _Adviser]] = {
    "first week": far_from_the_start,
    "round numbers": not_round,
    "small steps": far_apart,
    "few nudges": crowded,
    "missed": silent_about_a_miss,
    "somebody is told": silent,
    "caps": outlasted,
    "channels": unused_channel,
    "events": unused_event,
    "cost": costly_date,
}


def advice_on(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """All advice on a catalog, and where in it."""
    for adviser in ADVICE.values():
        yield from adviser(catalog)
