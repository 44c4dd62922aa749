"""`days: {event, where, at_least: N, in: D?}`: matching events on N different local dates."""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from milepost.domain.instant import DAY, parse_duration
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.terms import LeftOut, Span

MOST: Final = 10_000


def _whole_days(value: str) -> str:
    if parse_duration(value) % DAY:
        raise refusal(
            f"must be a number of whole days, and is {value}", "Write it in d or w: 7d is a date and the six after it."
        )
    return value


WholeDays: TypeAlias = Annotated[Span, AfterValidator(_whole_days)]
"""So many consecutive dates."""


class Days(Matcher):
    """N different local dates, or N among some consecutive ones."""

    noun = "`days`"

    among: LeftOut[WholeDays] = Field(None, alias="in")
    """Whole days: N dates among so many consecutive ones."""
    at_least: Annotated[int, Field(ge=1, le=MOST)]
    """N, the number of dates."""

    @field_validator("at_least")
    @classmethod
    def _no_more_than_there_are(cls, at_least: int, info: ValidationInfo) -> int:
        among = info.data.get("among")
        if among is not None and at_least > parse_duration(among) // DAY:
            raise refusal(
                f"must be at most the {parse_duration(among) // DAY} days of `in`, and is {at_least}",
                "Write fewer days, or a longer `in`.",
            )
        return at_least

    @property
    def repeat(self) -> bool:
        """Once only."""
        return False

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.days` reads it; `in` is a number of dates."""
        among = None if self.among is None else parse_duration(self.among) // DAY
        return {**self.matcher_compiled(), "at_least": self.at_least, "in": among}
