"""`count: {event, where, at_least: N, in: D?, repeat: bool?}`: N matching events."""

from typing import Annotated, Final

from pydantic import Field

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.rules.spans import Spans

MOST: Final = 100_000


class Count(Spans):
    """N matching events, inside a span, or again and again."""

    noun = "`count`"

    at_least: Annotated[int, Field(ge=1, le=MOST)]
    """N, the number of events."""

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.count` reads it."""
        return {**self.spans_compiled(), "at_least": self.at_least}
