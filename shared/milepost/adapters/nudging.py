"""Nudges that wait and nudges that were, as bytes: small integers beside each other, and each text once."""

from collections.abc import Iterable, Sequence
from typing import cast

from milepost.adapters.names import Names, milestone_key
from milepost.adapters.pack import pack
from milepost.adapters.unpack import unpack
from milepost.adapters.varint import fold_sign, unfold_sign
from milepost.domain.caps import Use
from milepost.domain.milestone import PATHS
from milepost.domain.schedule import Pending


def encode_pending(pending: Iterable[Pending]) -> bytes:
    """A row a nudge, its milestone by its hash; `planned` from `at`, and `due` from `planned`."""
    rows = [
        (
            milestone_key(each.milestone),
            each.step * len(PATHS) + PATHS.index(each.path),
            each.n,
            each.occurrence,
            each.at,
            fold_sign(each.planned - each.at),
            fold_sign(each.due - each.planned),
        )
        for each in pending
    ]
    return pack(rows)


def decode_pending(data: bytes, names: Names) -> tuple[Pending, ...]:
    """What `encode_pending` encoded."""
    rows = cast("Sequence[tuple[int, ...]]", unpack(data))
    return tuple(_pending(row, names) for row in rows)


def _pending(row: Sequence[int], names: Names) -> Pending:
    key, place, n, occurrence, at, after, wait = row
    step, path = divmod(place, len(PATHS))
    planned = at + unfold_sign(after)
    due = planned + unfold_sign(wait)
    milestone, known_as = names.own(key), names.milestone(key)
    stand_in = None if milestone == known_as else known_as
    return Pending(milestone, PATHS[path], step, n, occurrence, at, planned, due, stand_in)


def encode_used(used: Sequence[Use]) -> bytes:
    """The texts that occur, then a row a use with their places among these."""
    texts = list(dict.fromkeys(text for use in used for text in use[2:]))
    return pack((texts, [(use.at, use.priority, *(texts.index(text) for text in use[2:])) for use in used]))


def decode_used(data: bytes) -> tuple[Use, ...]:
    """What `encode_used` encoded."""
    texts, rows = cast("tuple[Sequence[str], Sequence[tuple[int, ...]]]", unpack(data))
    return tuple(Use(at, priority, *(texts[place] for place in places)) for at, priority, *places in rows)
