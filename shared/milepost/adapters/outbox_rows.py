"""An outbox as bytes: a row an entry, its kind and its fields in order, but for the subject, which the key says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final, cast

from milepost.adapters.pack import pack
from milepost.adapters.unpack import unpack
from milepost.domain.event import Subject
from milepost.domain.instant import from_datetime
from milepost.domain.outbox import Joined, Nudge, Outcome, Parted, Waiting

_KINDS: Final[Mapping[int, type[Waiting]]] = {1: Joined, 2: Outcome, 3: Nudge, 4: Parted}
_NUMBERS: Final = {kind: number for number, kind in _KINDS.items()}
_FIELDS: Final = {kind: [each.name for each in fields(kind) if each.name != "subject"] for kind in _NUMBERS}
_OF_A_SUBJECT: Final = frozenset({Outcome, Nudge})
_WHEN: Final = frozenset({"at", "ref", "decided_at", "not_after", "until", "planned"})
_WHOLE: Final = _WHEN | {"n", "step", "catalog_version", "occurrence", "attempt"}
_FIRST: Final = from_datetime(datetime(1, 1, 1, tzinfo=UTC))
_LAST: Final = from_datetime(datetime.max.replace(tzinfo=UTC))
"""Instants that can be written, and bounds of what else is counted."""
_MAY_LACK: Final = frozenset({"ref", "reason", "milestone", "variant", "until", "planned", "occurrence", "attempt"})
_LONGEST: Final = 256
"""Characters of a text: names of a catalog have at most so many."""


def encode_outbox(outbox: Iterable[Waiting]) -> bytes:
    """The entries of an outbox."""
    return pack([_row(entry) for entry in outbox])


def _row(entry: Waiting) -> tuple[object, ...]:
    """Without what is None at its end: those fields have that default."""
    values = [_NUMBERS[type(entry)], *(getattr(entry, name) for name in _FIELDS[type(entry)])]
    while values[-1] is None:
        del values[-1]
    return tuple(values)


def decode_outbox(subject: Subject, data: bytes) -> tuple[Waiting, ...]:
    """What `encode_outbox` encoded.

    Raises:
        ValueError: the bytes are damaged, or an entry that could not be told and booked, which would fail whatever it
            is told together with. A `LookupError` or `TypeError` says the same.
    """
    rows = cast("tuple[tuple[Any, ...], ...]", unpack(data))
    return tuple(_entry(subject, _KINDS[number], values) for number, *values in rows)


def _entry(subject: Subject, kind: type[Waiting], values: Sequence[Any]) -> Waiting:
    known: dict[str, Any] = dict(zip(_FIELDS[kind], values, strict=False))
    if not all(_may_be(name, value) or (value is None and name in _MAY_LACK) for name, value in known.items()):
        raise ValueError("an entry of the outbox is damaged")
    if kind in _OF_A_SUBJECT:
        known["subject"] = subject
    return kind(**known)


def _may_be(name: str, value: object) -> bool:
    """Whether a field of an entry could be told and booked."""
    if name == "undoes":
        return isinstance(value, tuple) and all(map(_is_text, value))
    if name == "surplus":
        return isinstance(value, tuple) and all(_is_text(kind) and _is_whole(times) for kind, times in value)
    return _is_whole(value) if name in _WHOLE else _is_text(value)


def _is_whole(value: object) -> bool:
    return type(value) is int and _FIRST <= value <= _LAST


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST
