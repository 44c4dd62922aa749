"""`date: {of: MATCHER or {trait: NAME}, after: D | before: D, every: bool?}`: that long after, or before, a date."""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag

from milepost.domain.local import parse_calendar
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.terms import CalendarSpan, LeftOut, Text

EVENT, TRAIT = "<event>", "<trait>"


class DateOfEvent(Matcher):
    """The first matching event."""

    noun = "`of`"

    def compiled(self) -> Compiled:
        """As a matcher."""
        return self.matcher_compiled()


class DateInTrait(Part):
    """The date that a trait says."""

    noun = "`of` with a trait"

    trait: Text
    """The trait that says the date."""

    @property
    def names(self) -> list[str]:
        """It looks at no event."""
        return []

    def compiled(self) -> Compiled:
        """By its name."""
        return {"trait": self.trait}


def _event_or_trait(value: object) -> str:
    return TRAIT if isinstance(value, dict) and "trait" in value else EVENT


Of: TypeAlias = Annotated[
    Annotated[DateOfEvent, Tag(EVENT)] | Annotated[DateInTrait, Tag(TRAIT)], Discriminator(_event_or_trait)
]


class Date(Part):
    """So long after, or before, the first matching event or the date in a trait."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["after"]}, {"required": ["before"]}],
            "if": {"required": ["before"]},
            "then": {"properties": {"of": {"required": ["trait"]}}},
        },
    )
    noun = "`date`"
    clocked: ClassVar[bool] = True

    of: Of
    """A matcher, whose first event is meant, or `{trait: NAME}`."""
    after: LeftOut[CalendarSpan] = None
    """So long after the date, by the calendar."""
    before: LeftOut[CalendarSpan] = None
    """So long before the date in a trait."""
    repeat: bool = Field(default=False, alias="every")
    """Each time that it comes round."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """No span or two, or a time before something that nobody knew of."""
        given = {"after", "before"} & data.keys()
        if not given:
            yield (), Problem("does not say when", "Write `after: 1y`, or `before: 14d` with a trait.")
        if len(given) > 1:
            yield (), Problem("holds both `after` and `before`", "Leave out one of them.")
        yield from _amiss_in(data.get("of"), before="before" in given)

    @property
    def names(self) -> list[str]:
        """The event names that it looks at."""
        return self.of.names

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.date` reads it."""
        span = parse_calendar(self.after or self.before or "")
        return {
            "of": self.of.compiled(),
            "span": span._asdict(),
            "before": self.before is not None,
            "every": self.repeat,
        }


def _amiss_in(of: object, *, before: bool) -> Iterable[tuple[Place, Problem]]:
    if before and isinstance(of, Mapping) and "event" in of:
        what = "does not go together with an event: nobody knows of one before it happens"
        yield ("before",), Problem(what, "Write `after`, or a date in a trait: `of: {trait: NAME}`.")
