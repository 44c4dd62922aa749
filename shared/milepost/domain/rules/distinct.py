"""`distinct: {event, of: PROPERTY, at_least: N}`: N different values of a property; `of: user`, N different users.

Numbers are one value however they are written, `true` is not 1, and text counts as it stands. Keeps a 64-bit hash
of each value, fewer than N of them, and the newest instant that brought one. Two of a thousand values share a hash
once in 10^13 subjects.
"""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from hashlib import blake2b
from typing import Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, integer, matcher, path
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.matcher import is_number, property_at
from milepost.domain.memo import Memo
from milepost.domain.rules import merging
from milepost.domain.rules.interface import Build, Folded, Hit, SoFar
from milepost.domain.rules.matched import Matched

USER: Final = "user"
_EXACT: Final = Context(prec=320, traps=[Inexact])
"""Wider than any number that the boundary lets through, also one written out as an integer."""
_Values: TypeAlias = tuple[Instant | None, tuple[int, ...]]
"""The newest instant that brought a value, and the hashes in order, so that they are those of the set."""


@dataclass(frozen=True, slots=True)
class Distinct(Matched):
    """See the module; without `of` it counts users."""

    of: tuple[str, ...] | None
    at_least: int

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        of = None if options["of"] == USER else path(options, "of")
        return cls(matcher(options), of, integer(options, "at_least"))

    @property
    def start(self) -> Memo:
        """No value yet."""
        return (None, ())

    def observe(self, event: Track, local: Local) -> Memo:
        """The hash of the value of an event that counts; what is missing or no single value is none."""
        if not self.matcher.matches(event):
            return None
        written = self._written(event)
        return None if written is None else int.from_bytes(blake2b(written, digest_size=8).digest(), "big")

    def unusable(self, event: Track) -> bool:
        """An event that counts, without a single value where the property should be."""
        return self.matcher.matches(event) and self._written(event) is None

    def _written(self, event: Track) -> bytes | None:
        return _canonical(event.user if self.of is None else property_at(event.properties, self.of))

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in one value."""
        value = cast("int", seen)
        latest, values = cast("_Values", memo)
        place = bisect_left(values, value)
        if place < len(values) and values[place] == value:
            return memo, ()
        values = (*values[:place], value, *values[place:])
        # The latest instant that brought a value, not this event's own: a late event completes newer ones (3.1).
        latest = instant if latest is None else max(latest, instant)
        return (latest, values), ((Hit(latest),) if len(values) >= self.at_least else ())

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The values of both, exactly; `at` may be of an event whose value the other had already."""
        latest, values = cast("_Values", one)
        later, others = cast("_Values", other)
        at, both = merging.latest(latest, later), tuple(sorted({*values, *others}))
        return (at, both), (() if at is None or len(both) < self.at_least else (Hit(at),))

    def judged_anew(self, memo: Memo) -> tuple[Memo, int]:
        """The same values under another threshold."""
        _, values = cast("_Values", memo)
        return memo, int(len(values) >= self.at_least)

    def so_far(self, memo: Memo) -> SoFar:
        """The different values so far."""
        _, values = cast("_Values", memo)
        return SoFar(len(values), self.at_least, "users" if self.of is None else "values")

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """The different values so far."""
        return self.so_far(memo)

    def most_values(self, memory: Duration) -> int:
        """An instant, and fewer than N hashes: with the N-th it is met, once."""
        return self.at_least


def _canonical(value: object) -> bytes | None:
    """A value with its type, written in one way only; None for what is no single value."""
    if isinstance(value, str):
        # Half of a surrogate pair is text too: only ids are refused for one.
        return b"text " + value.encode(errors="surrogatepass")
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if is_number(value):
        return f"number {_EXACT.normalize(Decimal(cast('int | Decimal', value))) if value else 0}".encode()
    return None
