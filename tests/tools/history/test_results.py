from itertools import permutations

from milepost_tools.history.results import Row, final_state


def row(outcome: str, n: int = 1, milestone: str = "m", at: str = "2026-03-01T12:00:00Z") -> Row:
    """An outcome."""
    return {"subject": "user:u_1", "milestone": milestone, "outcome": outcome, "n": n, "at": at, "ref": None}


def test_a_reached_takes_the_place_of_missed_and_recovered_in_whatever_order_they_are_heard_of() -> None:
    """Topics keep no order; what stands in the end does not depend on it."""
    heard = [row("reached"), row("missed"), row("recovered"), row("missed", milestone="other")]
    expected = [row("reached"), row("missed", milestone="other")]
    assert sorted(final_state(heard), key=str) == sorted(expected, key=str)
    assert final_state(heard) == final_state(list(reversed(heard)))


def test_the_file_is_sorted_and_has_each_outcome_once() -> None:
    """By subject, milestone, n and outcome; a message delivered twice is one line."""
    heard = [row("reached", 2), row("reached", 1), row("reached", 2), row("reached", milestone="a")]
    assert final_state(heard) == [row("reached", milestone="a"), row("reached", 1), row("reached", 2)]


def test_a_retracted_takes_back_a_reached_in_whatever_order_they_are_heard_of() -> None:
    """3.1: an occurrence that was none leaves no line; one that came in its place stays."""
    later = "2026-04-01T12:00:00Z"
    heard = [row("reached"), row("reached", 2), row("retracted", 2), row("reached", 2, at=later)]
    for order in permutations(heard):
        assert final_state(order) == [row("reached"), row("reached", 2, at=later)]
    assert final_state([row("reached", 2), row("retracted", 2)]) == []
