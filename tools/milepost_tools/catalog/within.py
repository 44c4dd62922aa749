"""`within: {from: MATCHER | {milestone: ID} | {trait: NAME}, for: D}`: the deadline of a milestone."""

from collections.abc import Iterable, Mapping

from pydantic import (
    ConfigDict,
    Field,
)

from milepost_tools.catalog.matching import Compiled, Conditions, EventNames, matcher_compiled, names_of
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.terms import LeftOut, Name, Span, Text


class Start(Part):
    """What a deadline runs from: the first event of a kind, another milestone, or the date in a trait."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [key]} for key in ("event", "milestone", "trait")],
            "dependentRequired": {"where": ["event"]},
        },
    )
    noun = "`from`"

    event: LeftOut[EventNames] = None
    """The first event of this name, of one of these, or of any (`*`)."""
    where: Conditions
    """Conditions on the event's properties; all must hold."""
    milestone: LeftOut[Name] = None
    """When this other milestone is reached by the same subject."""
    trait: LeftOut[Text] = None
    """The date that this trait says."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Nothing to run from, or several things."""
        if len({"event", "milestone", "trait"} & data.keys()) != 1:
            yield (), Problem("needs one of `event`, `milestone` and `trait`", "Write one, such as `{event: NAME}`.")
        elif "where" in data and "event" not in data:
            yield ("where",), Problem("goes with `event` only", "Leave it out.")

    @property
    def names(self) -> list[str]:
        """The event names that can start it."""
        return [] if self.event is None else names_of(self.event)

    def compiled(self) -> Compiled:
        """As `milepost.domain.catalog` reads it."""
        if self.event is not None:
            return matcher_compiled(self.event, self.where)
        return {"milestone": self.milestone} if self.milestone else {"trait": self.trait}


class Within(Part):
    """A deadline: so long after the first event of a kind."""

    noun = "`within`"

    start: Start = Field(alias="from")
    """What the deadline runs from."""
    duration: Span = Field(alias="for")
    """How long after that; an event exactly at the deadline meets it."""
