"""What goes wrong, and how often: every seed has a profile of its own, with bursts, and at last there are no faults.

A uniform rate finds less: what needs two rare things at once hardly ever happens, and what needs calm never does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Final

from milepost.domain.instant import MINUTE, SECOND, Duration

MOST: Final[Mapping[str, float]] = {
    "throttle": 0.12,
    "crash before": 0.04,
    "crash after": 0.06,
    "answer lost": 0.08,
    "asked again": 0.06,
    "partial": 0.2,
    "slow": 0.06,
    "stale read": 0.5,
    "index lag": 0.5,
    "left unread": 0.4,
    "delivered twice": 0.2,
    "not deleted": 0.15,
    "late": 0.3,
    "stream again": 0.2,
    "stream lost": 0.3,
    "no metric": 0.6,
    "ingest off": 1.0,
    "sweep again": 0.5,
}
"""The highest rate of each kind, for each opportunity that it has; a seed draws its own below it, or none."""
ALL: Final = (
    *(kind for kind in MOST if kind != "partial"),
    *("partial.dynamodb", "partial.sqs", "partial.sns", "sent again", "reordered", "ghost row", "row missing"),
    *("clock skew", "timed out", "stopped at the margin", "catalog switched", "given up", "redriven after days"),
    *("single writes", "hot subject", "erased", "came back"),
)
"""Every kind of trouble that thousands of seeds must have seen, by the names under which it is counted."""
ON_CALLS: Final = ("throttle", "crash before", "crash after", "answer lost", "asked again", "partial", "slow")
SKEW: Final[Duration] = 5 * MINUTE
"""Either way: two workers' clocks are up to ten minutes apart."""
_BURST: Final = 6
_LONGEST: Final = 25


class CrashError(BaseException):
    """The worker is gone: no exception that anything in it could catch."""


class Faults:
    """Draws what goes wrong next, and counts it."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.rates = {kind: draw.random() ** 2 * most if draw.random() < 0.7 else 0.0 for kind, most in MOST.items()}  # noqa: PLR2004  # Two thirds of the kinds a seed.
        self.skew = round(draw.random() * SKEW) if draw.random() < 0.5 else 0  # noqa: PLR2004  # Heads or tails.
        self.count: Counter[str] = Counter()
        self.script: Mapping[int, str] | None = None
        """What befalls which call, by its number, and nothing else; None: as drawn."""
        self._bursts = draw.random() * 0.03
        self._left = 0
        self.leave_out(())

    def leave_out(self, kinds: Iterable[str]) -> None:
        """Have none of these kinds."""
        self.rates |= dict.fromkeys(kinds, 0.0)
        self._calls = [(kind, self.rates[kind]) for kind in ON_CALLS if self.rates[kind]]

    def stop(self) -> None:
        """Nothing goes wrong any more."""
        self.leave_out(MOST)
        self._bursts, self._left = 0.0, 0

    def happens(self, kind: str) -> bool:
        """Whether this goes wrong now."""
        rate = self.rates[kind]
        found = bool(rate) and self.draw.random() < rate
        self.count[kind] += found
        return found

    def of_call(self, number: int) -> str | None:
        """What befalls a call."""
        if self.script is not None:
            return self.script.get(number)
        dice = self.draw.random()
        if self._left:
            self._left -= 1
            dice /= _BURST
        elif dice < self._bursts:
            self._left = self.draw.randrange(1, _LONGEST)
            dice = self.draw.random()
        for kind, rate in self._calls:
            if dice < rate:
                return kind
            dice -= rate
        return None

    def part_of(self, size: int) -> Sequence[int]:
        """Places of a batch that are not done: at least one."""
        return self.draw.sample(range(size), self.draw.randrange(1, size + 1))

    def clock(self) -> Duration:
        """By how much a machine's clock is wrong."""
        return self.draw.randrange(-self.skew, self.skew + 1)

    def latency(self) -> Duration:
        """How long a call takes, to get there or to come back."""
        return self.draw.randrange(1_000, 150_000)

    def slowness(self) -> Duration:
        """How long one takes that hardly comes to an end."""
        return self.draw.randrange(SECOND, 20 * SECOND)
