"""The smallest things of the language: names, texts, durations, numbers, channels."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from milepost.domain.instant import DAY, Duration, parse_duration
from milepost.domain.local import parse_calendar
from milepost_tools.catalog.explain import mistyped
from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.problems import quoted
from milepost_tools.catalog.scalar import Scalar

LONGEST: Final[Duration] = 400 * DAY
LONGEST_ID: Final = 256
"""Bytes of UTF-8, as for every id that comes in (semantics, section 1)."""
_T = TypeVar("_T")


def _given(value: object) -> object:
    if value is None:
        raise refusal("is empty", "Give it a value, or leave the key out.")
    return value


@dataclass(frozen=True, slots=True, eq=False)  # Annotations must be hashable, and a dict is not.
class InSchema:
    """Keys that the JSON Schema of a value has as well; unlike a field's, they stay with what they are about."""

    keys: JsonDict

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), **self.keys}


def _never_null(schema: dict[str, Any]) -> None:
    del schema["default"]
    given, _ = schema.pop("anyOf")
    schema.update(given)


LeftOut: TypeAlias = Annotated[_T | None, BeforeValidator(_given), Field(json_schema_extra=_never_null)]
"""May be left out, which is None; an empty value is a mistake."""

ONE, MANY = "<one>", "<many>"


def _one_or_many(value: object) -> str:
    return MANY if isinstance(value, list) else ONE


OneOrMany: TypeAlias = Annotated[
    Annotated[_T, Tag(ONE)] | Annotated[list[_T], Field(min_length=1, max_length=100), Tag(MANY)],
    Discriminator(_one_or_many),
]

_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"


def _name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        raise refusal(
            f"{quoted(value)} is not a name",
            "Use 1 to 64 letters, digits, `_`, `.` and `-`; the first is a letter or a digit.",
        )
    return value


Name: TypeAlias = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})]
"""What messages, keys and file names are made of: milestones, templates, the catalog."""


def _text(value: str) -> str:
    if not 0 < len(value.encode()) <= LONGEST_ID:
        raise refusal(f"must be 1 to {LONGEST_ID} bytes of UTF-8, and is {len(value.encode())}", "Make it fit.")
    return value


Text: TypeAlias = Annotated[
    str, AfterValidator(_text), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_ID})
]
"""Any text of a reasonable length."""

_UNCARRIED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _carried(value: str) -> str:
    if _UNCARRIED.search(value):
        raise refusal(f"{quoted(value)} holds a control character, which no message can carry", "Take it out.")
    return value


AttributeText: TypeAlias = Annotated[Text, AfterValidator(_carried)]
"""A text that goes out as an attribute of messages: what a queue cannot carry would hold up its whole batch."""


def _event_name(value: str) -> str:
    return normalize("NFC", value)


EventName: TypeAlias = Annotated[
    str, AfterValidator(_event_name), AfterValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})
]
"""The name of a track event, compared as NFC."""


def _path(value: str) -> str:
    if "" in value.split("."):
        raise refusal("is not a property path", "Write `name` or `name.inner`, with a name on each side of a dot.")
    return value


PropertyPath: TypeAlias = Annotated[
    Text,
    AfterValidator(_path),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_ID, "pattern": r"^[^.]+(\.[^.]+)*$"}),
]
"""A dotted path into an event's properties."""


def _duration(value: str) -> str:
    try:
        duration = parse_duration(value)
    except ValueError as refused:
        raise refusal(str(refused), "Write a whole number and s, min, h, d or w.") from None
    if duration > LONGEST:
        raise refusal(f"must be at most {LONGEST // DAY}d, and is {value}", f"Write {LONGEST // DAY}d or less.")
    return value


def _lasting(value: str) -> str:
    if parse_duration(value) == 0:
        raise refusal("must be longer than nothing", "Write 1s or more.")
    return value


DurationOrNone: TypeAlias = Annotated[
    str,
    AfterValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}(s|min|h|d|w)$", "examples": ["7d"]}),
]
"""Elapsed time of at most 400 days, none at all included."""
Span: TypeAlias = Annotated[
    DurationOrNone,
    AfterValidator(_lasting),
    WithJsonSchema({"type": "string", "pattern": "^(?=0*[1-9])[0-9]{1,9}(s|min|h|d|w)$", "examples": ["7d"]}),
]
"""Elapsed time of at most 400 days."""

MOST_YEARS: Final = 100
_MONTHS, _DAYS = 12, 366


def _calendar(value: str) -> str:
    try:
        months, days, elapsed = parse_calendar(value)
    except ValueError as refused:
        raise refusal(str(refused), "Write a whole number and s, min, h, d, w, mo or y.") from None
    if elapsed > LONGEST:
        raise refusal(f"must be at most {LONGEST // DAY}d in hours, and is {value}", "Write it in d, w, mo or y.")
    if months > MOST_YEARS * _MONTHS or days > MOST_YEARS * _DAYS:
        raise refusal(f"must be at most {MOST_YEARS}y, and is {value}", f"Write {MOST_YEARS}y or less.")
    if not (months or days or elapsed):
        raise refusal("must be longer than nothing", "Write 1s or more.")
    return value


CalendarSpan: TypeAlias = Annotated[
    str,
    AfterValidator(_calendar),
    WithJsonSchema({"type": "string", "pattern": "^(?=0*[1-9])[0-9]{1,9}(s|min|h|d|w|mo|y)$", "examples": ["1y"]}),
]
"""Elapsed time of at most 400 days, or days, weeks, months and years of the calendar, at most 100 years."""


def _number(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise refusal(*mistyped(value, "a number"))


Number: TypeAlias = Annotated[Decimal, PlainValidator(_number), WithJsonSchema({"type": "number"})]
"""An exact number; that it is finite and not too long was seen to when it was read."""


def _scalar(value: object) -> Scalar:
    if isinstance(value, str | int | Decimal | None):
        return value
    raise refusal(*mistyped(value, "a single value"))


AnyScalar: TypeAlias = Annotated[
    Scalar, PlainValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})
]

Channel: TypeAlias = Literal["email", "sms", "push", "in_app", "direct_mail", "ops"]
Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Tier: TypeAlias = Literal["minor", "major"]
