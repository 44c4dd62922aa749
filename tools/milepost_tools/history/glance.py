"""A quick look at a line: whose it is and when it arrived, for those who need to know no more than that.

Reading a line strictly, as the boundary does, costs several times as much. What a glance says is what the boundary
would find; where it cannot be sure of that it says nothing, and the line has to be read strictly.
"""

import re
from collections.abc import Mapping
from json import JSONDecoder
from typing import Final, NamedTuple, NoReturn
from unicodedata import normalize
from zlib import crc32

from milepost.application.arrival import ReplayedArrival
from milepost.application.fields import LONGEST_ID, Message
from milepost.application.strict_json import DEEPEST
from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost_tools.local.sending import LARGEST

_WIDEST: Final = 4
"""Bytes of UTF-8 that one character may have."""
_KINDS: Final = ("track", "identify")
_ENVELOPES: Final = frozenset({"batch", "Type", "detail-type", "specversion"})
"""A key of each envelope. What is inside may be of several subjects, and is read strictly."""
_NON_CHARACTERS: Final = re.compile("[\ufffe\uffff]")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""Half a pair, perhaps, which the boundary refuses."""
_LONGEST_NUMBER: Final = 20
"""Characters, without an exponent, of a number that is certainly not beyond what the boundary takes."""


class Glance(NamedTuple):
    """What a quick look at a line shows: the part of the subjects it belongs to, and when it arrived."""

    part: int
    arrival: Instant


def glance(body: str, parts: int, now: Instant, *, has_id: bool = True) -> Glance | None:
    """Whose line it is, and its arrival, which is `now` where it does not say; None where a quick look cannot tell.

    `has_id` is false for a line that is yet to be given its messageId.
    """
    message = _quick_json(body)
    if message is None or not _is_plain(message, has_id=has_id):
        return None
    part = part_of(message, parts)
    if part is None:
        return None
    try:
        return Glance(part, ReplayedArrival().of(message, now))
    except ValueError:
        return None


def part_of(message: Message, parts: int) -> int | None:
    """Which of `parts` a message belongs to: whatever can touch the same progress must be in the same part.

    None if that cannot be told without reading strictly. This and `part_of_subject` are all that knows how subjects
    are parted: a catalog whose milestones join subjects to larger units needs only another answer here and there.
    """
    subject = _subject(message)
    return None if subject is None else part_of_subject(subject, parts)


def part_of_subject(subject: Subject, parts: int) -> int:
    """The part of a subject as the boundary names it."""
    return crc32(subject.encode()) % parts


def _subject(message: Message) -> Subject | None:
    user = _identifier(message.get("userId"))
    return None if user is None else f"user:{user}"


def _identifier(value: object) -> str | None:
    """An id as the boundary reads it; None if the boundary may refuse it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        return None
    if value.isascii():
        return value if len(value) <= LONGEST_ID else None
    value = normalize("NFC", value)
    return value if len(value.encode()) <= LONGEST_ID else None


def _is_plain(message: Message, *, has_id: bool) -> bool:
    """Whether the boundary gets as far as to ask for its arrival, and finds one message in it."""
    return (
        message.get("type") in _KINDS
        and _ENVELOPES.isdisjoint(message)
        and isinstance(message.get("context", {}), Mapping)
        and not (has_id and _identifier(message.get("messageId")) is None)
    )


def _quick_json(body: str) -> Message | None:
    """The JSON object that it is, numbers not exact; None where the boundary might refuse it."""
    if not _is_harmless(body):
        return None
    try:
        value = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_harmless(body: str) -> bool:
    # Control characters need no look: JSON allows those alone that a queue carries.
    return (
        _WIDEST * len(body) <= LARGEST
        and body.count("{") + body.count("[") <= DEEPEST
        and not ("\\u" in body and _SURROGATE.search(body))
        and (body.isascii() or not _NON_CHARACTERS.search(body))
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError
    return int(text)


def _fraction(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or "e" in text or "E" in text:
        raise ValueError
    return 0.0  # Nobody looks at it.


def _constant(_: str) -> NoReturn:
    raise ValueError


_DECODER: Final = JSONDecoder(
    object_pairs_hook=_unique, parse_int=_whole, parse_float=_fraction, parse_constant=_constant
)
