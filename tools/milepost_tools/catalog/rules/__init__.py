"""The rule kinds that a milestone's `reach` may hold, one module each.

A new kind is a module here, its line in `Reach`, and its tests; its name leaves `later`.
"""

from collections.abc import Iterable, Mapping

from pydantic import ConfigDict

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.rules.count import Count
from milepost_tools.catalog.rules.interface import Rule
from milepost_tools.catalog.rules.sum import Sum
from milepost_tools.catalog.terms import LeftOut

__all__ = ["Reach", "Rule"]


class Reach(Part):
    """Exactly one rule, under the name of its kind."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    noun = "`reach`: it holds one rule"
    later = frozenset({"days", "distinct", "streak", "all", "sequence", "any", "trait", "silence", "drop", "date"})
    without = "Leave the milestone out."

    count: LeftOut[Count] = None
    sum: LeftOut[Sum] = None

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
