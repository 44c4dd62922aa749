"""Rows of a table as messages: JSON text, put together cell by cell so that numbers keep every digit."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from milepost_tools.history.cells import Read, as_text, as_value, times_in
from milepost_tools.history.columns import TEXTS, TIMES, Columns
from milepost_tools.problem import ProblemError

Write: TypeAlias = Callable[[Sequence[str]], str | None]
"""A row as JSON text; None where there is nothing to write.

Raises:
    ValueError: a cell cannot be written, with a sentence about it.
"""
_Tree: TypeAlias = "dict[str, Write | _Tree]"
_ALWAYS_TEXT: Final = frozenset({*TEXTS, "context.groupId", "context.timezone"})


def writer(name: str, columns: Columns, as_time: Read | None = None) -> Write:
    """What writes the rows of a table; an empty cell is left out.

    Raises:
        ProblemError: a constant cannot be written, or one field would have to be a value and an object at once.
    """
    as_time = as_time or times_in(None)
    tree: _Tree = {}
    for field, constant in columns.constants.items():
        _plant(name, tree, field, _constant(field, constant, as_time))
    for field, place in columns.places.items():
        _plant(name, tree, field, _cell(field, place, _reader(field, as_time)))
    return _needing_time(_object(tree), columns)


def _reader(field: str, as_time: Read) -> Read:
    if field in TIMES:
        return as_time
    return as_text if field in _ALWAYS_TEXT else as_value


def _constant(field: str, value: str, as_time: Read) -> Write:
    try:
        text = _reader(field, as_time)(value)
    except ValueError as error:
        raise ProblemError(f"--set {field}: {value} {error}.", "Write it like 2026-11-22T07:31:04Z.") from None
    return lambda _row: text


def _cell(field: str, place: int, read: Read) -> Write:
    def write(row: Sequence[str]) -> str | None:
        try:
            return read(row[place]) if row[place] else None
        except ValueError as error:
            raise ValueError(f"{field} {error}") from None

    return write


def _object(tree: _Tree) -> Write:
    members = [(f"{as_text(name)}: ", _object(each) if isinstance(each, dict) else each) for name, each in tree.items()]

    def write(row: Sequence[str]) -> str | None:
        written = [key + value for key, each in members if (value := each(row)) is not None]
        return f"{{{', '.join(written)}}}" if written else None

    return write


def _needing_time(write: Write, columns: Columns) -> Write:
    """A row without a time is refused: a table has no queue that took it, whose time could count instead."""
    if any(field in columns.constants for field in TIMES):
        return write
    places = [columns.places[field] for field in TIMES if field in columns.places]

    def write_dated(row: Sequence[str]) -> str | None:
        if not any(row[place] for place in places):
            raise ValueError("timestamp is empty")
        return write(row)

    return write_dated


def _plant(name: str, tree: _Tree, field: str, write: Write) -> None:
    *path, last = field.split(".")
    inner: Write | _Tree = tree
    for each in path:
        inner = inner.setdefault(each, {}) if isinstance(inner, dict) else inner
    if not isinstance(inner, dict) or last in inner:
        raise ProblemError(
            f"{name}: {field} would be a value and an object of other columns at once.",
            "Name one of them another way with --map, or leave columns out with --rest ignore.",
        )
    inner[last] = write
