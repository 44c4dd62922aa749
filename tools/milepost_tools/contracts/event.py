"""What producers may send, as a JSON Schema: the rules of `milepost.application.intake` that a schema can say."""

from collections.abc import Mapping
from typing import Final

from milepost.application.fields import LONGEST_ID
from milepost.application.kinds import LARGEST_TRAIT, LARGEST_TRAITS, MOST_TRAITS
from milepost.application.strict_json import DEEPEST, LARGEST_EXPONENT, MOST_DIGITS, SMALLEST_EXPONENT
from milepost_tools.contracts.typed import DIALECT, Schema

LARGEST_WHOLE: Final = 10**MOST_DIGITS - 1
TIMESTAMP: Final = (
    r"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]"
    r"(:[0-5][0-9]([.,][0-9]{1,9})?)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])$(?![\s\S])"
)
"""Its end is told twice, for `$` of some validators also stands before a line break."""
UNSAID: Final = (
    "a key that stands twice in one object",
    f"a number of more than {MOST_DIGITS} digits, or with an exponent beyond {SMALLEST_EXPONENT} to {LARGEST_EXPONENT}",
    "an id that is a number with a fraction or an exponent, even 7.0",
    f"objects and lists nested more than {DEEPEST} levels deep",
    "half of a surrogate pair",
    f"an id of more than {LONGEST_ID} bytes of UTF-8: the schema counts characters, and ids are compared as NFC",
    f"traits of more than {LARGEST_TRAITS} bytes of JSON together, or one of more than {LARGEST_TRAIT} with its name",
    "a date that the calendar does not have",
    "a timestamp more than 5 minutes in the future, or older than the catalog's `max_age`",
)
"""Why a message is refused all the same."""
_MEANING: Final = (
    "One event as a producer sends it, in the shape of the Segment spec. Keys that are not named here are taken and "
    "ignored. What no schema can say, and is refused nevertheless: " + "; ".join(UNSAID) + "."
)


def event_schema() -> Schema:
    """The schema of one event, of any type.

    What it takes is taken, but for what `UNSAID` lists; what it refuses is refused, or is an envelope, or holds an id
    that is not in NFC and shorter once it is.
    """
    kinds = {"Track": _track(), "Identify": _identify(), "Group": _group(), "Alias": _alias()}
    return {
        "$schema": DIALECT,
        "title": "Milepost event",
        "description": _MEANING,
        "type": "object",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "not": {"$ref": "#/$defs/Envelope"},
        "$defs": {**kinds, "Id": _ID, "Envelope": _ENVELOPE},
    }


def _track() -> Schema:
    account = {**_REF, "description": "The user's account for this event alone."}
    zone = {"description": "The user's IANA time zone, such as Europe/Berlin. Anything else is ignored."}
    context = {"type": "object", "properties": {"groupId": account, "timezone": zone}}
    event = {"type": "string", "minLength": 1, "description": "What happened, such as order_completed."}
    properties = {"type": "object", "description": "What milestones ask about: amounts, kinds."}
    return _kind("track", "Something happened.", {"event": event, "properties": properties, "context": context})


def _identify() -> Schema:
    return _kind("identify", "Sets traits of the user. The last write by timestamp wins, for each trait.", {}, _TRAITS)


def _group() -> Schema:
    account = {**_REF, "description": "The account that the user is in from here on."}
    return _kind("group", "Puts the user into an account; the traits are the account's.", {"groupId": account}, _TRAITS)


def _alias() -> Schema:
    previous = {**_REF, "description": "An anonymous id, or a device's."}
    return _kind("alias", "`previousId` and `userId` are one person.", {"previousId": previous})


def _kind(name: str, meaning: str, own: Mapping[str, Schema], more: Mapping[str, Schema] | None = None) -> Schema:
    common = {
        "type": {"const": name},
        "messageId": {**_REF, "description": "The idempotency key, with the timestamp: a resend repeats both."},
        "userId": {**_REF, "description": "Whose event it is."},
        "timestamp": _TIMESTAMP,
        "context": {"type": "object", "description": "As the Segment spec has it."},
    }
    required = ["type", "messageId", "userId", *(each for each in own if each in _NEEDED)]
    properties = {**common, **own, **(more or {})}
    return {"type": "object", "description": meaning, "properties": properties, "required": required}


_NEEDED: Final = frozenset({"event", "groupId", "previousId"})
_REF: Final[Schema] = {"$ref": "#/$defs/Id"}
_ID: Final[Schema] = {
    "description": f"At most {LONGEST_ID} bytes of UTF-8, compared as NFC. A whole number is read as its decimal text.",
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
        {"type": "integer", "minimum": -LARGEST_WHOLE, "maximum": LARGEST_WHOLE},
    ],
}
_TIMESTAMP: Final[Schema] = {
    "description": "When it happened, with an offset or Z. Without one, the time at which the queue took the message.",
    "type": "string",
    "pattern": TIMESTAMP,
    "examples": ["2026-11-22T07:31:04.120+01:00"],
}
_TRAITS: Final[Mapping[str, Schema]] = {
    "traits": {
        "description": f"At most {LARGEST_TRAITS} bytes of JSON together, and {LARGEST_TRAIT} each with its name.",
        "type": "object",
        "maxProperties": MOST_TRAITS,
    }
}
_ENVELOPE: Final[Schema] = {
    "description": "What is unpacked, and so is not the event itself, whatever else stands in it.",
    "anyOf": [
        {"required": ["detail-type", "detail"]},
        {"required": ["specversion", "data"], "properties": {"specversion": {"const": "1.0"}}},
        {
            "required": ["Type", "Message"],
            "properties": {"Type": {"const": "Notification"}, "Message": {"type": "string"}},
        },
    ],
}
