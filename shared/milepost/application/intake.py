"""The boundary: what a producer sent becomes events, or a reason that names the field and the remedy.

A reason never quotes the message: it ends in logs and in message attributes, and the message may be personal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from json import JSONEncoder
from typing import Final, NamedTuple, Protocol, TypeAlias, cast
from unicodedata import is_normalized, normalize
from zlib import crc32

from milepost.application.envelope import unwrap
from milepost.application.strict_json import UnreadableError, read_json
from milepost.domain.catalog import ACCOUNT, USER
from milepost.domain.event import REPORTS, Alias, Group, Identify, Subject, Track
from milepost.domain.event import Message as Accepted
from milepost.domain.instant import MINUTE, Duration, Instant, parse_instant

FUTURE: Final[Duration] = 5 * MINUTE
LONGEST_ID: Final = 256
MOST_TRAITS: Final = 64
LARGEST_TRAITS: Final = 16_384
"""Bytes of JSON that one identify may carry: traits live in the subject's item."""

LARGEST_TRAIT: Final = 1024
"""Bytes of JSON of one trait, its name included: with MOST_TRAITS of the core, a subject's stay within 128 KB."""
MOST_REASONS: Final = 5
"""Reasons given for one message: they travel as an attribute of it, and a queue limits both together."""

Message: TypeAlias = Mapping[str, object]


class _Event(NamedTuple):
    """What every accepted message has, whatever its type; see the domain's."""

    subject: Subject
    message_id: str
    key: int
    instant: Instant
    arrived: Instant
    dated: bool


class Arrival(Protocol):
    """When a message arrived, by the clock that the stack goes by."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The instant at which the queue took it, or the one that a replayed message names."""


class LiveArrival:
    """Arrival is when the queue took the message; what the message says about it does not count."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The queue's own time."""
        return sent_at


class ReplayedArrival:
    """Arrival is `receivedAt`, else `timestamp`, so that years can be replayed in minutes."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The message's own time; the queue's where it has none."""
        named = message.get("receivedAt", message.get("timestamp"))
        return sent_at if named is None else _instant(named, "receivedAt" if "receivedAt" in message else "timestamp")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one body held: the events and aliases that can be used, and the reasons against the rest."""

    events: tuple[Accepted, ...]
    reasons: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Reads bodies by one catalog's `max_age` and one clock."""

    max_age: Duration
    arrival: Arrival

    def read(self, body: str, sent_at: Instant) -> Reading:
        """Read one body of the event queue. Never raises for what a producer can send."""
        try:
            messages = list(unwrap(read_json(body)))
        except UnreadableError as error:
            return Reading((), (f"The message {error}.",))
        read: list[Accepted | Alias] = []
        reasons: list[str] = []
        for place, message in enumerate(messages):
            try:
                read.append(self._event(message, sent_at))
            except UnreadableError as error:
                reasons.append(f"Message {place} of the batch: {error}" if len(messages) > 1 else str(error))
        if not reasons and Alias not in map(type, read):
            return Reading(tuple(cast("list[Accepted]", read)))
        more = (f"And {len(reasons) - MOST_REASONS} more.",) if len(reasons) > MOST_REASONS else ()
        return Reading(
            tuple(each for each in read if not isinstance(each, Alias)),
            (*reasons[:MOST_REASONS], *more),
            tuple(each for each in read if isinstance(each, Alias)),
        )

    def _event(self, message: object, sent_at: Instant) -> Accepted | Alias:
        if isinstance(message, UnreadableError):
            raise UnreadableError(f"The message {message}.")
        if not isinstance(message, dict):
            raise UnreadableError("The message is not a JSON object: send one object a message.")
        kind = message.get("type")
        build = _KINDS.get(kind) if isinstance(kind, str) else None
        if build is None:
            raise UnreadableError("type is missing or unknown: it is track, identify, group or alias.")
        message_id = _identifier(message, "messageId")
        subject = _subject(message)
        context = _object(message, "context")
        arrived = self.arrival.of(message, sent_at)
        instant = _instant(message["timestamp"], "timestamp") if "timestamp" in message else arrived
        self._refuse_untimely(instant, arrived)
        dated = "timestamp" in message
        return build(message, context, _Event(subject, message_id, _hash(message_id), instant, arrived, dated))

    def _refuse_untimely(self, instant: Instant, arrived: Instant) -> None:
        if instant > arrived + FUTURE:
            raise UnreadableError("timestamp is more than 5 minutes in the future: correct the producer's clock.")
        if instant < arrived - self.max_age:
            raise UnreadableError(
                "timestamp is older than the catalog's max_age: send history before the first event, or raise max_age."
            )


