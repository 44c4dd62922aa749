from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from milepost_tools.demo.expected import Expected
from milepost_tools.demo.judge import Judgement, Observed, judge
from tests.tools.demo.conftest import Played

Rows = list[dict[str, Any]]
FEW = 40
"""Every so many-th customer is enough here."""


@pytest.fixture(scope="module")
def few(played: Played) -> Played:
    """A few customers of the sample."""
    return played.of(sorted({each["subject"] for each in played.outcomes})[::FEW])


@pytest.fixture(scope="module")
def expected(few: Played) -> Expected:
    """What the shipped sample expects of them."""
    statistics: dict[str, dict[str, int]] = {"*": {"members": len({each.subject for each in few.expected.outcomes})}}
    for (milestone, outcome), count in Counter(
        (each.milestone, each.outcome) for each in few.expected.outcomes
    ).items():
        statistics.setdefault(milestone, {})[outcome] = count
    return replace(few.expected, statistics=statistics)


@pytest.fixture
def right(few: Played, expected: Expected) -> Observed:
    """What a program without a fault delivers; everything in it may be changed."""
    outcomes = [{**each, "id": f"outcome {number}"} for number, each in enumerate(few.outcomes)]
    statistics = {scope: dict(counters) for scope, counters in expected.statistics.items()}
    for each in few.decisions:
        counted = statistics.setdefault(each["milestone"], {})
        if each["verdict"] != "deferred":
            counter = f"{each['verdict']}.{each['channel']}"
            counted[counter] = counted.get(counter, 0) + 1
    sent = [dict(each) for each in few.decisions if each["verdict"] == "sent"]
    return Observed(outcomes, sent, [dict(each) for each in few.decisions], dict(expected.counts), statistics)


def faults(expected: Expected, observed: Observed) -> dict[str, int]:
    """How many faults of each kind are found, those of decisions apart: they follow from wrong outcomes as well."""
    return {kind: count for kind, count in all_faults(expected, observed).items() if kind != "wrongly_decided"}


def all_faults(expected: Expected, observed: Observed) -> dict[str, int]:
    """How many faults of each kind are found."""
    judgement = judge(expected, observed)
    assert judgement.wrong == sum(map(len, judgement.faults.values()))
    return {kind: len(found) for kind, found in judgement.faults.items()}


def with_outcomes(observed: Observed, *more: dict[str, Any], without: int = 0) -> Observed:
    """The same, with more outcomes after the others and the first few gone."""
    return replace(observed, outcomes=[*observed.outcomes[without:], *more])


def with_nudges(observed: Observed, *more: dict[str, Any], without: int = 0) -> Observed:
    """The same, with more nudges after the others and the first few gone."""
    return replace(observed, nudges=[*observed.nudges[without:], *more])


def first_nudge(observed: Observed, **like: object) -> dict[str, Any]:
    """The first nudge that has these values."""
    return dict(next(each for each in observed.nudges if like.items() <= dict(each).items()))


def first_outcome(observed: Observed, **like: object) -> dict[str, Any]:
    """The first outcome that has these values."""
    return dict(next(each for each in observed.outcomes if like.items() <= dict(each).items()))


def test_what_is_right_is_found_right(expected: Expected, right: Observed) -> None:
    """No fault where there is none, and the counts that the demo prints."""
    judgement = judge(expected, right)
    assert judgement.faults == {}
    assert judgement.wrong == 0
    assert judgement.reached + judgement.missed == len(expected.outcomes) > FEW
    assert judgement.nudges_expected == judgement.nudges_delivered == len(right.nudges) > FEW


def test_nothing_at_all_is_all_wrong(expected: Expected) -> None:
    """A pipeline that delivers nothing cannot pass."""
    found = faults(expected, Observed([], [], [], {}, {}))
    assert found["lost"] == len(expected.outcomes)
    assert found["miscounted"] == 3 + sum(map(len, expected.statistics.values()))


