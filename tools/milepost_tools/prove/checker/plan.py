"""What the catalogs of the simulation say of nudges, as the judge has it: read from them by a person, not by code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A nudge of a path. `at_nine`: on the morning of the first working day that is `after` or more days later."""

    channels: tuple[str, ...] = ("in_app",)
    after: int = 0
    lasts: int = 3 * DAY
    at_nine: bool = False
    operational: bool = False
    window: tuple[int, int] | None = None
    """Hours of working days, instead of no window."""
    unless: str | None = None
    """The milestone that must not have been reached."""


BOTH: Final = ("email", "in_app")
STEPS: Final[Mapping[tuple[str, str], tuple[Step, ...]]] = {
    ("each", "reached"): (Step(BOTH, lasts=12 * HOUR),),
    ("three", "reached"): (Step(operational=True),),
    ("paid-every-100", "reached"): (Step(("email",)),),
    ("onboarded", "reached"): (Step(),),
    ("onboarded", "missed"): (
        Step(),
        Step(BOTH, 6 * HOUR, 18 * HOUR, unless="onboarded"),
        Step(("ops",), DAY, at_nine=True, operational=True),
    ),
    ("onboarded", "recovered"): (Step(),),
    ("habit", "reached"): (Step(after=3 * HOUR, unless="paid-every-100"),),
    ("quiet", "reached"): (Step(window=(8, 12)),),
    ("five", "reached"): (Step(after=90 * MINUTE),),
}
PRIORITY: Final[Mapping[str, int]] = {"each": 20, "three": 80, "onboarded": 60}
OTHERS: Final = 50
"""The priority of all others."""
MAJOR: Final = frozenset({"three", "onboarded"})
EMAILS: Final = 2
ROLLING: Final = 3 * HOUR
"""So many emails in so long."""
MINORS: Final = 3
"""So many minor nudges a day of the calendar."""
WINDOW: Final = 20 * MINUTE
"""Of arbitration."""
NOTED: Final = 30 * MINUTE
"""For so long after it nothing goes."""
_NIGHT, _MORNING, _NINE = 22, 7, 9


def instant(text: str) -> int:
    """Microseconds since 1970."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def wall(at: int, zone: str) -> datetime:
    """What the clock on the wall says then."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))


def planned(step: Step, at: int, zone: str) -> int:
    """When a step is to go for what happened then."""
    if not step.at_nine:
        return at + step.after
    day = wall(at, zone).date() + timedelta(microseconds=step.after)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    nine = datetime(day.year, day.month, day.day, _NINE, tzinfo=ZoneInfo(zone))
    return (nine - _EPOCH) // timedelta(microseconds=1)


def shut(step: Step, at: int, zone: str) -> bool:
    """Whether it is night there, or an hour or a day at which this step does not go."""
    then = wall(at, zone)
    night = not step.operational and not _MORNING <= then.hour < _NIGHT
    outside = step.window and not (step.window[0] <= then.hour < step.window[1] and then.weekday() < _SATURDAY)
    return night or bool(outside) or (step.at_nine and then.weekday() >= _SATURDAY)


def closes(step: Step, at: int, zone: str) -> int:
    """The next full hour after it at which it is shut; clocks of the simulation are not set in its weeks."""
    return _first(step, at, zone, is_shut=True)


def opens(step: Step, at: int, zone: str) -> int:
    """The same for when it is not."""
    return _first(step, at, zone, is_shut=False)


def _first(step: Step, at: int, zone: str, *, is_shut: bool) -> int:
    ends = at + 8 * DAY
    if step.operational and not step.at_nine:
        return ends if is_shut else at
    half = HOUR // 2  # Some zones are off by one.
    turns = range(at - at % half + half, ends, half)
    return next((turn for turn in turns if shut(step, turn, zone) == is_shut), ends)


def is_held_out(milestone: str, subject: str) -> bool:
    """Whether the subject is one of the share of this milestone who are told nothing."""
    share = Fraction(1, 2) if milestone == "habit" else Fraction(1, 4)
    return _lot("prove", "holdout", "prove", subject) < share


def variant(milestone: str, subject: str) -> str | None:
    """Which half of `habit` a subject is in."""
    if milestone != "habit":
        return None
    return "a" if _lot("prove", "variant", "habit", subject) < Fraction(1, 2) else "b"


def _lot(*parts: str) -> Fraction:
    """A number from 0 to 1: 8 bytes of BLAKE2b over the parts with a zero byte between."""
    digest = blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return Fraction(int.from_bytes(digest, "big"), 1 << 64)
