"""`sequence: {steps: [MATCHER, ...], in: D?}`: steps in order, each at a strictly later instant."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.terms import LeftOut, Span

FEWEST: Final = 2
MOST: Final = 10
"""Some instants of each step are kept for every subject."""


def _matcher(value: object) -> object:
    if (
        isinstance(value, Mapping)
        and "event" not in value
        and any(isinstance(each, Mapping) for each in value.values())
    ):
        raise refusal("is no matcher, and a step of a sequence is one event", "Write `{event: NAME}`.")
    return value


Step: TypeAlias = Annotated[Matcher, BeforeValidator(_matcher)]


def _more_than_one(steps: list[Step]) -> list[Step]:
    if len(steps) < FEWEST:
        held = "one step" if steps else "no step"
        raise refusal(f"holds {held}, and a sequence has {FEWEST} or more", "Add a step, or use `count`.")
    return steps


class Sequence(Part):
    """Steps in order, inside a span or whenever."""

    noun = "`sequence`"

    steps: Annotated[
        list[Step],
        Field(max_length=MOST, json_schema_extra={"minItems": FEWEST}),
        AfterValidator(_more_than_one),
    ]
    """Matchers, each met strictly later than the one before."""
    span: LeftOut[Span] = Field(None, alias="in")
    """The last at most this long after the first."""

    @property
    def repeat(self) -> bool:
        """Never: it is reached once."""
        return False

    @property
    def names(self) -> list[str]:
        """The event names of all steps, sorted."""
        return sorted({name for step in self.steps for name in step.names})

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.sequence` reads it."""
        return {
            "steps": [step.matcher_compiled() for step in self.steps],
            "in": None if self.span is None else parse_duration(self.span),
        }
