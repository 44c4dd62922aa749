from json import dumps
from typing import Any

import pytest
from hypothesis import event, find, given
from hypothesis import strategies as st

from milepost.domain.catalog import catalog_from_compiled
from milepost.domain.rules import KINDS
from tests.tools.catalog.catalogs import HEAD, compile_text, found

NOISE: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", [], ["x"], {}, {"x": 1}, [[]], [None]]
)


def mostly(*good: object) -> st.SearchStrategy[Any]:
    """Good values, and now and then anything else."""
    return st.sampled_from(good) | st.sampled_from(good) | st.sampled_from(good) | NOISE


def written(milestone: dict[str, Any]) -> str:
    """A catalog whose only milestone, `m`, is this one."""
    return f"{HEAD}milestones: {dumps({'m': milestone})}"  # JSON is YAML.


def part(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping that has most of its keys."""
    return st.fixed_dictionaries(required, optional=optional)


EVENT = mostly("bought", ["bought", "signed_up"], "*")
WHERE = mostly(
    {"a.b": 1}, {"a": {"gte": 1.50, "lt": "z"}}, {"a": {"in": [None, "b", 2, True]}}, {"a": {"exists": False}}
)
SPAN = mostly("7d", "36h", "400d")
CALENDAR_SPAN = mostly("7d", "36h", "1mo", "1y")
MATCHER = part({"event": EVENT}, where=WHERE)
COUNT = part({"event": EVENT, "at_least": mostly(1, 3, 1000)}, where=WHERE, **{"in": SPAN})
SUM = part({"event": EVENT, "of": mostly("amount"), "at_least": mostly(1, 0.1)}, where=WHERE, repeat=st.booleans())
DAYS = part({"event": EVENT, "at_least": mostly(1, 3)}, where=WHERE, **{"in": mostly("7d", "2w", "36h")})
DISTINCT = part({"event": EVENT, "of": mostly("kind", "a.b", "user"), "at_least": mostly(1, 30)}, where=WHERE)
STREAK = part(
    {"event": EVENT, "at_least": mostly(2, 30), "unit": mostly("day", "week", "month")},
    where=WHERE,
    per_period=mostly(2),
    freezes=mostly(0, 1),
    repeat=st.booleans(),
)
SEQUENCE = part({"steps": mostly([{"event": "bought"}] * 2) | st.lists(MATCHER, max_size=3)}, **{"in": SPAN})
TRAIT = part({"name": mostly("plan")}, becomes=mostly(*("pro", 3, True))) | part(
    {"name": mostly("n"), "at_least": NOISE}
)
SILENCE = part({"event": EVENT, "for": SPAN}, where=WHERE, repeat=st.booleans())
DROP = part({"event": EVENT, "by": mostly(0.5, 1, 2), "over": SPAN}, where=WHERE)
DATE = part({"of": MATCHER | mostly({"trait": "renews_at"}), "after": CALENDAR_SPAN}, every=st.booleans()) | part(
    {"of": mostly({"trait": "renews_at"}), "before": CALENDAR_SPAN}
)
OF_ITS_KIND = {
    "count": COUNT,
    "sum": SUM,
    "days": DAYS,
    "distinct": DISTINCT,
    "streak": STREAK,
    "sequence": SEQUENCE,
    "trait": TRAIT,
    "silence": SILENCE,
    "drop": DROP,
    "date": DATE,
}
SIMPLE = st.one_of(*(st.fixed_dictionaries({kind: options}) for kind, options in OF_ITS_KIND.items()))


def holding(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rules that hold these."""
    return st.fixed_dictionaries(
        {"all": part({"of": st.lists(members | MATCHER, max_size=3)}, **{"in": SPAN})}
    ) | st.fixed_dictionaries({"any": part({"of": st.lists(members, max_size=3)})})


RULE = st.recursive(SIMPLE | SIMPLE | SIMPLE | NOISE, holding, max_leaves=4)
STEPS = mostly([{"channel": "email", "template": "t"}], [{"channel": ["in_app", "email"], "template": "t"}])
START = MATCHER | mostly({"milestone": "m"}, {"milestone": "other"}, {"trait": "renews_at"})
WITHIN = st.fixed_dictionaries({"from": START, "for": SPAN})
MILESTONE = part(
    {"reach": RULE},
    title=mostly("Title"),
    tier=mostly("major"),
    subject=mostly("user", "account"),
    audience=mostly({"plan": "pro"}, {"trait": {"plan": {"ne": "free"}}}, {"seats": {"gte": 3}}),
    on_introduction=mostly("nudge"),
    fresh_for=SPAN,
    within=WITHIN,
    on_reached=STEPS,
    on_missed=STEPS,
)


def test_every_kind_of_rule_is_among_the_shapes() -> None:
    """A new kind is tried as well."""
    assert {*OF_ITS_KIND, "all", "any"} == set(KINDS)


@pytest.mark.parametrize("kind", sorted(OF_ITS_KIND))
def test_some_shapes_of_every_kind_are_taken(kind: str) -> None:
    """Otherwise what follows would try mistakes only."""
    taken = find(OF_ITS_KIND[kind], lambda options: not found(written({"reach": {kind: options}})))
    assert list(catalog_from_compiled(compile_text(written({"reach": {kind: taken}}))).milestones) == ["m"]


@given(MILESTONE)
def test_any_milestone_is_refused_in_words_or_read_by_the_core(milestone: dict[str, Any]) -> None:
    """No shape of a milestone escapes the language, and what passes it the core understands."""
    text = written(milestone)
    findings = found(text)
    event("refused" if findings else "taken")
    assert not any("is refused:" in finding for finding in findings), "every error has words of its own"
    assert findings or list(catalog_from_compiled(compile_text(text)).milestones) == ["m"]
