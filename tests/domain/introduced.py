"""A subject with a past that meets another version of the catalog (semantics, 3.13)."""

from collections.abc import Iterable, Sequence

from milepost.domain.event import Identify, Track
from milepost.domain.instant import DAY
from milepost.domain.milestone import Milestone
from tests.domain.build import T0, Life, bought, catalog, count, matcher, milestone, track

BOUGHT = matcher("bought")
NEW = T0 + 30 * DAY
"""When the second version of the catalog is met."""
OLD = milestone(count(99), name="old")
PURCHASES = bought(*(day * DAY for day in range(5)))
"""One a day, five days in a row."""
Past = Iterable[Track | Identify]


def introduced(past: Past, *new: Milestone, old: Sequence[Milestone] = (OLD,)) -> Life:
    """A subject that has lived with the old milestones meets the new ones, by a tick."""
    life = Life(catalog(*old)).each(past)
    life.catalog = catalog(*new, version=2)
    life.tick(NEW)
    return life


def later(message_id: str = "later", name: str = "bought") -> Track:
    """An event after the introduction."""
    return track(message_id, NEW + DAY, name)


def lines(life: Life) -> list[tuple[str, int]]:
    """Which occurrences of `m` there are."""
    return [(line.outcome, line.n) for line in life.lines() if line.milestone == "m"]
