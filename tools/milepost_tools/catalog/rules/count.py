"""`count: {event, where, at_least: N, in: D?, repeat: bool?}`: N matching events."""

from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.rules.spans import Spans

MOST: Final = 100_000
MOST_IN_SPAN: Final = 1_000
"""With `in`, the instants of that many events are kept for every subject."""


class Count(Spans):
    """N matching events, inside a span, or again and again."""

    noun = "`count`"

    at_least: Annotated[int, Field(ge=1, le=MOST)]

    @field_validator("at_least")
    @classmethod
    def _few_enough_to_remember(cls, at_least: int, info: ValidationInfo) -> int:
        if at_least > MOST_IN_SPAN and info.data.get("span") is not None:
            raise refusal(
                f"must be at most {MOST_IN_SPAN} together with `in`, and is {at_least}",
                f"Write {MOST_IN_SPAN} or less, or leave out `in`.",
            )
        return at_least

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.count` reads it."""
        return {**self.spans_compiled(), "at_least": self.at_least}
