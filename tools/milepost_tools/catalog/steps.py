"""What to send on a path, on which channels, when, and on what condition."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo

from milepost.domain.instant import parse_duration
from milepost.domain.local import Span as CalendarTime
from milepost.domain.local import parse_calendar
from milepost_tools.catalog.clock import Days, SendWindow, TimeOfDay, days_compiled, minutes
from milepost_tools.catalog.demands import Demand
from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.surroundings import Surroundings
from milepost_tools.catalog.terms import CalendarSpan, Channel, LeftOut, Name, OneOrMany, Span

MOST_STEPS: Final = 8
"""As many as can wait at a time for one subject."""


def _consented(channel: Channel, info: ValidationInfo) -> Channel:
    channels = Surroundings.known_to(info).channels
    if channels is not None and channel not in channels:
        raise refusal(
            f"`consent` does not say who may be written to by {channel}",
            f"Add `consent: {{{channel}: TRAIT}}` with the trait that must be true, or `always`.",
        )
    return channel


ConsentedChannel: TypeAlias = Annotated[Channel, AfterValidator(_consented)]


class Step(Part):
    """What to send: the first of the channels that has consent gets the template."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"not": {"required": ["at"]}},
            "then": {"properties": {"after": {"pattern": "(s|min|h|d|w)$"}}},
        }
    )
    noun = "a step"

    channel: OneOrMany[ConsentedChannel]
    """A channel, or several: the first for which the person has consent gets it."""
    template: Name
    """The name of what to send."""
    after: LeftOut[CalendarSpan] = None
    """How long after the occurrence; with `at`, days and longer are days of the person's calendar."""
    at: LeftOut[TimeOfDay] = None
    """The time of the day by the person's clock: the first that comes."""
    days: LeftOut[Days] = None
    """The weekdays on which it goes."""
    wanted: LeftOut[Demand] = Field(None, alias="if")
    """It goes only if this is true then."""
    unless: LeftOut[Demand] = None
    """It does not go if this is true by then."""
    kind: LeftOut[Literal["operational"]] = Field(None, alias="class")
    """`operational`: what people wait for; it passes holdout, caps and quiet hours, and never consent."""
    expires: LeftOut[Span] = None
    """How long after its time it may still go; without it the milestone's `fresh_for`."""
    send_window: LeftOut[SendWindow] = None
    """The only hours at which it goes, in place of the catalog's."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Months and years of no calendar."""
        after = data.get("after")
        if isinstance(after, str) and after.endswith(("mo", "y")) and "at" not in data:
            what = "is by the calendar, which goes with `at` only"
            yield ("after",), Problem(what, 'Add `at: "09:00"`, or write days.')

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        return {
            "channels": self.channels,
            "template": self.template,
            "after": list(self._after),
            "at": minutes(self.at) if self.at else None,
            "days": days_compiled(self.days or ()),
            "if": self.wanted.compiled() if self.wanted else None,
            "unless": self.unless.compiled() if self.unless else None,
            "operational": self.kind is not None,
            "expires": parse_duration(self.expires) if self.expires else None,
            "window": self.send_window.compiled() if self.send_window else None,
        }

    @property
    def _after(self) -> CalendarTime:
        if self.after is None:
            return CalendarTime()
        return parse_calendar(self.after) if self.at else CalendarTime(elapsed=parse_duration(self.after))

    @property
    def channels(self) -> list[str]:
        """The channels in the order in which they are tried."""
        return list(self.channel) if isinstance(self.channel, list) else [self.channel]


Steps: TypeAlias = Annotated[list[Step], Field(max_length=MOST_STEPS)]
"""Those of one path."""
