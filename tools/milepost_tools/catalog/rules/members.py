"""What `all` and `any` share: rules inside a rule. Each is reached once, at most so many, and only so deep."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict
from pydantic.config import JsonDict

from milepost.domain.rules.members import MATCH
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem

if TYPE_CHECKING:
    from typing import TypeAlias

    from milepost_tools.catalog.rules import Reach, Rule

    Held: TypeAlias = Matcher | Reach

MOST_MEMBERS: Final = 10
DEEPEST: Final = 3
"""An `all` in an `any` in an `all`; deeper, nobody can say any more what is reached when."""
_ONCE: Final = "Leave it out: only the first time counts there."
_AGAIN: Final = ("repeat", "every")
"""What makes a rule one that is reached more than once."""
_REACHED_ONCE: Final[JsonDict] = {
    "anyOf": [
        {"required": ["event"]},
        {"additionalProperties": {"properties": {key: {"const": False} for key in _AGAIN}}},
    ],
}
MEMBERS_SCHEMA: Final[JsonDict] = {"allOf": [{"properties": {"of": {"items": _REACHED_ONCE}}}]}
"""`Members.amiss` for the JSON Schema: a member is a matcher, or a rule that is not to be reached more than once."""


class Members(Part):
    """A rule that holds others; `of` is declared by each kind."""

    model_config = ConfigDict(json_schema_extra=MEMBERS_SCHEMA)

    @property
    @abstractmethod
    def members(self) -> "Sequence[Held]":
        """What it holds."""

    @property
    def repeat(self) -> bool:
        """Never: it is reached once."""
        return False

    @property
    def names(self) -> list[str]:
        """The event names that its members look at, sorted."""
        return sorted({name for each in self.members for name in _rule(each).names})

    @property
    def clocked(self) -> bool:
        """Whether any member waits for the clock."""
        return any(getattr(_rule(each), "clocked", False) for each in self.members)

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """A rule in it that is to be reached more than once."""
        for number, member in written(data):
            for kind, rule in member.items() if "event" not in member else ():
                options = rule if isinstance(rule, Mapping) else {}
                for key in _AGAIN:
                    if options.get(key) is True:
                        yield ("of", number, kind, key), Problem(f"means nothing inside {cls.noun}", _ONCE)

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.members` reads it."""
        return {"of": [_compiled(each) for each in self.members]}


def written(data: Mapping[str, object]) -> list[tuple[int, Mapping[str, object]]]:
    """The members as they are written, with their positions; those that are no mapping are told of elsewhere."""
    members = data.get("of")
    listed: list[Any] = members if isinstance(members, list) else []
    return [(number, member) for number, member in enumerate(listed) if isinstance(member, Mapping)]


def not_too_deep(members: "list[Held]") -> "list[Held]":
    """Refuse members that hold others too deep."""
    depth = _depth(members)
    if depth > DEEPEST:
        raise refusal(
            f"holds rules inside rules {depth} deep, and {DEEPEST} fit",
            "Move what is innermost one level up, or give it a milestone of its own.",
        )
    return members


def _depth(members: "Sequence[Held]") -> int:
    """How many rules that hold rules stand inside each other, the one with these members included."""
    return 1 + max((_depth(rule.members) for rule in map(_rule, members) if isinstance(rule, Members)), default=0)


def _rule(member: "Held") -> "Matcher | Rule":
    return member if isinstance(member, Matcher) else member.rule


def _compiled(member: "Held") -> Compiled:
    if isinstance(member, Matcher):
        return {"kind": MATCH, **member.matcher_compiled()}
    compiled = member.compiled()
    # What repeats unless told otherwise (`silence`) does not here.
    return {**compiled, **{key: False for key in _AGAIN if key in compiled}}
