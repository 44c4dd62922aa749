"""Figures as text: aligned, within 120 columns, the same for the same figures."""

from collections.abc import Iterable, Sequence
from typing import Final

from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, Duration
from milepost_tools.local.text import printable

LONGEST_NAME: Final = 36
"""Characters of a milestone's name that a table has room for."""
_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def clipped(name: str, width: int = LONGEST_NAME) -> str:
    """A name in a table, its end left out where it is too long; what came from outside cannot command a terminal."""
    shown = printable(name)
    return shown if len(shown) <= width else f"{shown[: width - 3]}..."


def width_of(names: Iterable[str]) -> int:
    """The width of a column of names."""
    return max((len(clipped(name)) for name in names), default=0)


def share(count: int, whole: int) -> str:
    """A count and its share of a whole, as wide as every other."""
    return f"{count:7,} ({count / whole:6.1%})" if whole else f"{count:7,}          "


def elapsed(duration: Duration) -> str:
    """A duration in its two largest units: `3d 4h`, `12min 5s`."""
    if duration < 0:
        return f"-{elapsed(-duration)}"
    parts: list[str] = []
    for unit, name in _UNITS:
        count, duration = divmod(duration, unit)
        if count or parts:
            parts.append(f"{count}{name}")
    kept = [part for part in parts[:2] if not part.startswith("0")]
    return " ".join(kept) or "0s"


def named(subjects: Sequence[str]) -> str:
    """A few subjects by name."""
    return ", ".join(clipped(subject, 20) for subject in subjects)
