"""Guardrails: who gets no nudge, how many go, and which of two (semantics, section 2)."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from milepost.domain.instant import DAY, parse_duration
from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.terms import Channel, InSchema, LeftOut, Number, OneOrMany, Span, Text, Tier

MOST_CAPS: Final = 16
MOST_NUDGES: Final = 100
"""Of one cap: so many are remembered."""
LONGEST_CAP: Final = 90 * DAY
MOST_SUPPRESSIONS: Final = 16
UNITS: Final = ("day", "week")

Otherwise: TypeAlias = Literal["defer", "suppress"]


def _share(share: Decimal) -> Decimal:
    if not 0 <= share < 1:
        raise refusal(f"must be at least 0 and less than 1, and is {share}", "Write 0.05 for one in twenty.")
    return share


Share: TypeAlias = Annotated[Number, AfterValidator(_share), InSchema({"minimum": 0, "exclusiveMaximum": 1})]


def _period(value: str) -> str:
    if value in UNITS:
        return value
    try:
        duration = parse_duration(value)
    except ValueError:
        raise refusal("is neither a duration nor a unit", "Write `7d`, or `day` or `week` of the calendar.") from None
    if not 0 < duration <= LONGEST_CAP:
        most = LONGEST_CAP // DAY
        raise refusal(f"must be more than nothing and at most {most}d, and is {value}", f"Write {most}d or less.")
    return value


Period: TypeAlias = Annotated[
    str,
    AfterValidator(_period),
    WithJsonSchema(
        {"type": "string", "pattern": "^(day|week|(?=0*[1-9])[0-9]{1,9}(s|min|h|d|w))$", "examples": ["7d", "day"]}
    ),
]


class OwnHoldout(Part):
    """A milestone's own holdout, in place of the catalog's."""

    noun = "`holdout`"

    share: Share
    """Of 1: 0.05 for one in twenty; 0 for nobody."""
    salt: LeftOut[Text] = None
    """Any text; without it the catalog's, so that the larger share holds the same subjects and more."""


class Holdout(Part):
    """A share of all subjects who are told nothing, so that the others can be compared with them."""

    noun = "`holdout`"

    share: Share
    """Of 1: 0.05 for one in twenty."""
    salt: Text
    """Any text; another one draws other subjects."""


class Cap(Part):
    """No more nudges than this in a period."""

    noun = "a cap"

    channel: LeftOut[OneOrMany[Channel]] = None
    """Those by this channel, or these, count; all if it is left out."""
    tier: LeftOut[OneOrMany[Tier]] = None
    """Those of milestones of this tier count."""
    stage: LeftOut[OneOrMany[Text]] = None
    """Those of milestones of this stage, or these, count."""
    at_most: Annotated[int, Field(ge=1, le=MOST_NUDGES)]
    """How many go in a period."""
    per: Period
    """A rolling span, or a `day` or `week` of the person's calendar."""
    otherwise: Otherwise = Field(alias="else")
    """What becomes of one too many: it waits until the cap opens, or never goes."""

    def covers(self, tier: str, stage: str | None, channels: Collection[str]) -> bool:
        """Whether it counts nudges of such a milestone that go by one of these channels."""
        asked = ((self.channel, channels), (self.tier, (tier,)), (self.stage, (stage,)))
        return all(names is None or not set(_listed(names)).isdisjoint(given) for names, given in asked)

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        return {
            "at_most": self.at_most,
            "per": self.per if self.per in UNITS else parse_duration(self.per),
            "defers": self.otherwise == "defer",
            "channels": _listed(self.channel),
            "tiers": _listed(self.tier),
            "stages": _listed(self.stage),
        }


def _listed(names: str | Sequence[str] | None) -> list[str]:
    return [] if names is None else sorted({names} if isinstance(names, str) else set(names))


class Arbitration(Part):
    """Of nudges that fall together, the one of the highest priority goes."""

    noun = "`arbitration`"

    window: Span
    """How close together: so long after a nudge, those of lower priority lose."""
    losers: Otherwise
    """What becomes of them: they wait until the window is over, or never go."""

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        return {"window": parse_duration(self.window), "defers": self.losers == "defer"}