def test_outcomes_without_any_decision_on_nudges_are_wrong(expected: Expected, right: Observed) -> None:
    """Who has lost every decision has one to show for no step of any outcome."""
    found = all_faults(expected, replace(right, decisions=[], nudges=[]))
    assert found["wrongly_decided"] > FEW


def test_same_message_delivered_twice_is_fine(expected: Expected, right: Observed) -> None:
    """At least once: a subscriber that remembers ids handles it once."""
    again = with_nudges(with_outcomes(right, *map(dict, right.outcomes)), *map(dict, right.nudges))
    assert faults(expected, again) == {}
    assert judge(expected, again).nudges_delivered == len(right.nudges)


def test_lost_outcome_is_found(expected: Expected, right: Observed) -> None:
    """Two outcomes that never came."""
    assert faults(expected, with_outcomes(right, without=2)) == {"lost": 2}


def test_extra_outcome_is_found(expected: Expected, right: Observed) -> None:
    """A repetition that never was."""
    extra = {**first_outcome(right, milestone="inactive-30d"), "n": 99, "id": "new"}
    assert faults(expected, with_outcomes(right, extra)) == {"extra": 1}


def test_outcome_that_the_answers_do_not_list_is_not_judged(expected: Expected, right: Observed) -> None:
    """A recovery is right or wrong for all that the answers say."""
    missed = first_outcome(right, outcome="missed")
    recovered = {**missed, "outcome": "recovered", "at": "1998-01-01T00:00:00Z", "id": "new"}
    assert faults(expected, with_outcomes(right, recovered)) == {}


def test_missed_that_became_reached_counts_as_reached(expected: Expected, right: Observed) -> None:
    """In whichever order the two came."""
    reached = first_outcome(right, milestone="second-within-45d", outcome="reached")
    missed = {**reached, "outcome": "missed", "id": "new"}
    assert faults(expected, with_outcomes(right, missed)) == {}
    assert judge(expected, with_outcomes(right, missed)).missed == judge(expected, right).missed


def test_missed_instead_of_reached_is_lost_and_extra(expected: Expected, right: Observed) -> None:
    """To be told that one missed what one did."""
    rows: Rows = [dict(each) for each in right.outcomes]
    wrong = next(each for each in rows if each["milestone"] == "second-within-45d" and each["outcome"] == "reached")
    wrong["outcome"] = "missed"
    assert faults(expected, replace(right, outcomes=rows)) == {"lost": 1, "extra": 1}


@pytest.mark.parametrize("at", ["1997-01-01T05:00:01Z", "1997-01-01T05:00:00", "soon"])
def test_wrong_instant_is_found(expected: Expected, right: Observed, at: str) -> None:
    """Off by a second, without an offset, or no instant at all; also when the right one came as well."""
    wrong = {**first_outcome(right, milestone="first-purchase", subject="user:00001"), "at": at}
    assert faults(expected, with_outcomes(right, wrong)) == {"wrong_at": 1}


def test_same_instant_in_another_notation_is_right(expected: Expected, right: Observed) -> None:
    """Instants are compared, not texts."""
    same = {**first_outcome(right, subject="user:00001"), "at": "1997-01-01T06:00:00+01:00"}
    assert faults(expected, with_outcomes(right, same)) == {}


def test_instant_that_the_answers_leave_open_may_be_any(expected: Expected, right: Observed) -> None:
    """Where arrival out of order decides `at` the answers hold none."""
    open_ = next(each for each, at in expected.outcomes.items() if at is None)
    any_ = {**first_outcome(right, **open_._asdict()), "at": "1997-12-24T00:00:00Z"}
    assert faults(expected, with_outcomes(right, any_)) == {}


@pytest.mark.parametrize("add", [with_outcomes, with_nudges])
def test_same_thing_under_two_ids_is_found(expected: Expected, right: Observed, add: Any) -> None:
    """A subscriber that remembers ids would handle it twice."""
    rows = right.outcomes if add is with_outcomes else right.nudges
    assert faults(expected, add(right, {**rows[0], "id": "new"})) == {"ids": 1}


