"""The rule kinds, one module each. A new kind is a module here, its line in `KINDS` and its tests."""

from collections.abc import Mapping
from typing import Final

from milepost.domain.compiled import Options, text
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.any import AnyOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.date import Date
from milepost.domain.rules.days import Days
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.drop import Drop
from milepost.domain.rules.interface import Hit, Rule
from milepost.domain.rules.sequence import Sequence
from milepost.domain.rules.silence import Silence
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.sum import Sum
from milepost.domain.rules.trait import Trait

KINDS: Final[Mapping[str, type[Rule]]] = {
    "all": AllOf,
    "any": AnyOf,
    "count": Count,
    "sequence": Sequence,
    "sum": Sum,
    "days": Days,
    "distinct": Distinct,
    "streak": Streak,
    "date": Date,
    "drop": Drop,
    "silence": Silence,
    "trait": Trait,
}


def build(options: Options) -> Rule:
    """The rule of an entry in a compiled catalog, whatever its kind."""
    return KINDS[text(options, "kind")].from_compiled(options, build)


__all__ = ["KINDS", "Hit", "Rule", "build"]
