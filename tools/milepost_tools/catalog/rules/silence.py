"""`silence: {event, where, for: D, repeat: bool?}`: no matching event for D after one."""

from typing import ClassVar

from pydantic import Field

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.terms import Span


class Silence(Matcher):
    """No matching event for so long after one; every later one arms it again unless `repeat` is false."""

    noun = "`silence`"
    clocked: ClassVar[bool] = True

    span: Span = Field(alias="for")
    """How long nothing happens."""
    repeat: bool = True
    """Every later event arms it again."""

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.silence` reads it."""
        return {**self.matcher_compiled(), "for": parse_duration(self.span), "repeat": self.repeat}
