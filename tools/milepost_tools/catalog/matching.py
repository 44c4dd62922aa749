"""Matchers as teams write them: `event` and `where`."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from json import dumps
from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)

from milepost.domain.event import REPORTS
from milepost_tools.catalog.explain import mistyped
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem, printable, quoted, suggestion
from milepost_tools.catalog.scalar import Scalar
from milepost_tools.catalog.surroundings import Surroundings
from milepost_tools.catalog.terms import AnyScalar, EventName, InSchema, LeftOut, OneOrMany, PropertyPath

ANY_EVENT: Final = "*"
Compiled: TypeAlias = dict[str, Any]
"""JSON for `milepost.domain.compiled` to read."""


def _planned(name: str, info: ValidationInfo) -> str:
    events = Surroundings.known_to(info).events
    if events is None or name in events or name == ANY_EVENT or name in REPORTS:
        return name
    otherwise = f"Add `{printable(name)}: {{}}` to `events`."
    raise refusal(
        f"{quoted(name)} is not one of the `events` of this catalog", suggestion(name, events | REPORTS, otherwise)
    )


def _alone(names: str | list[str]) -> str | list[str]:
    """The names as they are, unless `*` is one of several."""
    if isinstance(names, list) and ANY_EVENT in names:
        raise refusal("`*` means any event, and stands alone", f'Write `event: "{ANY_EVENT}"`, or leave the `*` out.')
    return names


def _ordered(value: object) -> Scalar:
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        return value
    raise refusal(*mistyped(value, "a number or text"))


def _comparable(value: object) -> Scalar:
    if isinstance(value, str | int | Decimal):
        return value
    raise refusal(*mistyped(value, "a number, text, true or false"))


PlannedEvent: TypeAlias = Annotated[EventName, AfterValidator(_planned)]
EventNames: TypeAlias = Annotated[
    OneOrMany[PlannedEvent],
    AfterValidator(_alone),
    InSchema({"not": {"type": "array", "contains": {"const": ANY_EVENT}}}),
]
"""One event, one of several, or any."""
Ordered: TypeAlias = Annotated[Scalar, PlainValidator(_ordered), WithJsonSchema({"type": ["string", "number"]})]
Comparable: TypeAlias = Annotated[
    Scalar, PlainValidator(_comparable), WithJsonSchema({"type": ["string", "number", "boolean"]})
]


class Comparison(Part):
    """What a property is compared with; several comparisons must all hold."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})
    noun = "a comparison"

    gte: LeftOut[Ordered] = None
    """At least this, and of the same type."""
    gt: LeftOut[Ordered] = None
    """More than this, and of the same type."""
    lte: LeftOut[Ordered] = None
    """At most this, and of the same type."""
    lt: LeftOut[Ordered] = None
    """Less than this, and of the same type."""
    ne: LeftOut[Comparable] = None
    """There, of the same type, and another value."""
    among: LeftOut[Annotated[list[AnyScalar], Field(min_length=1, max_length=100)]] = Field(None, alias="in")
    """One of these."""
    exists: LeftOut[bool] = None
    """Whether it is there."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Nothing to compare with."""
        if not data:
            yield (), Problem("compares with nothing", "Write a value, or a comparison such as `{gte: 100}`.")

    def compiled(self) -> dict[str, Any]:
        """Operators with their operands."""
        return {name: _operand(value) for name, value in self.model_dump(by_alias=True, exclude_unset=True).items()}


VALUE, COMPARISON = "<value>", "<comparison>"


def _value_or_comparison(value: object) -> str:
    return COMPARISON if isinstance(value, dict) else VALUE


def _value(value: object) -> object:
    if isinstance(value, list):
        raise refusal("is a list", "Write `{in: [...]}` for one of several values.")
    return value


Value: TypeAlias = Annotated[AnyScalar, BeforeValidator(_value)]
Wanted: TypeAlias = Annotated[
    Annotated[Value, Tag(VALUE)] | Annotated[Comparison, Tag(COMPARISON)], Discriminator(_value_or_comparison)
]


Conditions: TypeAlias = Annotated[
    dict[PropertyPath, Wanted],
    Field(default_factory=dict, max_length=20),
    InSchema({"additionalProperties": False}),
]
"""Values that properties, or traits, must have."""


class Matcher(Part):
    """Picks track events by name and properties."""

    noun = "a matcher"

    event: EventNames
    """An event's name, several of which any will do, or `*` for any event."""
    where: Conditions
    """Conditions on the event's properties, by path; all must hold."""

    @property
    def names(self) -> list[str]:
        """The event names, sorted; none for any event."""
        return names_of(self.event)

    def matcher_compiled(self) -> Compiled:
        """`event` and `where`, for whatever part takes a matcher's keys."""
        return matcher_compiled(self.event, self.where)


def names_of(event: str | list[str]) -> list[str]:
    """The event names of a matcher, sorted; none for any event."""
    return sorted({event} - {ANY_EVENT} if isinstance(event, str) else set(event))


def matcher_compiled(event: str | list[str], where: Mapping[str, Scalar | Comparison]) -> Compiled:
    """A matcher as `milepost.domain.compiled` reads it."""
    return {"event": names_of(event) or ANY_EVENT, "where": conditions_compiled(where)}


def conditions_compiled(wanted: Mapping[str, Scalar | Comparison]) -> list[Compiled]:
    """Conditions on properties, or on traits."""
    conditions = [
        {"path": path.split("."), "operator": operator, "operand": operand}
        for path, each in wanted.items()
        for operator, operand in _comparisons(each).items()
    ]
    return sorted(conditions, key=dumps)


def _comparisons(wanted: Scalar | Comparison) -> dict[str, Any]:
    return wanted.compiled() if isinstance(wanted, Comparison) else {"eq": _operand(wanted)}


def _operand(value: Scalar | list[Scalar]) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, list):
        return sorted((_operand(each) for each in value), key=dumps)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {"number": str(value)}
    return value
