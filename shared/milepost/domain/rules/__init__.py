"""The rule kinds, one module each. A new kind is a module here, its line in `KINDS` and its tests."""

from collections.abc import Mapping
from typing import Final

from milepost.domain.rules.count import Count
from milepost.domain.rules.interface import Hit, Rule
from milepost.domain.rules.sum import Sum

KINDS: Final[Mapping[str, type[Rule]]] = {"count": Count, "sum": Sum}

__all__ = ["KINDS", "Hit", "Rule"]
