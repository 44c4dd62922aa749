"""Fields of a message: what each may hold, or a reason that names it and the remedy.

A reason never quotes the message: it ends in logs and in message attributes, and the message may be personal.
"""

from collections.abc import Mapping
from hashlib import blake2b
from json import JSONEncoder
from typing import Final, TypeAlias
from unicodedata import is_normalized, normalize
from zlib import crc32

from milepost.application.strict_json import UnreadableError
from milepost.domain.instant import Instant, parse_instant

LONGEST_ID: Final = 256
"""Bytes of UTF-8."""

Message: TypeAlias = Mapping[str, object]
_ENCODER: Final = JSONEncoder(sort_keys=True, default=str, ensure_ascii=False, separators=(",", ":"))


def identifier(message: Message, field: str, called: str | None = None) -> str:
    """An id in NFC; a whole number is taken as its text. `called` is the field's name where that is a longer one.

    Raises:
        UnreadableError: it is missing, or is no id.
    """
    value = message.get(field)
    if type(value) is str and value.isascii() and 0 < len(value) <= LONGEST_ID:
        return value  # As nearly all are: in ASCII there is nothing to normalize, and a character is a byte.
    field = called or field
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{field} is missing, empty or neither text nor a whole number: give every message one.")
    value = value if is_normalized("NFC", value) else normalize("NFC", value)
    if len(value.encode()) > LONGEST_ID:
        raise UnreadableError(f"{field} is longer than {LONGEST_ID} bytes of UTF-8: shorten it.")
    return value


def object_in(message: Message, field: str) -> Mapping[str, object]:
    """A JSON object; an empty one where the field is missing.

    Raises:
        UnreadableError: it is something else.
    """
    value = message.get(field, {})
    if not isinstance(value, dict):
        raise UnreadableError(f"{field} is not a JSON object: send an object or leave it out.")
    return value


def instant_of(value: object, field: str) -> Instant:
    """The instant that a text names.

    Raises:
        UnreadableError: it names none.
    """
    if not isinstance(value, str):
        raise UnreadableError(f"{field} is not text: send an ISO 8601 time with an offset.")
    try:
        return parse_instant(value)
    except ValueError as error:
        raise UnreadableError(f"{field} {error}.") from None


def key_of(message_id: str) -> int:
    """The 64 bits under which a ledger keeps a messageId."""
    return int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big")


def canonical(value: object) -> bytes:
    """JSON that is the same for the same value, whatever the order of its keys."""
    return _ENCODER.encode(value).encode()


def checksum(*content: object) -> int:
    """8 bits of what the event says, so that a resend that says something else is noticed (in 255 of 256 cases)."""
    return crc32(canonical(content)) & 0xFF
