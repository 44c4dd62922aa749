"""`distinct` as teams write it."""

import pytest

from milepost.domain.matcher import Matcher
from milepost.domain.rules import build
from milepost.domain.rules.distinct import Distinct as Rule
from milepost_tools.catalog.rules.distinct import Distinct
from tests.tools.catalog.catalogs import compile_text, found, with_milestone, with_reach

BOUGHT = Matcher(frozenset({"bought"}))


@pytest.mark.parametrize(
    ("of", "compiled_of", "rule"),
    [
        ("kind", ["kind"], Rule(BOUGHT, ("kind",), 3)),
        ("song.id", ["song", "id"], Rule(BOUGHT, ("song", "id"), 3)),
        ("user", "user", Rule(BOUGHT, None, 3)),
        ("user.id", ["user", "id"], Rule(BOUGHT, ("user", "id"), 3)),
    ],
)
def test_it_compiles_to_what_the_core_reads(of: str, compiled_of: object, rule: Rule) -> None:
    """A path is split; `user` alone means who did it."""
    milestone = f"subject: account\nreach: {{distinct: {{event: bought, of: {of}, at_least: 3}}}}"
    compiled = compile_text(with_milestone(milestone))["milestones"]["m"]["reach"]
    assert compiled == {"kind": "distinct", "event": ["bought"], "where": [], "of": compiled_of, "at_least": 3}
    assert build(compiled) == rule


@pytest.mark.parametrize(("of", "counts_users"), [("user", True), ("user.id", False), ("kind", False)])
def test_it_tells_whether_it_counts_users(of: str, counts_users: bool) -> None:  # noqa: FBT001  # one of a table
    """A user has only one, so that the catalog can ask for an account."""
    assert Distinct.model_validate({"event": "bought", "of": of, "at_least": 3}).counts_users is counts_users


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("at_least: 3", "distinct: `of` is missing. Add it."),
        ("of: kind", "distinct: `at_least` is missing. Add it."),
        ("of: kind, at_least: 0", "distinct.at_least: must be at least 1, and is 0"),
        ("of: kind, at_least: 1001", "distinct.at_least: must be at most 1000, and is 1001"),
        ("of: a..b, at_least: 3", "distinct.of: is not a property path. Write `name` or `name.inner`"),
        ("of: [kind], at_least: 3", "distinct.of: must be text, and is a list"),
        ("of: kind, at_least: 3, in: 7d", "distinct.in: `in` is not a key of `distinct`."),
        ("of: kind, at_least: 3, repeat: true", "distinct.repeat: `repeat` is not a key of `distinct`."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(written: str, finding: str) -> None:
    """Each finding names the field and says what to write."""
    (only,) = found(with_reach(f"distinct: {{event: bought, {written}}}"))
    assert f"milestones.m.reach.{finding}" in only
