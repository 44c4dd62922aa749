"""The catalog language of this release, at its top: what holds for every milestone (semantics, section 2)."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field

from milepost_tools.catalog.clock import QuietHours, SendWindow
from milepost_tools.catalog.demands import Suppression
from milepost_tools.catalog.facts import Totals
from milepost_tools.catalog.guardrails import MOST_CAPS, MOST_SUPPRESSIONS, Arbitration, Cap, Holdout
from milepost_tools.catalog.matching import ANY_EVENT, PlannedEvent
from milepost_tools.catalog.milestone import Milestone
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem, quoted, suggestion
from milepost_tools.catalog.steps import MOST_STEPS, Step
from milepost_tools.catalog.terms import (
    Channel,
    DurationOrNone,
    EventName,
    InSchema,
    LeftOut,
    Name,
    PropertyPath,
    Span,
    Text,
    Weekday,
)
from milepost_tools.catalog.whole import askew
from milepost_tools.catalog.within import Within

__all__ = ["MOST_MILESTONES", "MOST_STEPS", "Catalog", "Event", "Milestone", "Step", "Within"]

MOST_MILESTONES: Final = 200
LARGEST_VERSION: Final = 2**31 - 1

PropertyType: TypeAlias = Literal["string", "number", "boolean", "object", "array"]


def _one_event(name: str) -> str:
    if name == ANY_EVENT:
        raise refusal(f"`{ANY_EVENT}` means any event, and one event takes back", "Write the name of that event.")
    return name


class Event(Part):
    """An event of the tracking plan, with the types of the properties that matter."""

    noun = "an event"

    retracted_by: LeftOut[
        Annotated[PlannedEvent, AfterValidator(_one_event), InSchema({"not": {"const": ANY_EVENT}})]
    ] = None
    """The event that takes one earlier event back, or its amount."""
    properties: Annotated[dict[PropertyPath, PropertyType], InSchema({"additionalProperties": False})] = Field(
        default_factory=dict
    )
    """The types of the properties that matter, for people to read."""


@cache  # It looks through every file of the time zone database.
def _zones() -> AbstractSet[str]:
    return available_timezones() - {"localtime"}  # Whatever this machine is set to: not the same elsewhere.


def _timezone(name: str) -> str:
    zones = _zones()
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
    later = frozenset({"goals", "cohorts"})

    catalog: Name
    """The name of this set of milestones; never change it once people have progress."""
    version: Annotated[int, Field(ge=1, le=LARGEST_VERSION)]
    """Grows with every change; outcomes and nudges say it."""
    timezone: LeftOut[Annotated[Text, AfterValidator(_timezone)]] = None
    """The IANA time zone of people whose own is not known."""
    week_starts: Weekday = "monday"
    """The weekday on which weeks begin."""
    max_age: Span = "35d"
    """Events that come later than this are rejected; up to it every rule is exact."""
    grace: DurationOrNone = "15min"
    """How long after a deadline an event in flight may still meet it."""
    events: LeftOut[
        Annotated[
            dict[Annotated[EventName, AfterValidator(_nameable)], Event | None],
            InSchema({"not": {"required": [ANY_EVENT]}}),
        ]
    ] = None
    """The tracking plan: what your product sends. Without it any event may be used."""
    consent: dict[Channel, Text] = Field(default_factory=dict)
    """By channel: the trait that must be true of a person to be written to there, or `always`."""
    addresses: dict[Channel, Text] = Field(default_factory=dict)
    """By channel: the trait that says where it reaches a person; who lacks one that stands here is not written to."""
    totals: Totals = Field(default_factory=dict)
    """Numbers that nudges tell of a person, by the names that templates use."""
    holdout: LeftOut[Holdout] = None
    """A share of subjects who are told nothing, so that the others can be compared with them."""
    caps: Annotated[list[Cap], Field(max_length=MOST_CAPS)] = Field(default_factory=list)
    """How many nudges a person gets at most."""
    quiet_hours: LeftOut[QuietHours] = None
    """Hours at which nobody is written to, by the person's clock."""
    send_window: LeftOut[SendWindow] = None
    """The only hours of the week at which nudges go, by the person's clock."""
    suppress: Annotated[list[Suppression], Field(max_length=MOST_SUPPRESSIONS)] = Field(default_factory=list)
    """Whoever meets one of these is told nothing for now."""
    arbitration: LeftOut[Arbitration] = None
    """What becomes of nudges that fall together."""
    milestones: Annotated[
        dict[Name, Milestone],
        Field(max_length=MOST_MILESTONES),
        InSchema({"additionalProperties": False}),
    ]
    """The milestones by their ids."""

    def askew(self) -> Iterable[tuple[Place, Problem]]:
        """What is wrong between milestones, events and what can be kept of both."""
        return askew(self)
