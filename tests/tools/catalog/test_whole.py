from itertools import count

import pytest

from milepost.adapters.names import event_key
from milepost_tools.catalog.problems import quoted
from tests.tools.catalog.catalogs import COUNT, found, with_milestone, with_reach

REACH = f"reach: {{{COUNT}}}"
PLAN = "  bought: {properties: {amount: number}}\n  signed_up: {}\n"
RETRACTABLE = "  bought: {retracted_by: refunded}\n  signed_up: {}\n  refunded: {}\n"


def starting(start: str, others: str = "") -> list[str]:
    """What is wrong with a milestone whose deadline starts there, and with these others."""
    return found(with_milestone(f"{REACH}\nwithin: {{from: {start}, for: 7d}}") + others)


def other(name: str, rest: str = "") -> str:
    """One more milestone, in one line."""
    return f"  {name}: {{{REACH}{rest}}}\n"


def after(milestone: str) -> str:
    """A deadline that starts when another milestone is reached."""
    return f", within: {{from: {{milestone: {milestone}}}, for: 7d}}"


def retracted(rule: str) -> list[str]:
    """What is wrong with a rule where `bought` can be taken back."""
    return found(with_reach(rule).replace(PLAN, RETRACTABLE))


def with_deadline(rule: str) -> list[str]:
    """What is wrong with a rule that has a deadline."""
    return found(with_milestone(f"reach: {{{rule}}}\nwithin: {{from: {{event: signed_up}}, for: 7d}}"))


def test_a_deadline_may_start_with_a_milestone_of_the_same_kind_of_subject() -> None:
    """Also over several steps, and whichever stands first in the file."""
    assert starting("{milestone: a}", other("a", after("b")) + other("b")) == []
    assert found(with_milestone(f"{REACH}\nsubject: account") + other("a", f", subject: account{after('m')}")) == []


@pytest.mark.parametrize(
    ("start", "others", "words"),
    [
        ("{milestone: first}", other("frist"), "`first` is not a milestone of this catalog. Did you mean `frist`?"),
        ("{milestone: zzz}", other("a"), "`zzz` is not a milestone of this catalog. Name one of this catalog."),
        ("{milestone: a}", other("a", ", subject: account"), "`a` is a milestone of another kind of subject. Name one"),
        ("{milestone: m}", "", "waits for itself in the end. Let one of them start with an event."),
    ],
)
def test_a_deadline_that_can_never_start_is_refused(start: str, others: str, words: str) -> None:
    """At the line that names the milestone."""
    (finding,) = starting(start, others)
    assert finding.startswith(f"c.yaml:10: milestones.m.within.from.milestone: {words}")


def test_milestones_that_wait_for_each_other_are_each_told_of_it() -> None:
    """And one that waits for them, without being waited for, is not: it is in order once they are."""
    findings = starting("{milestone: a}", other("a", after("b")) + other("b", after("a")))
    assert [finding.split(": ")[1] for finding in findings] == [
        "milestones.a.within.from.milestone",
        "milestones.b.within.from.milestone",
    ]
    assert all("waits for itself in the end" in finding for finding in findings)


