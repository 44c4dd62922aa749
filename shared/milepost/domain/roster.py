"""The milestones of one kind of subject, and which of them an event, a trait or the clock can concern."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from milepost.domain.milestone import Milestone


@dataclass(frozen=True, slots=True)
class Roster:
    """Milestones in catalog order, looked up by what can concern them.

    `by_event` has an entry for each name of the tracking plan; names from outside, without end, are looked at anew.
    `after` is who starts a deadline when a milestone is reached.
    """

    milestones: tuple[Milestone, ...]
    by_event: Mapping[str, tuple[Milestone, ...]]
    by_trait: Mapping[str, tuple[Milestone, ...]]
    waiting: tuple[Milestone, ...]
    after: Mapping[str, tuple[Milestone, ...]]

    @classmethod
    def of(cls, milestones: Iterable[Milestone], events: frozenset[str]) -> Self:
        """The roster of these milestones under a tracking plan."""
        all_ = tuple(milestones)
        traits = frozenset(trait for each in all_ for trait in each.traits)
        starts = frozenset(each.within.milestone for each in all_ if each.within and each.within.milestone)
        return cls(
            all_,
            {name: tuple(each for each in all_ if each.concerned_by(name)) for name in events},
            {trait: tuple(each for each in all_ if trait in each.traits) for trait in traits},
            tuple(each for each in all_ if each.waits),
            {start: tuple(each for each in all_ if each.within and each.within.milestone == start) for start in starts},
        )

    def concerned_by_unplanned(self, name: str) -> tuple[Milestone, ...]:
        """The milestones that an event can matter to whose name is not in the tracking plan."""
        return tuple(each for each in self.milestones if each.concerned_by(name))
