"""A rule as written with all that it holds, each with its place in the file."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias, cast

from milepost.domain.rules.members import MATCH
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.problems import Place
from milepost_tools.catalog.rules import Reach, Rule
from milepost_tools.catalog.rules.date import Date
from milepost_tools.catalog.rules.members import Members
from milepost_tools.catalog.rules.sequence import Sequence

AnyRule: TypeAlias = Rule | Matcher


class Held(NamedTuple):
    """A rule, or a matcher that stands by itself (of the kind `match`), and where it stands."""

    place: Place
    kind: str
    rule: AnyRule

    @property
    def compiled(self) -> Compiled:
        """As the core reads it."""
        if self.kind == MATCH:
            return {"kind": MATCH, **cast("Matcher", self.rule).matcher_compiled()}
        return {"kind": self.kind, **cast("Rule", self.rule).compiled()}


def rules_of(reach: Reach, place: Place = ("reach",)) -> Iterator[Held]:
    """The rule of a `reach` that stands at `place`, and whatever it holds, from the outside to the inside."""
    here = (*place, reach.kind)
    yield Held(here, reach.kind, reach.rule)
    for step, member in _members(reach.rule):
        if isinstance(member, Reach):
            yield from rules_of(member, (*here, *step))
        else:
            yield Held((*here, *step), MATCH, member)


def _members(rule: Rule) -> Iterator[tuple[Place, Matcher | Reach]]:
    if isinstance(rule, Members):
        yield from ((("of", number), member) for number, member in enumerate(rule.members))
    if isinstance(rule, Sequence):
        yield from ((("steps", number), step) for number, step in enumerate(rule.steps))
    if isinstance(rule, Date) and isinstance(rule.of, Matcher):
        yield ("of",), rule.of