def _subject(message: Message) -> Subject:
    """The user; of a report about what an account was told, the account."""
    if "userId" not in message and "groupId" in message and _is_report(message):
        return f"{ACCOUNT}{_identifier(message, 'groupId')}"
    return f"{USER}{_identifier(message, 'userId')}"


def _is_report(message: Message) -> bool:
    name = message.get("event")
    return message.get("type") == "track" and isinstance(name, str) and name in REPORTS


def _track(message: Message, context: Message, event: _Event) -> Track:
    name = message.get("event")
    if not isinstance(name, str) or not name:
        raise UnreadableError("event is missing or not text: name what happened, such as order_completed.")
    properties = _object(message, "properties")
    zone = context.get("timezone")
    return Track(
        event.subject,
        event.message_id,
        event.key,
        _checksum("track", name, properties),
        event.instant,
        event.arrived,
        name,
        properties,
        event.subject,
        zone if isinstance(zone, str) else None,
        _identifier(context, "groupId", "context.groupId") if "groupId" in context else None,
        dated=event.dated,
    )


def _identify(message: Message, _: Message, event: _Event) -> Identify:
    traits = _traits(message)
    body = _checksum("identify", "", traits)
    common = (event.subject, event.message_id, event.key, body, event.instant, event.arrived)
    return Identify(*common, traits, dated=event.dated)


def _group(message: Message, _: Message, event: _Event) -> Group:
    account, traits = _identifier(message, "groupId"), _traits(message)
    body = _checksum("group", account, traits)
    common = (event.subject, event.message_id, event.key, body, event.instant, event.arrived)
    return Group(*common, account, traits, dated=event.dated)


def _alias(message: Message, _: Message, event: _Event) -> Alias:
    common = (event.subject, event.message_id, event.key, 0, event.instant, event.arrived)
    return Alias(*common, f"{USER}{_identifier(message, 'previousId')}", dated=event.dated)


def _traits(message: Message) -> Mapping[str, object]:
    traits = _object(message, "traits")
    if len(traits) > MOST_TRAITS or len(_canonical(traits)) > LARGEST_TRAITS:
        raise UnreadableError(
            f"traits are more than {MOST_TRAITS} or larger than {LARGEST_TRAITS} bytes: "
            "send those that the catalog uses."
        )
    if any(len(_canonical(trait)) > LARGEST_TRAIT for trait in traits.items()):
        raise UnreadableError(f"a trait is larger than {LARGEST_TRAIT} bytes: send what the catalog uses of it.")
    return traits


_ENCODER: Final = JSONEncoder(sort_keys=True, default=str, ensure_ascii=False, separators=(",", ":"))
_KINDS: Final[Mapping[str, Callable[[Message, Message, _Event], Accepted | Alias]]] = {
    "track": _track,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


def _identifier(message: Message, field: str, called: str | None = None) -> str:
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


def _object(message: Message, field: str) -> Mapping[str, object]:
    value = message.get(field, {})
    if not isinstance(value, dict):
        raise UnreadableError(f"{field} is not a JSON object: send an object or leave it out.")
    return value


def _instant(value: object, field: str) -> Instant:
    if not isinstance(value, str):
        raise UnreadableError(f"{field} is not text: send an ISO 8601 time with an offset.")
    try:
        return parse_instant(value)
    except ValueError as error:
        raise UnreadableError(f"{field} {error}.") from None


def _hash(message_id: str) -> int:
    return int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big")


def _canonical(value: object) -> bytes:
    return _ENCODER.encode(value).encode()


def _checksum(*content: object) -> int:
    """8 bits of what the event says, so that a resend that says something else is noticed (in 255 of 256 cases)."""
    return crc32(_canonical(content)) & 0xFF
