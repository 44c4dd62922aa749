"""Times of the day, hours and weekdays by the clock of whoever gets the nudge."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem, quoted

_TIME: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_PER_HOUR: Final = 60
_DAY: Final = 24 * _PER_HOUR
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Days: TypeAlias = Annotated[list[Day], Field(min_length=1, max_length=len(DAYS))]


def _time(value: str) -> str:
    if not re.fullmatch(_TIME, value):
        remedy = 'Write hours and minutes in quotes, such as "09:00".'
        raise refusal(f"{quoted(value)} is not a time of the day", remedy)
    return value


def _end(value: str) -> str:
    return value if value == "24:00" else _time(value)


TimeOfDay: TypeAlias = Annotated[
    str, AfterValidator(_time), WithJsonSchema({"type": "string", "pattern": f"^{_TIME}$", "examples": ["09:00"]})
]
"""A minute of the day by the wall clock."""
EndOfHours: TypeAlias = Annotated[
    str,
    AfterValidator(_end),
    WithJsonSchema({"type": "string", "pattern": f"^({_TIME}|24:00)$", "examples": ["18:00"]}),
]
"""The same, or the end of the day."""


def minutes(time: str) -> int:
    """Minutes after midnight."""
    hours, _, rest = time.partition(":")
    return int(hours) * _PER_HOUR + int(rest)


def days_compiled(days: Iterable[str]) -> list[int]:
    """Weekdays by their number, 0 for Monday."""
    return sorted(number for number, day in enumerate(DAYS) if day in set(days))


class QuietHours(Part):
    """Hours at which nobody is written to; they may go over midnight."""

    noun = "`quiet_hours`"

    begins: TimeOfDay = Field(alias="from")
    """When they begin."""
    ends: TimeOfDay = Field(alias="to")
    """When they end; at that minute nudges go again."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Hours of which nobody can tell whether they are none or all."""
        if "from" in data and data["from"] == data.get("to"):
            yield ("to",), Problem("is when they begin, too", "Write another time, or leave `quiet_hours` out.")

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        return {"from": minutes(self.begins), "to": minutes(self.ends)}


class SendWindow(Part):
    """The only hours of the week at which nudges go."""

    noun = "`send_window`"

    days: Days = Field(default_factory=lambda: [*DAYS])
    """The weekdays; all of them if it is left out."""
    begins: TimeOfDay = Field(alias="from")
    """When it opens."""
    ends: EndOfHours = Field(alias="to")
    """When it closes, later on the same day; at that minute nudges wait again."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """A window that closes before it opens."""
        begins, ends = data.get("from"), data.get("to")
        if isinstance(begins, str) and isinstance(ends, str) and begins >= ends:
            yield ("to",), Problem("must be later than `from`, on the same day", 'Write "24:00" for its end.')

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_nudges` reads it."""
        return {"days": days_compiled(self.days), "from": minutes(self.begins), "to": minutes(self.ends)}


def never_opens(quiet: QuietHours | None, windows: Iterable[SendWindow | None], days: Iterable[str] = DAYS) -> bool:
    """Whether no minute of the week is outside of the quiet hours, inside of all windows and on one of the days."""
    open_days, open_minutes = set(days), set(range(_DAY))
    if quiet is not None:
        begins, ends = minutes(quiet.begins), minutes(quiet.ends)
        open_minutes -= set(range(begins, ends)) if begins < ends else {*range(begins, _DAY), *range(ends)}
    for window in windows:
        if window is not None:
            open_days &= set(window.days)
            open_minutes &= set(range(minutes(window.begins), minutes(window.ends)))
    return not (open_days and open_minutes)
