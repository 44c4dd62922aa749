"""`any: {of: [RULE, ...]}`: the first of these rules is reached."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.rules.members import MOST_MEMBERS, Members, not_too_deep

if TYPE_CHECKING:
    from milepost_tools.catalog.matching import Matcher
    from milepost_tools.catalog.rules import Reach


def _rule(value: object) -> object:
    if isinstance(value, Mapping) and "event" in value:
        raise refusal("is a matcher, and `any` holds rules", "Write `{count: {event: NAME, at_least: 1}}`.")
    return value


Member: TypeAlias = Annotated["Reach", BeforeValidator(_rule)]


class AnyOf(Members):
    """The first of these rules."""

    noun = "`any`"

    of: Annotated[list[Member], Field(min_length=1, max_length=MOST_MEMBERS), AfterValidator(not_too_deep)]
    """Rules, the first of which is enough."""

    @property
    def members(self) -> "list[Matcher | Reach]":
        """What it holds: rules only."""
        return [*self.of]
