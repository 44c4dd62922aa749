"""Quantiles by the nearest rank: always one of the values themselves, so that the figures are exact."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil


def quantile(counts: Mapping[int, int], share: Fraction) -> int | None:
    """The least value that at least `share` of all do not exceed; `counts` tells how many have each value."""
    rank = max(ceil(share * sum(counts.values())), 1)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


def quantiles(counts: Mapping[int, int], percents: Sequence[int]) -> tuple[int, ...] | None:
    """The quantiles at these percents; None where there are no values."""
    found = [quantile(counts, Fraction(percent, 100)) for percent in percents]
    known = tuple(each for each in found if each is not None)
    return known if len(known) == len(percents) else None
