"""One subject with one rule that waits for the clock, for tests: events, writes of a trait, and the clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from milepost.domain.event import Track
from milepost.domain.instant import Instant
from milepost.domain.local import Local
from milepost.domain.matcher import MISSING
from milepost.domain.memo import Memo
from milepost.domain.rules import Hit, Rule
from milepost.domain.rules.interface import Change

UTC = Local(ZoneInfo("UTC"))
LONG_AGO: Instant = -(10**18)
"""A horizon beyond which no test looks: nothing is forgotten."""


def track(instant: Instant, name: str = "bought", **properties: object) -> Track:
    """An event of the only user there is."""
    return Track("user:u_1", f"{name}-{instant}", instant, 0, instant, instant, name, properties, "u_1")


def nothing_to_build(options: Mapping[str, object]) -> NoReturn:
    """A rule that holds no other builds none."""
    raise AssertionError(options)


@dataclass(slots=True)
class Life:
    """What a rule makes of a life. A rule that does not repeat is left alone once it has been met, as the core does."""

    rule: Rule
    local: Local = UTC
    horizon: Instant = LONG_AGO
    hits: list[Hit] = field(default_factory=list)
    traits: dict[str, Any] = field(default_factory=dict)
    memo: Memo = None

    def __post_init__(self) -> None:
        self.memo = self.rule.start

    def get(self, *instants: Instant) -> "Life":
        """Matching events happened."""
        for instant in instants:
            self._fold(instant, self.rule.observe(track(instant), self.local))
        return self

    def write(self, instant: Instant, name: str, value: object) -> "Life":
        """A trait is written; the rule hears of it if the value changes."""
        before = self.traits.get(name, MISSING)
        self.traits[name] = value
        if type(before) is not type(value) or before != value:  # To Python, true is 1.
            self._fold(instant, self.rule.notice(Change(name, before, value), self.local))
        return self

    def _fold(self, instant: Instant, seen: Memo) -> None:
        if seen is not None and not self._over:
            self.memo, hits = self.rule.fold(self.memo, instant, seen, self.horizon)
            self.hits += hits

    def tick(self, until: Instant) -> "Life":
        """The clock: decide, and again, until nothing waits any more."""
        while not self._over and (due := self.rule.wakes(self.memo, self.local)) is not None and due <= until:
            self.memo, hits = self.rule.decide(self.memo, until, self.local, self.horizon)
            self.hits += hits
        return self

    @property
    def _over(self) -> bool:
        return bool(self.hits) and not self.rule.repeats


def values(memo: Memo) -> int:
    """How many numbers and texts a memo holds."""
    return sum(map(values, memo)) if isinstance(memo, tuple) else 1


def lived(rule: Rule, instants: Iterable[Instant], until: Instant) -> list[Hit]:
    """What comes of these events when the clock decides at last."""
    return Life(rule).get(*instants).tick(until).hits
