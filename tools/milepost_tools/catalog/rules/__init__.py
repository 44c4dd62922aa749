"""The rule kinds that a milestone's `reach` may hold, one module each.

A new kind is a module here, its line in `Reach`, and its tests; its name leaves `later`.
"""

from collections.abc import Iterable, Mapping

from pydantic import ConfigDict

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.rules.all import AllOf
from milepost_tools.catalog.rules.any import AnyOf
from milepost_tools.catalog.rules.count import Count
from milepost_tools.catalog.rules.date import Date
from milepost_tools.catalog.rules.days import Days
from milepost_tools.catalog.rules.distinct import Distinct
from milepost_tools.catalog.rules.drop import Drop
from milepost_tools.catalog.rules.interface import Rule
from milepost_tools.catalog.rules.sequence import Sequence
from milepost_tools.catalog.rules.silence import Silence
from milepost_tools.catalog.rules.streak import Streak
from milepost_tools.catalog.rules.sum import Sum
from milepost_tools.catalog.rules.trait import Trait
from milepost_tools.catalog.terms import LeftOut

__all__ = ["Reach", "Rule"]


class Reach(Part):
    """Exactly one rule, under the name of its kind."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    noun = "`reach`: it holds one rule"

    count: LeftOut[Count] = None
    """N matching events, inside a span, or again and again."""
    sum: LeftOut[Sum] = None
    """A property of matching events adds up to so much."""
    days: LeftOut[Days] = None
    """Matching events on N different local dates."""
    distinct: LeftOut[Distinct] = None
    """N different values of a property."""
    streak: LeftOut[Streak] = None
    """N local days, weeks or months in a row."""
    all: LeftOut[AllOf] = None
    """Each of these, in any order."""
    any: LeftOut[AnyOf] = None
    """The first of these rules."""
    sequence: LeftOut[Sequence] = None
    """These events in this order."""
    date: LeftOut[Date] = None
    """So long after an event, or before or after a date in a trait."""
    drop: LeftOut[Drop] = None
    """Matching events fell by a share from one period to the next."""
    silence: LeftOut[Silence] = None
    """No matching event for so long after one."""
    trait: LeftOut[Trait] = None
    """A trait takes a value."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """No rule, or several."""
        if len(data) == 0:
            yield (), Problem("holds no rule", f"Write one of {', '.join(cls.keys())}.")
        if len(cls.later.union(cls.keys()) & data.keys()) > 1:
            yield (), Problem("holds several rules", "Keep one, and give each other one a milestone of its own.")

    @property
    def kind(self) -> str:
        """The name of the only rule's kind."""
        return next(kind for kind in self.keys() if getattr(self, kind) is not None)

    @property
    def rule(self) -> Rule:
        """The only rule."""
        rule: Rule = getattr(self, self.kind)
        return rule

    def compiled(self) -> Compiled:
        """The rule with its kind."""
        return {"kind": self.kind, **self.rule.compiled()}


# Rules that hold others name `Reach` before it is there.
for _holder in (AllOf, AnyOf, Reach):
    _holder.model_rebuild(_types_namespace={"Reach": Reach})
