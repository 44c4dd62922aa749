from json import dumps
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from milepost.domain.catalog import catalog_from_compiled
from tests.tools.catalog.catalogs import HEAD, compile_text, found

NOISE: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", [], ["x"], {}, {"x": 1}, [[]], [None]]
)


def mostly(*good: object) -> st.SearchStrategy[Any]:
    """Good values, and now and then anything else."""
    return st.sampled_from(good) | st.sampled_from(good) | st.sampled_from(good) | NOISE


def part(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping that has most of its keys."""
    return st.fixed_dictionaries(required, optional=optional)


EVENT = mostly("bought", ["bought", "signed_up"], "*")
WHERE = mostly(
    {"a.b": 1}, {"a": {"gte": 1.50, "lt": "z"}}, {"a": {"in": [None, "b", 2, True]}}, {"a": {"exists": False}}
)
SPAN = mostly("7d", "36h", "400d")
COUNT = part({"event": EVENT, "at_least": mostly(1, 3, 1000)}, where=WHERE, **{"in": SPAN})
SUM = part({"event": EVENT, "of": mostly("amount"), "at_least": mostly(1, 0.1)}, where=WHERE, repeat=st.booleans())
RULE = st.fixed_dictionaries({"count": COUNT}) | st.fixed_dictionaries({"sum": SUM}) | NOISE
STEPS = mostly([{"channel": "email", "template": "t"}], [{"channel": ["in_app", "email"], "template": "t"}])
WITHIN = st.fixed_dictionaries({"from": part({"event": EVENT}, where=WHERE), "for": SPAN})
MILESTONE = part(
    {"reach": RULE},
    title=mostly("Title"),
    tier=mostly("major"),
    fresh_for=SPAN,
    within=WITHIN,
    on_reached=STEPS,
    on_missed=STEPS,
)


@given(MILESTONE)
def test_any_milestone_is_refused_in_words_or_read_by_the_core(milestone: dict[str, Any]) -> None:
    """No shape of a milestone escapes the language, and what passes it the core understands."""
    text = f"{HEAD}milestones: {dumps({'m': milestone})}"  # JSON is YAML.
    findings = found(text)
    event("refused" if findings else "taken")
    assert not any("is refused:" in finding for finding in findings), "every error has words of its own"
    assert findings or list(catalog_from_compiled(compile_text(text)).milestones) == ["m"]
