import gzip
import json
from datetime import datetime
from typing import Any

from milepost_tools.demo.make_sample import SAMPLE
from tests.tools.demo import brute_force

WAITS = "inactive-30d"
"""Decided by the clock, when nothing that could be late is on its way any more."""


def read(name: str) -> list[dict[str, Any]]:
    """The rows of one file of the sample."""
    with gzip.open(SAMPLE / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_slow_and_obvious_way_gives_the_shipped_answers() -> None:
    """The log as delivered leads to every answer, and to none that is not shipped."""
    accepted = [each for each in brute_force.messages(SAMPLE / "events.ndjson.gz") if each]
    found = {
        (subject, milestone, outcome, n): at
        for subject, bought in brute_force.purchases(accepted).items()
        for milestone, outcome, n, at in brute_force.outcomes(subject, bought)
    }
    rows = {(a["subject"], a["milestone"], a["outcome"], a["n"]): a["at"] for a in read("answers.ndjson.gz")}
    assert found.keys() == rows.keys()
    assert [key for key, at in rows.items() if at and datetime.fromisoformat(at) != found[key]] == []


def test_slow_and_obvious_way_turns_away_as_many_messages_as_expected() -> None:
    """Accepted, duplicate and rejected messages are as many as expected.json says."""
    lines = list(brute_force.messages(SAMPLE / "events.ndjson.gz"))
    accepted = [each for each in lines if each]
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
    counted = len({(each["userId"], each["messageId"]) for each in accepted})
    assert len(lines) == expected["messages"]
    assert lines.count(None) == expected["rejected"] == len(expected["rejected_kinds"])
    assert counted == expected["accepted"]
    assert len(accepted) - counted == expected["duplicates"]
    assert len({each["userId"] for each in accepted}) == expected["members"]


def test_answer_with_an_instant_has_the_same_one_in_the_order_of_arrival() -> None:
    """Where arrival decides `at`, the answer leaves it open; anywhere else it is what arrival gives, too."""
    accepted = [each for each in brute_force.messages(SAMPLE / "events.ndjson.gz") if each]
    at = {(a["subject"], a["milestone"], a["n"]): a["at"] for a in read("answers.ndjson.gz")}
    differing = 0
    for subject, bought in brute_force.purchases(accepted).items():
        told = set[tuple[str, int]]()
        for arrived in range(1, len(bought) + 1):
            newest = max(each.at for each in bought[:arrived])
            hits = brute_force.outcomes(subject, bought[:arrived])
            reached = {(m, n) for m, outcome, n, _ in hits if outcome == "reached" and m != WAITS}
            for milestone, n in reached - told:
                right = at.get((subject, milestone, n))
                assert right is None or datetime.fromisoformat(right) == newest
                differing += right is None
            told |= reached
    assert differing > 0
