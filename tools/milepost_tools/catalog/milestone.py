"""One milestone as a team writes it: who takes part, when it is reached, by when, and what to send then."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from milepost.domain.milestone import MIDDLE
from milepost_tools.catalog.facts import CallToAction, Link
from milepost_tools.catalog.guardrails import OwnHoldout
from milepost_tools.catalog.matching import Comparison, Conditions
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem, quoted
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.steps import Step, Steps
from milepost_tools.catalog.terms import AttributeText, LeftOut, Name, Span, Text, Tier
from milepost_tools.catalog.variants import Variants, unfit_threshold
from milepost_tools.catalog.whole import FIT_FOR_DEADLINE, unfit_for_deadline
from milepost_tools.catalog.within import Within


def _unwrapped(audience: object) -> object:
    """`{trait: {plan: pro}}`, as `if` and `suppress` write it, means `{plan: pro}`."""
    if isinstance(audience, dict) and audience.keys() == {"trait"} and isinstance(audience["trait"], dict):
        inner = audience["trait"]
        return audience if inner.keys() <= set(Comparison.keys()) else inner
    return audience


class _OrWrapped:
    """Tells the schema of both ways to write an audience."""

    @staticmethod
    def __get_pydantic_json_schema__(core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        plain = handler(core)
        wrapped = {
            "type": "object",
            "properties": {"trait": plain},
            "required": ["trait"],
            "additionalProperties": False,
        }
        return {"anyOf": [plain, wrapped]}


Audience: TypeAlias = Annotated[Conditions, BeforeValidator(_unwrapped), _OrWrapped]
"""Conditions on the traits of those who take part."""


class Milestone(Part):
    """One milestone: when it is reached, by when, and what to send then."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"on_missed": ["within"], "on_recovered": ["within"]},
            "if": {"required": ["within"]},
            "then": {"properties": {"reach": FIT_FOR_DEADLINE}},
        },
    )
    noun = "a milestone"

    title: LeftOut[Text] = None
    """Its name for people; without it made of its id."""
    stage: LeftOut[AttributeText] = None
    """The lifecycle stage, passed on with every nudge."""
    tier: Tier = "minor"
    """How much it is: nudges can be filtered by it, and caps count by it."""
    owner: LeftOut[Text] = None
    """Who looks after it."""
    subject: Literal["user", "account"] = "user"
    """Who gets there: a user, or an account with the events of all its users."""
    audience: Audience
    """Conditions on the traits of those who take part."""
    fresh_for: Span = "3d"
    """Once its event is older than this, nobody is written to any more."""
    on_introduction: Literal["baseline", "nudge"] = "baseline"
    """Whoever is there already when it is added hears nothing (`baseline`), or is told too (`nudge`)."""
    reach: Reach
    """When it is reached: exactly one rule."""
    within: LeftOut[Within] = None
    """The deadline. Without it the milestone is never missed."""
    on_reached: Steps = Field(default_factory=list)
    """What to send when it is reached, in time if it has a deadline."""
    on_missed: Steps = Field(default_factory=list)
    """What to send when the deadline has passed."""
    on_recovered: Steps = Field(default_factory=list)
    """What to send when it is met after the deadline."""
    priority: Annotated[int, Field(ge=1, le=100)] = MIDDLE
    """Of nudges that fall together, the one of the highest number goes."""
    holdout: LeftOut[OwnHoldout] = None
    """Who is told nothing of it, in place of the catalog's `holdout`."""
    next: LeftOut[Name] = None
    """The milestone that its nudges tell the way to; without it the next of the catalog that is not reached."""
    reward: LeftOut[Text] = None
    """The code of a reward, passed on with every nudge."""
    call_to_action: LeftOut[CallToAction] = None
    """The one thing that its nudges ask for."""
    card: LeftOut[Link] = None
    """The URL of an image for its nudges; Liquid may stand in it."""
    variants: Variants = Field(default_factory=dict)
    """What it is for a share of the subjects each, by name; a subject stays with its variant for life."""

    @field_validator("within")
    @classmethod
    def _once(cls, within: Within | None, info: ValidationInfo) -> Within | None:
        reach: Reach | None = info.data.get("reach")
        for unfit in () if reach is None or within is None else unfit_for_deadline(reach):
            raise refusal(f"does not go together with `{unfit}`", "Leave out one of them.")
        return within

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Steps for a deadline that there is not."""
        what = "never happens: a milestone without a deadline is never missed"
        remedy = "Add `within: {from: {event: NAME}, for: 7d}`, or leave it out."
        for key in ("on_missed", "on_recovered"):
            if key in data and "within" not in data:
                yield (key,), Problem(what, remedy)

    def askew(self) -> Iterable[tuple[Place, Problem]]:
        """Variants that change what is not there."""
        for name, variant in self.variants.items():
            if variant.at_least is not None:
                unfit = unfit_threshold(self.reach, variant.at_least)
                yield from ((("variants", name, "at_least"), each) for each in unfit)
            for template in variant.templates.keys() - {step.template for step in self.steps}:
                what = f"no step sends {quoted(template)}"
                yield ("variants", name, "templates", template), Problem(what, "Name a template of a step.")

    @property
    def steps(self) -> list[Step]:
        """Those of all paths."""
        return [*self.on_reached, *self.on_missed, *self.on_recovered]

    @property
    def names(self) -> Iterable[str]:
        """The event names that its rule and its deadline look at."""
        return self.reach.rule.names + (self.within.start.names if self.within else [])
