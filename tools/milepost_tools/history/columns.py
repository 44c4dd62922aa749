"""Which column of a table is which field of a message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from milepost_tools.problem import ProblemError

TEXTS: Final = ("type", "messageId", "userId", "previousId", "groupId", "event")
TIMES: Final = ("timestamp", "receivedAt")
FIELDS: Final = (*TEXTS, *TIMES)
SECTIONS: Final = ("properties", "traits", "context")
"""Each holds fields of any name: `properties.amount`."""
RESTS: Final = ("properties", "traits", "ignore")
"""What can become of columns that nobody maps."""

_ALIASES: Final[Mapping[str, Sequence[str]]] = {
    "messageId": ("message_id", "event_id"),
    "userId": ("user_id",),
    "event": ("event_name",),
    "timestamp": ("occurred_at", "time", "created_at"),
    "receivedAt": ("received_at",),
}
"""What exports call a field, the best name first."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a person says of a table: the column of a field, the constant of a field, and what the rest is."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    rest: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The answer for one table: by field the number of its column, or its constant."""

    places: Mapping[str, int]
    constants: Mapping[str, str]


def columns_of(name: str, header: Sequence[str], mapped: Mapped) -> Columns:
    """Settle every column of a table: as it is mapped, else by its name, else as `rest` says.

    Raises:
        ProblemError: a column does not exist or exists twice, or a field that every message needs has none.
    """
    _check_header(name, header, mapped)
    places = {each: header.index(column) for each, column in mapped.columns.items()}
    taken = set(mapped.columns.values())
    for each in (*FIELDS, *(column for column in header if is_field(column))):
        column = _named(each, header, taken)
        if each not in places and each not in mapped.constants and column is not None:
            places[each] = header.index(column)
            taken.add(column)
    constants = dict(mapped.constants)
    if "type" not in places:
        constants.setdefault("type", "track")
    rest = mapped.rest or ("properties" if constants.get("type", "track") == "track" else "traits")
    if rest != "ignore":
        free = ((f"{rest}.{column}", column) for column in header if column and column not in taken)
        places.update((each, header.index(column)) for each, column in free if each not in {**places, **constants})
    found = Columns(places, constants)
    _check_needed(name, header, found)
    return found


def is_field(name: str) -> bool:
    """Whether a message has such a field."""
    section, _, inside = name.partition(".")
    return name in FIELDS or (section in SECTIONS and all(inside.split(".")))


def _named(each: str, header: Sequence[str], taken: Iterable[str]) -> str | None:
    """The column that carries a field's name, else one of the names that exports give it, in any case of letters."""
    if each in header:
        return each if each not in taken else None
    free = {column.lower(): column for column in reversed(header) if column not in taken}
    wanted = (each.lower(), *_ALIASES.get(each, ()))
    return next((free[alias] for alias in wanted if alias in free), None)


def _check_header(name: str, header: Sequence[str], mapped: Mapped) -> None:
    for column in header:
        if column and header.count(column) > 1:
            raise ProblemError(f"{name} has two columns named '{column}'.", "Give every column a name of its own.")
    for each, column in mapped.columns.items():
        if column not in header:
            raise ProblemError(f"{name} has no column '{column}' for {each}.", f"It has {_listed(header)}.")


def _check_needed(name: str, header: Sequence[str], found: Columns) -> None:
    given = {*found.places, *found.constants}
    needed = {"userId": "userId"}
    if not given & set(TIMES):
        needed["timestamp"] = "timestamp"
    if found.constants.get("type") == "track":
        needed["event"] = "event"
    for each in needed:
        if each not in given:
            example = f"--map {each}=COLUMN" + (" or --set event=NAME" if each == "event" else "")
            raise ProblemError(f"{name} has no column for {each}.", f"Name it: {example}. It has {_listed(header)}.")


def _listed(header: Sequence[str], most: int = 20) -> str:
    more = f" and {len(header) - most} more" if len(header) > most else ""
    return ", ".join(header[:most]) + more
