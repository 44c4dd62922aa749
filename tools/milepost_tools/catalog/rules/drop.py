"""`drop: {event, where, by: SHARE, over: D}`: matching events fell by that share from one period to the next."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import field_validator

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.terms import InSchema, Number, Span


class Drop(Matcher):
    """Matching events in the last D fell by at least that share against the D before."""

    noun = "`drop`"
    clocked: ClassVar[bool] = True

    by: Annotated[Number, InSchema({"exclusiveMinimum": 0, "maximum": 1})]
    """The share by which events fell: 0.5 for half of them."""
    over: Span
    """The length of a period, counted from the first event."""

    @field_validator("by")
    @classmethod
    def _a_share(cls, by: Decimal) -> Decimal:
        if not 0 < by <= 1:
            raise refusal(f"must be more than 0 and at most 1, and is {by}", "Write 0.5 for half of the events.")
        return by

    @property
    def repeat(self) -> bool:
        """It is met once."""
        return False

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.drop` reads it."""
        return {**self.matcher_compiled(), "by": str(self.by), "over": parse_duration(self.over)}
