"""The catalog language of this release, from the top down to a step (semantics, section 2)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from milepost_tools.catalog.matching import ANY_EVENT, Matcher
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem, quoted, suggestion
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.surroundings import Surroundings
from milepost_tools.catalog.terms import (
    Channel,
    DurationOrNone,
    EventName,
    LeftOut,
    Name,
    OneOrMany,
    PropertyPath,
    Span,
    Text,
    Weekday,
)

MOST_MILESTONES: Final = 200
MOST_STEPS: Final = 8
"""Nudges of one subject that may wait at a time."""
LARGEST_VERSION: Final = 2**31 - 1

PropertyType: TypeAlias = Literal["string", "number", "boolean", "object", "array"]


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

    noun = "a step"
    later = frozenset({"after", "at", "days", "if", "unless", "class", "expires", "send_window"})

    channel: OneOrMany[ConsentedChannel]
    template: Name

    @property
    def channels(self) -> list[str]:
        """The channels in the order in which they are tried."""
        return list(self.channel) if isinstance(self.channel, list) else [self.channel]


Steps: TypeAlias = Annotated[list[Step], Field(max_length=MOST_STEPS)]


class Start(Matcher):
    """The first event that it matches starts a deadline."""

    noun = "`from`"
    later = frozenset({"milestone", "trait"})


class Within(Part):
    """A deadline: so long after the first event of a kind."""

    noun = "`within`"

    start: Start = Field(alias="from")
    duration: Span = Field(alias="for")


class Milestone(Part):
    """One milestone: when it is reached, by when, and what to send then."""

    noun = "a milestone"
    later = frozenset({"audience", "subject", "holdout", "variants", "on_introduction", "priority"})

    title: LeftOut[Text] = None
    stage: LeftOut[Text] = None
    tier: Literal["minor", "major"] = "minor"
    owner: LeftOut[Text] = None
    fresh_for: Span = "3d"
    reach: Reach
    within: LeftOut[Within] = None
    on_reached: Steps = Field(default_factory=list)
    on_missed: Steps = Field(default_factory=list)
    on_recovered: Steps = Field(default_factory=list)

    @field_validator("within")
    @classmethod
    def _once(cls, within: Within | None, info: ValidationInfo) -> Within | None:
        reach: Reach | None = info.data.get("reach")
        if reach is not None and reach.rule.repeat:
            raise refusal("does not go together with `repeat`", "Leave out one of them.")
        return within

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Steps for a deadline that there is not."""
        what = "never happens: a milestone without a deadline is never missed"
        remedy = "Add `within: {from: {event: NAME}, for: 7d}`, or leave it out."
        for key in ("on_missed", "on_recovered"):
            if key in data and "within" not in data:
                yield (key,), Problem(what, remedy)

    @property
    def names(self) -> Iterable[str]:
        """The event names that its rule and its deadline look at."""
        return self.reach.rule.names + (self.within.start.names if self.within else [])


class Event(Part):
    """An event of the tracking plan, with the types of the properties that matter."""

    noun = "an event"
    later = frozenset({"retracted_by"})

    properties: dict[PropertyPath, PropertyType] = Field(default_factory=dict)


def _timezone(name: str) -> str:
    zones = available_timezones() - {"localtime"}  # Whatever this machine is set to: not the same elsewhere.
    if name not in zones:
        otherwise = "Write one such as America/New_York or UTC."
        raise refusal(f"{quoted(name)} is not an IANA time zone", suggestion(name, zones, otherwise))
    return name


def _nameable(name: str) -> str:
    if name == ANY_EVENT:
        raise refusal(f"`{ANY_EVENT}` means any event and cannot name one", "Give the event another name.")
    return name


class Catalog(Part):
    """A team's milestones, and what holds for every one of them."""

    model_config = ConfigDict(title="Milepost catalog")
    noun = "a catalog"
    later = frozenset({"holdout", "caps", "quiet_hours", "send_window", "suppress", "arbitration", "goals", "cohorts"})

    catalog: Name
    version: Annotated[int, Field(ge=1, le=LARGEST_VERSION)]
    timezone: LeftOut[Annotated[Text, AfterValidator(_timezone)]] = None
    week_starts: Weekday = "monday"
    max_age: Span = "35d"
    grace: DurationOrNone = "15min"
    events: LeftOut[dict[Annotated[EventName, AfterValidator(_nameable)], Event | None]] = None
    consent: dict[Channel, Text] = Field(default_factory=dict)
    milestones: Annotated[dict[Name, Milestone], Field(max_length=MOST_MILESTONES)]
