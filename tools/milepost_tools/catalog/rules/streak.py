"""`streak: {event, where, at_least: N, unit, per_period: 1?, freezes: 0?, repeat: bool?}`: N consecutive periods."""

from typing import Annotated, Final

from pydantic import Field

from milepost.domain.local import Unit
from milepost_tools.catalog.matching import Compiled, Matcher

MOST: Final = 1_000
MOST_FREEZES: Final = 30
"""Each may leave one more interval to be kept for every subject."""


class Streak(Matcher):
    """N consecutive local periods with events in each."""

    noun = "`streak`"

    at_least: Annotated[int, Field(ge=1, le=MOST)]
    """N, the number of periods in a row."""
    unit: Unit
    """The period, in the person's time zone."""
    per_period: Annotated[int, Field(ge=1, le=MOST)] = 1
    """So many events make a period count."""
    freezes: Annotated[int, Field(ge=0, le=MOST_FREEZES)] = 0
    """So many empty periods in all do not break the run, and do not count."""
    repeat: bool = False
    """Once for every run that gets there."""

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.streak` reads it."""
        return {
            **self.matcher_compiled(),
            "at_least": self.at_least,
            "unit": self.unit,
            "per_period": self.per_period,
            "freezes": self.freezes,
            "repeat": self.repeat,
        }
