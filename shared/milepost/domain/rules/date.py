"""`date: {of: MATCHER or {trait: NAME}, after: D | before: D, every: bool?}`: that long after, or before, a date.

The date is the first matching event, or what a trait says. A late event that is earlier, and a trait that takes
another value, move what is undecided. A date without an offset is kept as it was written and read in the time zone
that the subject has when it is used.

Keeps the date, how often it came round, and since when the next time counts: after the last one, or after a trait was
written; with `before` and `every` the date that waits and the last two decided.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, flag, integer, matcher, options_of, text_or_none
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant, parse_instant
from milepost.domain.local import Local, Span
from milepost.domain.matcher import Matcher
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Change, Folded, Hit, Past, Rule, SoFar
from milepost.domain.rules.recurrence import NEVER, REMEMBERED, came_round, first_since

MOST_AT_ONCE: Final = 100
"""So many times that a date came round are decided at once; what is left is due the next time."""
_DECIDED: Final = 2
"""So many dates already announced are remembered, so that one that comes back is not announced again."""
_COUNTED: Final = 2
"""Date and times: the length of a memo of which nothing is passed over."""
_Date: TypeAlias = Instant | str
_Memo: TypeAlias = "tuple[_Date | None, ...]"
_Counted: TypeAlias = tuple[int, ...]
"""A date that is known, how often it came round, and since when the next time counts."""


@dataclass(frozen=True, slots=True)
class Date(Rule):
    """See the module. Either `matcher` or `trait` is given."""

    known_by_ref: ClassVar[bool] = True
    clocked: ClassVar[bool] = True

    matcher: Matcher | None
    trait: str | None
    span: Span
    before: bool = False
    repeats: bool = False

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        of, span = options_of(options, "of"), options_of(options, "span")
        trait = text_or_none(of, "trait")
        return cls(
            None if trait else matcher(of),
            trait,
            Span(integer(span, "months"), integer(span, "days"), integer(span, "elapsed")),
            flag(options, "before"),
            flag(options, "every"),
        )

    @property
    def start(self) -> Memo:
        """No date is known."""
        return ()

    @property
    def names(self) -> frozenset[str] | None:
        """The event names the first of which is the date."""
        return frozenset() if self.matcher is None else self.matcher.names

    @property
    def traits(self) -> frozenset[str]:
        """The trait that says the date."""
        return frozenset() if self.trait is None else frozenset((self.trait,))

    def observe(self, event: Track, local: Local) -> Memo:
        """1 for an event that can be the first."""
        return 1 if self.matcher is not None and self.matcher.matches(event) else None

    def notice(self, change: Change, local: Local) -> Memo:
        """The date that the trait says from now on; nothing for a value that is none."""
        if change.name != self.trait:
            return None
        date = _read(change.after, local)
        return () if date is None else (date,)

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in an event, or what a trait says since `instant`."""
        known = cast("_Memo", memo)
        if self.matcher is not None:
            if not known:
                return (instant, 0), ()
            return ((instant, *known[1:]) if instant < cast("Instant", known[0]) else memo), ()
        return self._written(known, cast("tuple[_Date, ...]", seen), instant), ()

    def _written(self, known: _Memo, seen: tuple[_Date, ...], instant: Instant) -> Memo:
        """A trait was written: whatever waits for what it said before is off."""
        if self.before and self.repeats:
            waiting = seen[0] if seen and seen[0] not in known[1:] else None
            return (waiting, *known[1:])
        if not seen:
            return ()
        return (seen[0], 0, instant) if self.repeats else (seen[0], 0)

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The earlier first event, or the date of the one, whose trait it is; what either has told is not told again.

        How often a date came round is known of the same date only.
        """
        mine, theirs = cast("_Memo", one), cast("_Memo", other)
        if self.matcher is None and self.before and self.repeats:
            decided = tuple(dict.fromkeys(mine[1:] + theirs[1:]))[:_DECIDED]
            return (mine[0] if mine and mine[0] not in decided else None, *decided), ()
        if self.matcher is None and mine[:1] != theirs[:1]:
            return mine, ()
        if not mine or not theirs:
            return mine or theirs, ()
        (date, times, *since), (other_date, more, *later) = cast("_Counted", mine), cast("_Counted", theirs)
        return (min(date, other_date), max(times, more), *max(since, later)), ()

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """The next time that the date comes round; None if there is none, or not before the year 10000."""
        known = cast("_Memo", memo)
        date = _instant(known, local)
        if date is None:
            return None
        at = self._at(date, self._times(known, date, local), local)
        return None if at == NEVER else at

    def _at(self, date: Instant, times: int, local: Local) -> Instant:
        return came_round(date, self.span, -times if self.before else times, local)

    def _times(self, known: _Memo, date: Instant, local: Local) -> int:
        """Which time is the next; those before a trait was written are passed over."""
        if self.before:
            return 1
        if len(known) == _COUNTED:
            return cast("int", known[1]) + 1
        return first_since(date, self.span, cast("Instant", known[2]), local)

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Every time that the date has come round by then."""
        known = cast("_Memo", memo)
        hits = list[Hit]()
        date = _instant(known, local)
        while date is not None and len(hits) < MOST_AT_ONCE:
            times = self._times(known, date, local)
            at = self._at(date, times, local)
            if at > until:
                break
            known, hit = self._came_round(known, date, times, at, local)
            hits.append(hit)
            if self.before or not self.repeats:
                break
        return known, tuple(hits)

    def _came_round(self, known: _Memo, date: Instant, times: int, at: Instant, local: Local) -> tuple[_Memo, Hit]:
        """What is known afterwards, and the occurrence: `ref` is where what ends at `at` began, or the date itself."""
        if self.before and self.repeats:
            return (None, known[0], *known[1:_DECIDED]), Hit(at, date)
        begin = date if times == 1 else self._at(date, times - 1, local)
        # Whatever the date turns out to be, nothing up to here is told again.
        return ((known[0], times, at + 1) if self.repeats else (known[0], times)), Hit(at, begin)

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """What a trait says has been met as often as it came round; nobody knows when the first event was."""
        date = None if self.trait is None else _read(past.traits.get(self.trait), local)
        base = None if date is None else _instant((date,), local)
        if date is None or base is None:
            return self.start, 0
        if self.repeats and not self.before:
            times = first_since(base, self.span, past.now + 1, local) - 1
            return (date, times), times
        met = self._at(base, 1, local) <= past.now
        if self.repeats:
            return ((None, date) if met else (date,)), int(met)
        return (date, 0), int(met)

    def so_far(self, memo: Memo) -> SoFar:
        """Nothing: only the clock knows."""
        return SoFar(0, 1, "date")

    def most_values(self, memory: Duration) -> int:
        """3; 2 of an event that comes round once."""
        return 3 if self.trait is not None or self.repeats else 2


def _read(value: object, local: Local) -> _Date | None:
    """A date as it is kept: an instant where it is the same in every zone, else the text."""
    if not isinstance(value, str) or local.read_date(value) is None:
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return value


def _instant(known: _Memo, local: Local) -> Instant | None:
    """The date that is known, in this zone."""
    date = known[0] if known else None
    return _in_zone(date, local) if isinstance(date, str) else date


@lru_cache(maxsize=REMEMBERED)
def _in_zone(date: str, local: Local) -> Instant | None:
    return local.read_date(date)
