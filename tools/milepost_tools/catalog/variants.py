"""`variants`: a milestone that is another one for some, in its threshold, in what it sends, or in both."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Problem
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.terms import InSchema, LeftOut, Name, Number

MOST_VARIANTS: Final = 10


def _some(share: Decimal) -> Decimal:
    if share <= 0:
        raise refusal(f"must be more than 0, and is {share}", "Leave the variant out, or give it a share.")
    return share


class Variant(Part):
    """What a milestone is for a share of the subjects."""

    noun = "a variant"

    share: Annotated[Number, AfterValidator(_some), InSchema({"exclusiveMinimum": 0})]
    """Its part of the sum of all shares: 50 and 50 are half each."""
    at_least: LeftOut[Number] = None
    """Its own `at_least` of `reach`."""
    templates: Annotated[dict[Name, Name], Field(max_length=100), InSchema({"additionalProperties": False})] = Field(
        default_factory=dict
    )
    """What it sends in place of a template: `{first-workout: first-workout-b}`."""

    def compiled(self, reach: Reach) -> Compiled:
        """As `milepost.domain.catalog` reads it."""
        own = {} if self.at_least is None else {"at_least": _with_threshold(reach, self.at_least)["at_least"]}
        return {"share": str(self.share), "reach": own, "templates": self.templates}


Variants: TypeAlias = Annotated[
    dict[Name, Variant], Field(max_length=MOST_VARIANTS), InSchema({"additionalProperties": False})
]


def unfit_threshold(reach: Reach, at_least: Decimal) -> Iterator[Problem]:
    """What is wrong with another `at_least` of this rule."""
    if getattr(reach.rule, "at_least", None) is None:
        yield Problem("is nothing that this rule has", "Leave it out: only what the milestone sends can differ.")
        return
    try:
        _with_threshold(reach, at_least)
    except ValueError:
        yield Problem(f"does not fit this rule, and is {at_least}", "Write what its own `at_least` could be.")


def _with_threshold(reach: Reach, at_least: Decimal) -> Compiled:
    """The rule with another threshold, checked as if it stood there.

    Raises:
        ValueError: it could not stand there.
    """
    rule = reach.rule
    written = rule.model_dump(by_alias=True, exclude_unset=True)  # type: ignore[attr-defined]  # Every rule is a part.
    whole = isinstance(getattr(rule, "at_least", None), int) and at_least == at_least.to_integral_value()
    changed = {**written, "at_least": int(at_least) if whole else at_least}
    compiled: Compiled = type(rule).model_validate(changed).compiled()  # type: ignore[attr-defined]  # See above.
    return compiled
