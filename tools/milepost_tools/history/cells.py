"""Cells of a table as JSON: what a warehouse or a spreadsheet writes, in the form that a message has."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from json import JSONEncoder
from typing import Final, TypeAlias

from milepost.domain.instant import parse_instant

Read: TypeAlias = Callable[[str], str]
"""A cell that is not empty, as JSON text.

Raises:
    ValueError: it cannot be; the message is the rest of a sentence about the column and never repeats the cell.
"""

as_text: Final[Read] = JSONEncoder(ensure_ascii=False).encode
"""Any cell as a JSON string, `42` too: ids are text, however many zeros they begin with."""

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_FLAGS: Final = {each: word for word in ("true", "false") for each in (word, word.upper(), word.capitalize())}
"""JSON's own, those of spreadsheets and those of Python."""

_DATE: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})", re.ASCII)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r" ?(?:(?P<utc>[Zz]|UTC)|(?P<hours>[+-][0-9]{2})(?P<minutes>:?[0-9]{2})?)?",
    re.ASCII,
)


def as_value(cell: str) -> str:
    """A number if JSON would call it one, digit by digit as it stands there, true or false, else a string."""
    return cell if _NUMBER.fullmatch(cell) else _FLAGS.get(cell) or as_text(cell)


def times_in(zone: tzinfo | None) -> Read:
    """Reads times: with an offset as they are; without one, and bare dates, which are midnight, in this zone.

    A local time that does not exist moves forward by the gap, and one that exists twice is the first, as everywhere
    in Milepost (semantics, 3.9).
    """

    @lru_cache(maxsize=4096)  # Exports have many rows for one date, and a run looks at a row more than once.
    def as_time(cell: str) -> str:
        text = _with_offset(cell, zone)
        parse_instant(text)
        return as_text(text)

    return as_time


def _with_offset(cell: str, zone: tzinfo | None) -> str:
    if date := _DATE.fullmatch(cell):
        return _local(f"{date[1]}-{date[2]}-{date[3]}T00:00:00", zone)
    time = _TIME.fullmatch(cell)
    if not time:
        raise ValueError("is not a time such as 2026-11-22T07:31:04Z, 2026-11-22 07:31:04 or 2026-11-22")
    local = f"{time[1]}T{time[2]}"
    if time["utc"]:
        return f"{local}Z"
    return f"{local}{time['hours']}{time['minutes'] or ':00'}" if time["hours"] else _local(local, zone)


def _local(text: str, zone: tzinfo | None) -> str:
    if zone is None:
        raise ValueError("has no offset: say with --timezone in which zone it is, such as --timezone Europe/Berlin")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise ValueError("names a date or time that does not exist") from None
