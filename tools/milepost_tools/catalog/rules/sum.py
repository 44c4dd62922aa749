"""`sum: {event, where, of: PROPERTY, at_least: X, in: D?, repeat: bool?}`: the running sum is at least X."""

from decimal import Decimal
from typing import Annotated

from pydantic import field_validator

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.rules.spans import Spans
from milepost_tools.catalog.terms import InSchema, Number, PropertyPath


class Sum(Spans):
    """The sum of a property of matching events, inside a span, or again and again."""

    noun = "`sum`"

    of: PropertyPath
    """The property that is added up."""
    at_least: Annotated[Number, InSchema({"exclusiveMinimum": 0})]
    """The amount that has to be reached, exactly."""

    @field_validator("at_least")
    @classmethod
    def _more_than_nothing(cls, at_least: Decimal) -> Decimal:
        if at_least <= 0:
            raise refusal(f"must be more than 0, and is {at_least}", "Write the amount that has to be reached.")
        return at_least

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.sum` reads it."""
        return {**self.spans_compiled(), "of": self.of.split("."), "at_least": str(self.at_least)}