def test_nudge_to_two_channels_is_under_two_ids(expected: Expected, right: Observed) -> None:
    """A step takes one channel; the other is one too many, too."""
    one = first_nudge(right, channel="email")
    found = faults(expected, with_nudges(right, {**one, "channel": "in_app", "id": "new"}))
    assert found == {"ids": 1, "nudges_extra": 1}


@pytest.mark.parametrize("add", [with_outcomes, with_nudges])
def test_two_things_under_one_id_are_found(expected: Expected, right: Observed, add: Any) -> None:
    """A subscriber that remembers ids would handle one of them alone."""
    rows = right.outcomes if add is with_outcomes else right.nudges
    assert faults(expected, add(right, {**rows[1], "id": rows[0]["id"]})) == {"ids": 2}


def test_lost_nudge_is_found(expected: Expected, right: Observed) -> None:
    """Three nudges that never came."""
    found = faults(expected, with_nudges(right, without=3))
    assert found == {"nudges_lost": 3}


def test_unexpected_nudge_is_found(expected: Expected, right: Observed) -> None:
    """One that was decided not to be sent."""
    held = next(dict(each) for each in right.decisions if each["verdict"] not in ("sent", "deferred"))
    assert faults(expected, with_nudges(right, held)) == {"nudges_extra": 1}


def test_wrong_decision_is_found(expected: Expected, right: Observed) -> None:
    """Booked, published and counted alike, but without the customer's yes."""
    rows: Rows = [dict(each) for each in right.decisions]
    row = next(each for each in rows if each["reason"] == "no_consent")
    scope = right.statistics[row["milestone"]]
    moved = {f"suppressed.{row['channel']}": -1, f"sent.{row['channel']}": 1}
    counted = {**scope, **{name: scope.get(name, 0) + by for name, by in moved.items()}}
    row.update(verdict="sent", reason=None)
    told = replace(
        right,
        decisions=rows,
        nudges=[*right.nudges, row],
        statistics={**right.statistics, row["milestone"]: counted},
    )
    assert all_faults(expected, told).keys() == {"wrongly_decided"}


def test_verdict_counted_wrong_is_found(expected: Expected, right: Observed) -> None:
    """The statistics have one more than was booked."""
    counters = {**right.statistics["first-purchase"], "sent.sms": 1}
    found = faults(expected, replace(right, statistics={**right.statistics, "first-purchase": counters}))
    assert found == {"miscounted": 1}


@pytest.mark.parametrize("name", ["accepted", "duplicates", "rejected"])
def test_message_counted_wrong_is_found(expected: Expected, right: Observed, name: str) -> None:
    """Each of the three, by one."""
    counts = {**right.counts, name: right.counts[name] + 1}
    assert faults(expected, replace(right, counts=counts)) == {"miscounted": 1}


@pytest.mark.parametrize(
    ("scope", "counter"),
    [("*", "members"), ("purchase-3", "reached"), ("second-within-45d", "missed"), ("purchase-3", "missed")],
)
def test_wrong_statistics_are_found(expected: Expected, right: Observed, scope: str, counter: str) -> None:
    """Counted once too often, also where nothing was to be counted."""
    counters = {**right.statistics[scope], counter: right.statistics[scope].get(counter, 0) + 1}
    statistics = {**right.statistics, scope: counters}
    assert faults(expected, replace(right, statistics=statistics)) == {"miscounted": 1}


def test_fault_is_told_in_words_that_name_it(expected: Expected, right: Observed) -> None:
    """A person reads them."""
    judgement: Judgement = judge(expected, replace(right, counts={**right.counts, "rejected": 0}))
    assert judgement.miscounted == (f"rejected: 0 instead of {expected.counts['rejected']}",)
