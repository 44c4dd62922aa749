"""What is asked of a subject at the moment when a nudge would go: `if` and `unless` of a step, and `suppress`."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.matching import Compiled, Conditions, EventNames, conditions_compiled, matcher_compiled
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.rules.drop import Drop
from milepost_tools.catalog.terms import LeftOut, Name, Span


def _one_of(*keys: str) -> JsonDict:
    return {"oneOf": [{"required": [key]} for key in keys], "allOf": [{"properties": {"trait": {"minProperties": 1}}}]}


class _Asked(Part):
    """One question: exactly one of its `kinds` stands there."""

    kinds: ClassVar[tuple[str, ...]]

    trait: Conditions
    """Conditions on traits; all must hold."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """No question, or several."""
        if len(data.keys() & set(cls.kinds)) != 1:
            known = ", ".join(f"`{kind}`" for kind in cls.kinds)
            yield (), Problem(f"needs one of {known}", "Write one, such as `{trait: {plan: pro}}`.")
        elif data.get("trait") == {}:
            yield ("trait",), Problem("asks nothing", "Write a condition, such as `{plan: pro}`.")


class Demand(_Asked):
    """What has to be true, or must not be, when a step would go."""

    model_config = ConfigDict(json_schema_extra=_one_of("trait", "reached", "missed", "drop"))
    noun = "a condition"
    kinds = ("trait", "reached", "missed", "drop")

    reached: LeftOut[Name] = None
    """The subject has met this milestone, in time or later."""
    missed: LeftOut[Name] = None
    """The subject has missed its deadline."""
    drop: LeftOut[Drop] = None
    """Events fell by that share from the period before to the one that ends now."""

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        return {
            "traits": conditions_compiled(self.trait),
            "reached": self.reached,
            "missed": self.missed,
            "drop": self.drop.compiled() if self.drop else None,
        }


class Suppression(_Asked):
    """While this holds nothing is sent: conditions on traits, or an event a short while ago."""

    model_config = ConfigDict(
        json_schema_extra={
            **_one_of("trait", "event"),
            "dependentRequired": {"event": ["last"], "last": ["event"], "where": ["event"]},
        }
    )
    noun = "a rule of `suppress`"
    kinds = ("trait", "event")

    event: LeftOut[EventNames] = None
    """An event of this name, of one of these, or of any (`*`)."""
    where: Conditions
    """Conditions on the event's properties; all must hold."""
    last: LeftOut[Span] = Field(None)
    """How long ago it may be to count."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """An event without how long ago, or the other way round."""
        yield from super().amiss(data)
        if "event" in data and "last" not in data:
            yield (), Problem("`last` is missing", "Add how long ago the event may be, such as `last: 24h`.")
        for key in ("where", "last"):
            if key in data and "event" not in data:
                yield (key,), Problem("goes with `event` only", "Leave it out.")

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        if self.event is None or self.last is None:
            return {"traits": conditions_compiled(self.trait)}
        return {**matcher_compiled(self.event, self.where), "last": parse_duration(self.last)}
