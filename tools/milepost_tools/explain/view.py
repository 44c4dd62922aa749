"""One subject before one milestone: everything that words about it are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from milepost.domain import deadline, judge
from milepost.domain.catalog import Catalog
from milepost.domain.deadline import Course
from milepost.domain.instant import Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.milestone import Milestone, Step
from milepost.domain.progress import Standing
from milepost.domain.rules.interface import SoFar
from milepost_tools.explain.known import Decision, Known
from milepost_tools.explain.moments import Moment, moment
from milepost_tools.explain.wording import failing

CLOCKS_ALONE: Final = frozenset({"silence", "drop", "date"})
"""Units of rules that no event brings nearer: how far it is, only the clock knows."""


@dataclass(frozen=True)
class View:
    """See the module. `local` is the subject's calendar."""

    known: Known
    catalog: Catalog
    milestone: Milestone
    local: Local

    @cached_property
    def stored(self) -> Standing | None:
        """The standing as it is kept, if there is one."""
        return self.known.progress.standings.get(self.milestone.id)

    @cached_property
    def standing(self) -> Standing:
        """The same, or that of somebody of whom nothing was seen."""
        return self.stored or Standing(shape=self.milestone.shape)

    @property
    def outdated(self) -> bool:
        """Whether rule or deadline have changed since, so that what is remembered is of the former ones."""
        return self.standing.shape != self.milestone.shape

    @cached_property
    def course(self) -> Course:
        """The course of the deadline."""
        return deadline.course_of(self.milestone.rule, None if self.outdated else self.standing.memo)

    @cached_property
    def memo(self) -> Memo:
        """What the rule remembers: under a deadline, of what happened up to it; once it is missed, of later too."""
        if self.milestone.within is not None:
            return self.course.since if self.standing.missed else self.course.inside
        kept = None if self.outdated else self.standing.memo
        return self.milestone.rule.start if kept is None else kept

    @cached_property
    def so_far(self) -> SoFar | None:
        """How far it is to the next time; None where that cannot be told, or does not matter any more."""
        over = judge.is_over(self.milestone, self.standing) or self.outdated or self.standing.recovered
        once = self.standing.occurrences > 0 and not (self.milestone.rule.repeats or self.lacking)
        if over or once:
            return None
        found = self.milestone.rule.so_far(self.memo)
        return None if found.unit in CLOCKS_ALONE else found

    @property
    def lacking(self) -> int:
        """Occurrences that what is counted no longer bears out, because it was taken back."""
        known = self.stored is not None and self.standing.memo is not None and not self.outdated
        return self.milestone.rule.lacking(self.memo) if known and self.milestone.rule.retractable else 0

    @property
    def ends(self) -> Instant | None:
        """When the deadline passes."""
        return None if self.milestone.within is None else deadline.deadline_of(self.milestone.within, self.course)

    @property
    def waits_until(self) -> Instant | None:
        """The instant that the clock has to pass before it changes anything, without grace."""
        return None if self.outdated else judge.waits_until(self.milestone, self.standing, self.local)

    @cached_property
    def failing(self) -> tuple[str, ...]:
        """The conditions for taking part that are not met."""
        traits = self.known.progress.traits
        return failing(self.milestone, {name: trait.value for name, trait in traits.items()})

    @property
    def decisions(self) -> Sequence[Decision]:
        """The decisions on this milestone's nudges."""
        return [each for each in self.known.decisions if each.milestone == self.milestone.id]

    def step(self, decision: Decision) -> Step | None:
        """The step that a decision is about, as far as this catalog has it."""
        steps = next((each for path, each in self.milestone.steps.items() if path == decision.path), ())
        return steps[decision.step] if decision.step < len(steps) else None

    def at(self, instant: Instant) -> Moment:
        """An instant as the subject sees it."""
        return moment(instant, self.local)
