"""`all: {of: [MATCHER or RULE, ...], in: D?}`: each matched, or reached, at least once, in any order."""

from collections.abc import Iterable, Mapping
from json import dumps
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.rules.members import MEMBERS_SCHEMA, MOST_MEMBERS, Members, not_too_deep, written
from milepost_tools.catalog.terms import LeftOut, Span

if TYPE_CHECKING:
    from milepost_tools.catalog.rules import Reach

_MATCHER, _RULE = "<matcher>", "<rule>"
_TOGETHER: Final = Problem(
    "goes with matchers only, and `of` holds a rule", "Leave it out, or write each member as `{event: NAME}`."
)


def _matcher_or_rule(value: object) -> str:
    return _MATCHER if isinstance(value, Matcher) or (isinstance(value, dict) and "event" in value) else _RULE


Member: TypeAlias = Annotated[
    Annotated[Matcher, Tag(_MATCHER)] | Annotated["Reach", Tag(_RULE)], Discriminator(_matcher_or_rule)
]


class AllOf(Members):
    """Each of these at least once, inside a span or whenever."""

    model_config = ConfigDict(
        json_schema_extra={
            **MEMBERS_SCHEMA,
            "if": {"required": ["in"]},
            "then": {"properties": {"of": {"items": {"required": ["event"]}}}},
        },
    )
    noun = "`all`"

    of: Annotated[list[Member], Field(min_length=1, max_length=MOST_MEMBERS), AfterValidator(not_too_deep)]
    """Matchers and rules; each is met once."""
    span: LeftOut[Span] = Field(None, alias="in")
    """One event for each inside one span; with matchers only."""

    @property
    def members(self) -> "list[Matcher | Reach]":
        """What it holds."""
        return self.of

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """A span around rules, which are reached when they are."""
        yield from super().amiss(data)
        if "in" in data and any("event" not in member for _, member in written(data)):
            yield ("in",), _TOGETHER

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.all` reads it; sorted, because their order means nothing."""
        members = sorted(super().compiled()["of"], key=dumps)
        return {"of": members, "in": None if self.span is None else parse_duration(self.span)}
