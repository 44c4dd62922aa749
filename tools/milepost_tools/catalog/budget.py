"""What the state of one subject may come to, and which numbers would fit (semantics, 3.1 and section 2).

A rule bounds what it remembers by N, D and how late an event can come. The sum over all milestones is kept for every
subject in the worst case, is read and written with each of its events, and has to fit into one item.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from milepost.domain.instant import DAY, Duration, parse_duration
from milepost.domain.ledger import REDELIVERY
from milepost.domain.rules import Rule, build
from milepost.domain.rules.members import MATCH
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.walk import Held, rules_of

if TYPE_CHECKING:  # The language asks this module.
    from milepost_tools.catalog.language import Catalog, Milestone

MOST_BYTES: Final = 64 * 1024
"""Of all milestones together: an item takes 400 KB, of which traits may take 128."""
VALUE: Final = 7
"""Bytes of one remembered number, as instants are packed."""
LONGEST_DAYS: Final = 400
_FEWEST: Final = 2
"""A smaller `at_least` is another rule, not the same one with a number that fits."""
_HOLDING: Final = ("all", "any")


class Asked(NamedTuple):
    """A rule that holds no others, and the bytes that it may have to remember of one subject."""

    held: Held
    rule: Rule
    most: int


def memory_of(max_age: str) -> Duration:
    """How long after an event another one can arrive that is older."""
    return parse_duration(max_age) + REDELIVERY


def most_bytes(rule: Rule, memory: Duration) -> int:
    """What a rule may have to remember of one subject."""
    return VALUE * rule.most_values(memory)


def over_budget(catalog: "Catalog") -> Iterator[tuple[Place, Problem]]:
    """The rule that asks for most, if together they ask for more than there is; and what would fit."""
    memory = memory_of(catalog.max_age)
    total = _total(catalog, memory)
    if total <= MOST_BYTES:
        return
    asked = max(_asked(catalog, memory), key=lambda each: each.most)
    left = MOST_BYTES - total + asked.most
    what = f"may have to remember {asked.most:,} bytes of one subject, and {max(left, 0):,} are left"
    found = [*_fitting(asked, left, memory), *_fitting_age(catalog)]
    otherwise = "Leave milestones out, or make two catalogs of it."
    yield asked.held.place, Problem(what, f"What would fit: {', or '.join(found)}." if found else otherwise)


def _total(catalog: "Catalog", memory: Duration) -> int:
    return sum(max(_of_variants(each, memory)) for each in catalog.milestones.values())


def _of_variants(milestone: "Milestone", memory: Duration) -> Iterator[int]:
    rule = milestone.reach.compiled()
    for variant in ({}, *(each.compiled(milestone.reach)["reach"] for each in milestone.variants.values())):
        yield most_bytes(build({**rule, **variant}), memory)


def _asked(catalog: "Catalog", memory: Duration) -> Iterator[Asked]:
    """Every rule by itself, inside others too: `all` with `in` has matchers only, and remembers them itself."""
    for name, milestone in catalog.milestones.items():
        for held in rules_of(milestone.reach, ("milestones", name, "reach")):
            if held.kind not in (MATCH, *_HOLDING) or held.compiled.get("in"):
                rule = build(held.compiled)
                yield Asked(held, rule, most_bytes(rule, memory))


def _fitting(asked: Asked, left: int, memory: Duration) -> Iterator[str]:
    """Which of the rule's own numbers would fit, each for itself."""

    def fits(**changed: int) -> bool:
        return most_bytes(_with(asked.rule, **changed), memory) <= left

    at_least, span = getattr(asked.rule, "at_least", None), getattr(asked.rule, "span", None)
    if isinstance(at_least, int):
        most = _largest(at_least, lambda each: fits(at_least=each))
        if most >= _FEWEST:
            yield f"`at_least: {most}`"
    if isinstance(span, int):
        # A longer span holds no more events, and so fewer of them are remembered.
        longer = (each for each in range(span // DAY + 1, LONGEST_DAYS + 1) if fits(span=each * DAY))
        key = "for" if asked.held.kind == "silence" else "in"
        yield from (f"`{key}: {days}d`" for days in [next(longer, None)] if days is not None)


def _fitting_age(catalog: "Catalog") -> Iterator[str]:
    """With events that may be less late, every rule remembers less."""
    longest = parse_duration(catalog.max_age) // DAY
    days = _largest(longest, lambda each: _total(catalog, each * DAY + REDELIVERY) <= MOST_BYTES)
    if days:
        yield f"`max_age: {days}d` at the top of the catalog"


def _with(rule: Rule, **options: Any) -> Rule:  # noqa: ANN401  # whatever the rule's fields are
    known = {field.name for field in fields(rule)}  # type: ignore[arg-type]  # Every rule is a dataclass.
    return replace(rule, **{name: value for name, value in options.items() if name in known})  # type: ignore[type-var]


def _largest(below: int, fits: Callable[[int], bool]) -> int:
    """The largest number under `below` that fits, 0 if none does."""
    low, high = 0, below
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
