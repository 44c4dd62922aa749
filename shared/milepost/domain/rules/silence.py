"""`silence: {event, for: D, repeat: bool?}`: no matching event for D after one; with `repeat` every later one arms it.

Keeps blocks of activity, in which no gap is longer than D: the first and the last instant, and whether the silence
after the last has been decided. In the steady state that is one block. Older ones stay while a late event can still
join or extend them: they are more than D apart, so (memory + D) / (D + 1us) + 1 of them at most, and never more
than `MOST_BLOCKS` of which the clock has decided the oldest: beyond, the two oldest are taken for one, which makes
a late event in the silence between them come too late to count.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, duration, flag, matcher
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Folded, Hit, SoFar
from milepost.domain.rules.matched import Matched

MOST_BLOCKS: Final = 64
MOST_AT_ONCE: Final = 100
"""So many silences are decided at a time; what is left is due at once, the next time."""
_Blocks: TypeAlias = tuple[int, ...]
"""First instant, last instant, 1 if decided else 0; and so on for the next block, in the order of time."""
_SIZE: Final = 3


@dataclass(frozen=True, slots=True)
class Silence(Matched):
    """See the module."""

    known_by_ref: ClassVar[bool] = True
    clocked: ClassVar[bool] = True

    span: Duration
    repeats: bool = True

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        return cls(matcher(options), duration(options, "for"), flag(options, "repeat"))

    @property
    def start(self) -> Memo:
        """No activity yet, so nothing to fall silent."""
        return ()

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in activity; `seen` is always 1. Inside a block it changes nothing, after its last it arms the rule."""
        blocks = cast("_Blocks", memo)
        if blocks:
            last = blocks[-2]
            if last < instant <= last + self.span:
                return ((blocks[0], instant, 0) if len(blocks) == _SIZE else (*blocks[:-2], instant, 0)), ()
            if blocks[-3] <= instant <= last:
                return memo, ()
        return self._kept(self._joined(blocks, instant), horizon), ()

    def _joined(self, blocks: _Blocks, instant: Instant) -> _Blocks:
        """The blocks with one more instant, which may join two of them: an event exactly D later is activity (3.8)."""
        place = bisect_left(blocks[1::_SIZE], instant) * _SIZE
        before, after = blocks[:place], blocks[place:]
        first, last, decided = instant, instant, 0
        if before and instant - before[-2] <= self.span:
            first, before = before[-3], before[:-_SIZE]
        if after and after[0] - instant <= self.span:
            first, last, decided, after = min(first, after[0]), after[1], after[2], after[_SIZE:]
        return (*before, first, last, decided, *after)

    def _kept(self, blocks: _Blocks, horizon: Instant) -> _Blocks:
        """Without the decided blocks that no event can reach any more, but always with the newest."""
        oldest = horizon - self.span
        while len(blocks) > _SIZE and blocks[2] and blocks[1] < oldest:
            blocks = blocks[_SIZE:]
        while len(blocks) > MOST_BLOCKS * _SIZE and blocks[2]:
            blocks = (blocks[0], *blocks[_SIZE + 1 :])
        return blocks

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The activity of both, exactly while its silences are undecided; what either has decided stays decided."""
        blocks = list[int]()
        for first, last, decided in sorted((*_each(cast("_Blocks", one)), *_each(cast("_Blocks", other)))):
            if blocks and first - blocks[-2] <= self.span:
                blocks[-2:] = max((blocks[-2], blocks[-1]), (last, decided))
            else:
                blocks += first, last, decided
        return self._kept(tuple(blocks), horizon), ()

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """D after the earliest block whose silence is undecided."""
        blocks = cast("_Blocks", memo)
        if len(blocks) == _SIZE:  # As almost always: each event of a subject asks again.
            return None if blocks[2] else blocks[1] + self.span
        for place in range(0, len(blocks), _SIZE):
            if not blocks[place + 2]:
                return blocks[place + 1] + self.span
        return None

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Every silence that is over by then: nothing came up to and at D after the last event (3.8)."""
        blocks = list(cast("_Blocks", memo))
        hits = list[Hit]()
        for place in range(0, len(blocks), _SIZE):
            last, decided = blocks[place + 1 : place + _SIZE]
            if last + self.span > until or len(hits) == (MOST_AT_ONCE if self.repeats else 1):
                break
            if not decided:
                blocks[place + 2] = 1
                hits.append(Hit(last + self.span, last))
        return (self._kept(tuple(blocks), horizon), tuple(hits)) if hits else (memo, ())

    def so_far(self, memo: Memo) -> SoFar:
        """Nothing: only the clock knows."""
        return SoFar(0, 1, "silence")

    def most_values(self, memory: Duration) -> int:
        """3 x the blocks (see the module), while the clock is asked: what it has not decided cannot go."""
        return _SIZE * min(MOST_BLOCKS, (memory + self.span) // (self.span + 1) + 1)


def _each(blocks: _Blocks) -> Iterator[tuple[int, int, int]]:
    return zip(blocks[::_SIZE], blocks[1::_SIZE], blocks[2::_SIZE], strict=True)
