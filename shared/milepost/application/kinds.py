"""The kinds of messages, and what of each becomes an event of the domain."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from milepost.application.fields import Message, canonical, checksum, identifier, object_in
from milepost.application.strict_json import UnreadableError
from milepost.domain.catalog import USER
from milepost.domain.event import Alias, Group, Identify, Subject, Track
from milepost.domain.event import Message as Accepted
from milepost.domain.instant import Instant

MOST_TRAITS: Final = 64
LARGEST_TRAITS: Final = 16_384
"""Bytes of JSON that one identify may carry: traits live in the subject's item."""

LARGEST_TRAIT: Final = 1024
"""Bytes of JSON of one trait, its name included: with MOST_TRAITS of the core, a subject's stay within 128 KB."""


class Common(NamedTuple):
    """What every message has in common, whatever its kind; see the domain's."""

    subject: Subject
    message_id: str
    key: int
    instant: Instant
    arrived: Instant
    dated: bool


Build: TypeAlias = Callable[[Message, Message, Common], Accepted | Alias]
"""From a message, its context and what it has in common with all others. Raises UnreadableError."""


def _track(message: Message, context: Message, event: Common) -> Track:
    name = message.get("event")
    if not isinstance(name, str) or not name:
        raise UnreadableError("event is missing or not text: name what happened, such as order_completed.")
    properties = object_in(message, "properties")
    zone = context.get("timezone")
    return Track(
        event.subject,
        event.message_id,
        event.key,
        checksum("track", name, properties),
        event.instant,
        event.arrived,
        name,
        properties,
        event.subject,
        zone if isinstance(zone, str) else None,
        identifier(context, "groupId", "context.groupId") if "groupId" in context else None,
        dated=event.dated,
    )


def _identify(message: Message, _: Message, event: Common) -> Identify:
    traits = _traits(message)
    body = checksum("identify", "", traits)
    common = (event.subject, event.message_id, event.key, body, event.instant, event.arrived)
    return Identify(*common, traits, dated=event.dated)


def _group(message: Message, _: Message, event: Common) -> Group:
    account, traits = identifier(message, "groupId"), _traits(message)
    body = checksum("group", account, traits)
    common = (event.subject, event.message_id, event.key, body, event.instant, event.arrived)
    return Group(*common, account, traits, dated=event.dated)


def _alias(message: Message, _: Message, event: Common) -> Alias:
    common = (event.subject, event.message_id, event.key, 0, event.instant, event.arrived)
    return Alias(*common, f"{USER}{identifier(message, 'previousId')}", dated=event.dated)


def _traits(message: Message) -> Mapping[str, object]:
    traits = object_in(message, "traits")
    if len(traits) > MOST_TRAITS or len(canonical(traits)) > LARGEST_TRAITS:
        raise UnreadableError(
            f"traits are more than {MOST_TRAITS} or larger than {LARGEST_TRAITS} bytes: "
            "send those that the catalog uses."
        )
    if any(len(canonical(trait)) > LARGEST_TRAIT for trait in traits.items()):
        raise UnreadableError(f"a trait is larger than {LARGEST_TRAIT} bytes: send what the catalog uses of it.")
    return traits


KINDS: Final[Mapping[str, Build]] = {
    "track": _track,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}
