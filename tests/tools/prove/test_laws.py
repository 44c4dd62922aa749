from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from milepost_tools.prove.checker.evidence import Erased, Evidence
from milepost_tools.prove.checker.laws import judge
from milepost_tools.prove.checker.plan import DAY, HOUR
from tests.tools.prove.examples import BEGIN, SECOND, decided, nudge, recorded, sent, sound, told


def test_what_is_sound_is_called_sound() -> None:
    """Else the rest of this page would mean nothing."""
    assert judge(sound()) == []


def _worked_in_time(evidence: Evidence, at: int = BEGIN + HOUR) -> None:
    evidence.sent.append(sent("worked", "3", at))
    evidence.counted = {"user:u": {"signed_up": 1, "worked": 2}}
    evidence.told.append(told("each", n=3, at=at))
    evidence.statistics["each", "reached"] = 3
    recorded(evidence, decided("third", "each", n=3, at=at, verdict="cancelled", decided=at + DAY))


def _decide(evidence: Evidence) -> None:
    evidence.decisions = [*evidence.decisions, *evidence.decisions]


def _work_on_two_days(evidence: Evidence) -> None:
    _worked_in_time(evidence, BEGIN + DAY)


def erased(**more: Any) -> Erased:
    """Somebody was erased as all began."""
    known: dict[str, Any] = {"buried": BEGIN, "told": [], "left": [], "may_count": Counter()}
    return Erased("user:x", **known | more)


WRONG: dict[str, Callable[[Evidence], object]] = {
    "3 outboxes did not come to rest": lambda found: found.waiting.update(outboxes=3),
    "refused and nowhere to be found: rubbish": lambda found: found.dead.clear(),
    "among the dead letters for no reason: body of 1": lambda found: found.dead.append(("body of 1", "why")),
    "among the dead letters without a reason: rubbish": lambda found: found.dead.append(("rubbish", None)),
    "user:u has counted": lambda found: found.counted.update({"user:u": {"signed_up": 1}}),
    "user:v has counted": lambda found: found.counted.update({"user:v": {"worked": 1}}),
    "user:u was told of [2] of each": lambda found: found.told.pop(0),
    "user:u was told of [1, 2, 3] of each": lambda found: found.told.append(told("each", n=3)),
    "user:u was told of [1] of three,": lambda found: found.told.append(told("three")),
    "statistics count 1 of each for 2": lambda found: found.statistics.subtract({("each", "reached"): 1}),
    "statistics have 2 members for 1": lambda found: found.statistics.update({("*", "members"): 1}),
    "was told under 2 ids": lambda found: found.told.append(told("each", n=2, id="another", at=BEGIN + HOUR)),
    "was told with 2 contents": lambda found: found.told.append(told("each", n=2, id="user:u each reached 1 None")),
    "2 decisions on first": _decide,
    "silence is on record as sent and was not": lambda found: found.told.pop(),
    "other was sent and is not on record": lambda found: found.told.append(nudge(decided("other", "each"))),
    "statistics count 3 of ('each', 'sent.in_app') for 2": lambda found: found.statistics.update(
        {("each", "sent.in_app"): 1}
    ),
    "user:u has had an email without consent": lambda found: found.told.append(
        replace(nudge(found.history[0]), topic="email")
    ),
    "user:u was told of {} runs, and had 1": _work_on_two_days,
    "statistics count 1 runs for 0": lambda found: found.statistics.update({("runs", "reached"): 1}),
    "statistics have 0 who missed it for 1": lambda found: found.statistics.subtract({("onboarded", "missed"): 1}),
    "user:u was told that they missed what they had done in time": _worked_in_time,
    "user:u was told that they missed what they still could do": lambda found: found.told.append(
        told("onboarded", "missed", id="early", when=BEGIN + HOUR)
    ),
    "user:u missed the deadline and was told []": lambda found: found.told.pop(2),
    "user:u was called silent since 2026-11-02T08:00:00Z and was not": lambda found: _worked_in_time(
        found, BEGIN + 3 * HOUR
    ),
    "user:u fell silent, and nobody noticed": lambda found: found.told.pop(3),
    "user:x was never erased": lambda found: setattr(found, "erased", erased(buried=None)),
    "d#1 is left of user:x": lambda found: setattr(found, "erased", erased(left=["d#1"])),
    "user:x was erased, and then told of each": lambda found: setattr(
        found, "erased", erased(told=[told("each", subject="user:x", when=BEGIN + 61 * SECOND)])
    ),
}


@pytest.mark.parametrize("finding", WRONG)
def test_what_is_wrong_is_named(finding: str) -> None:
    """Each law by an example that breaks it."""
    evidence = sound()
    WRONG[finding](evidence)
    if "still could do" in finding:
        evidence.told.pop(2)  # The first message of an outcome counts.
    assert any(finding in each for each in judge(evidence)), judge(evidence)


def test_a_late_message_excuses_a_miss() -> None:
    """Nobody could know of what was sent after the deadline; then it is reached after all."""
    evidence = sound()
    _worked_in_time(evidence)
    evidence.sent[-1].sent = BEGIN + 5 * HOUR
    evidence.told += [told("onboarded"), told("habit")]
    evidence.statistics += Counter({("onboarded", "reached"): 1})
    evidence.statistics["onboarded", "missed"] = 0
    for name in ("onboarded", "habit"):
        recorded(evidence, decided(name, name, verdict="cancelled", decided=BEGIN + 10 * DAY))
    assert judge(evidence) == []


def test_two_who_are_one_may_both_have_been_told_of_their_first() -> None:
    """Nobody knew; but what they have done is counted once, for one member."""
    evidence = sound()
    evidence.aliases["user:d"] = "user:u"
    evidence.told.append(told("each", n=1, subject="user:d", id="d"))
    recorded(evidence, decided("other", "each", verdict="cancelled", decided=BEGIN + DAY) | {"subject": "user:d"})
    assert judge(evidence) == []


@pytest.mark.parametrize("outcome", ["reached", "missed"])
def test_two_who_are_one_are_counted_once_by_a_deadline(outcome: str) -> None:
    """As which of both is not for the judge to say; but as one of them, and not as both."""
    evidence = sound()
    evidence.aliases["user:d"] = "user:u"
    evidence.statistics["onboarded", "missed"] = 0
    evidence.statistics["onboarded", outcome] = 1
    assert judge(evidence) == []
    evidence.statistics.update({("onboarded", "reached"): 1, ("onboarded", "missed"): 1})
    assert "statistics have 3 who were onboarded or not for 1" in judge(evidence)
    evidence.statistics -= Counter({("onboarded", "reached"): 3, ("onboarded", "missed"): 3})
    assert "statistics have 0 who were onboarded or not for 1" in judge(evidence)


def test_what_was_booked_of_somebody_who_was_erased_may_still_be_counted() -> None:
    """But no more of it than there was."""
    evidence = sound()
    evidence.erased = erased(may_count=Counter({("each", "reached"): 1}))
    for number, wrong in ((2, False), (3, False), (4, True)):
        evidence.statistics["each", "reached"] = number
        assert bool(judge(evidence)) is wrong
