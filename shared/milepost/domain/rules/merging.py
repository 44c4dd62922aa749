"""What the kinds share that make one memo of the memos of two subjects (semantics, 3.14)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias, cast

from milepost.domain.instant import Duration, Instant
from milepost.domain.rules import thinning
from milepost.domain.rules.interface import Folded, Hit

MOST_AT_ONCE: Final = 100
"""So many occurrences come of one merge at most, as of one mistyped amount: it must not flood a channel."""
_BEFORE_ALL: Final[Instant] = -(2**63)

Steps: TypeAlias = tuple[thinning.Instants, ...]
"""One tuple of instants for each step, or matcher."""
_Fold: TypeAlias = Callable[[Steps, Instant, Sequence[int], Instant, Duration], Folded]


def latest(one: Instant | None, other: Instant | None) -> Instant | None:
    """The later of those that there are."""
    return max((each for each in (one, other) if each is not None), default=None)


def passed(  # noqa: PLR0913, PLR0917  # An amount, when it was last added to, and what it has passed on either side.
    amount: int | Decimal, at: Instant | None, times: int, one: int, other: int, horizon: Instant
) -> Folded:
    """An added up amount that has passed `times` thresholds, where the two had passed so many of them by themselves."""
    before = max(one, other)
    hit = Hit(horizon if at is None else at)
    return (amount, at, max(times, before)), (hit,) * min(times - before, MOST_AT_ONCE)


def retold(fold: _Fold, one: Steps, other: Steps, horizon: Instant, span: Duration) -> Folded:
    """Tell the one of all that the other remembers, and only then forget what no event can meet any more."""
    memo = one
    for instant in sorted({each for kept in other for each in kept}):
        picks = [place for place, kept in enumerate(other) if instant in kept]
        folded, hits = fold(memo, instant, picks, _BEFORE_ALL, span)
        memo = cast("Steps", folded)
        if hits:
            return memo, hits
    return tuple(thinning.since(kept, horizon - span) for kept in memo), ()