@pytest.mark.parametrize(
    "rule",
    [
        COUNT,
        'count: {event: "*", at_least: 2, repeat: true}',
        "sum: {event: bought, of: amount, at_least: 2}",
        "any: {of: [{count: {event: bought, at_least: 2}}]}",
        "all: {of: [{event: signed_up}, {sum: {event: bought, of: amount, at_least: 2}}]}",
        "days: {event: signed_up, at_least: 2}",
    ],
)
def test_what_is_counted_or_summed_up_can_be_taken_back(rule: str) -> None:
    """Inside other rules too; a rule that looks at other events does not mind."""
    assert retracted(rule) == []


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("count: {event: bought, at_least: 2, in: 7d}", "count"),
        ("sum: {event: [signed_up, bought], of: amount, at_least: 2, in: 7d}", "sum"),
        ("days: {event: bought, at_least: 2}", "days"),
        ('days: {event: "*", at_least: 2}', "days"),
        ("distinct: {event: bought, of: a, at_least: 2}", "distinct"),
        ("streak: {event: bought, at_least: 2, unit: day}", "streak"),
        ("silence: {event: bought, for: 7d}", "silence"),
        ("drop: {event: bought, by: 0.5, over: 7d}", "drop"),
        ("date: {of: {event: bought}, after: 1y}", "date.of"),
        ("sequence: {steps: [{event: signed_up}, {event: bought}]}", "sequence.steps[1]"),
        ("all: {of: [{event: signed_up}, {event: bought}]}", "all.of[1]"),
        ("any: {of: [{count: {event: bought, at_least: 2, in: 7d}}]}", "any.of[0].count"),
    ],
)
def test_what_cannot_be_taken_back_may_not_be_retractable(rule: str, place: str) -> None:
    """Whatever the kind and wherever it stands."""
    (finding,) = retracted(rule)
    assert finding.startswith(f"c.yaml:10: milestones.m.reach.{place}: looks at an event that can be retracted")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bought", "is taken back by itself, and so would never count. Name the event that says it did not hold."),
        ('"*"', "`*` means any event, and one event takes back. Write the name of that event."),
    ],
)
def test_an_event_is_taken_back_by_another_one(name: str, words: str) -> None:
    """By one that has a name."""
    (finding,) = found(with_reach(COUNT).replace("bought: {", f"bought: {{retracted_by: {name}, "))
    assert finding == f"c.yaml:5: events.bought.retracted_by: {words}"


def test_only_an_account_has_several_users() -> None:
    """Also for a rule inside another."""
    distinct = "distinct: {event: bought, of: user, at_least: 5}"
    for rule, place in ((distinct, "distinct"), (f"any: {{of: [{{{distinct}}}]}}", "any.of[0].distinct")):
        (finding,) = found(with_reach(rule))
        assert f"milestones.m.reach.{place}.of: counts the users of an account, and this mil" in finding
        assert found(with_milestone(f"subject: account\nreach: {{{rule}}}")) == []


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("repeat", "count: {event: bought, at_least: 2, repeat: true}"),
        ("repeat", "streak: {event: bought, at_least: 2, unit: day, repeat: true}"),
        ("silence", "silence: {event: bought, for: 3d}"),
        ("silence", "silence: {event: bought, for: 3d, repeat: false}"),
        ("drop", "drop: {event: bought, by: 0.5, over: 7d}"),
        ("date", "date: {of: {event: bought}, after: 1y}"),
        ("date", "date: {of: {trait: renews_at}, after: 1y, every: true}"),
        ("silence", "any: {of: [{count: {event: bought, at_least: 2}}, {silence: {event: bought, for: 3d}}]}"),
        ("date", "all: {of: [{any: {of: [{date: {of: {trait: born}, after: 1y}}]}}, {event: bought}]}"),
    ],
)
def test_a_deadline_goes_with_what_happens_once_and_by_events(kind: str, rule: str) -> None:
    """What repeats has no end, and what the clock brings about has an instant of its own; also deep inside."""
    (finding,) = with_deadline(rule)
    what = f"does not go together with {quoted(kind)}. Leave out one of them."
    assert finding == f"c.yaml:10: milestones.m.within: {what}"


@pytest.mark.parametrize(
    "rule",
    [
        COUNT,
        "days: {event: bought, at_least: 3, in: 7d}",
        "streak: {event: bought, at_least: 3, unit: day}",
        "trait: {name: plan, becomes: pro}",
        "all: {of: [{event: bought}, {distinct: {event: bought, of: a, at_least: 2}}]}",
    ],
)
def test_everything_else_goes_with_a_deadline(rule: str) -> None:
    """So that the refusals above refuse no more than they should."""
    assert with_deadline(rule) == []


def test_two_events_that_an_item_could_not_tell_apart_are_refused() -> None:
    """A matter of luck, one in millions for two names; here of trying some thousand of them."""
    seen: dict[int, str] = {}
    name = next(name for name in map("e{}".format, count()) if seen.setdefault(event_key(name), name) != name)
    first = seen[event_key(name)]
    (finding,) = found(with_reach(COUNT).replace("signed_up: {}", f"{first}: {{}}\n  {name}: {{}}"))
    what = f"has the same hash as {quoted(first)}. Give one of them another name."
    assert finding == f"c.yaml:7: events.{name}: {what}"
