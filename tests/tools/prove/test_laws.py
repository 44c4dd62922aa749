from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from milepost_tools.prove.checker.evidence import Evidence, Sent, Told
from milepost_tools.prove.checker.laws import DAY, HOUR, judge

BEGIN = 1_793_602_800_000_000  # 2026-11-02T07:00:00Z
SECOND = 1_000_000


def sent(name: str, message_id: str, at: int = BEGIN) -> Sent:
    """An event of the one user, sent as it happened."""
    return Sent("user:u", message_id, name, at, at, f"body of {message_id}", valid=True)


def told(milestone: str, outcome: str = "reached", **more: Any) -> Told:
    """An outcome as the subscriber got it."""
    n, subject = more.get("n", 1), more.get("subject", "user:u")
    data = {"subject": subject, "milestone": milestone, "outcome": outcome, "n": n, "at": "", "ref": more.get("ref")}
    name = more.get("id", f"{subject} {milestone} {outcome} {n} {data['ref']}")
    event = {"id": name, "type": "milestone.outcome", "data": data}
    return Told("outcomes", event, more.get("when", BEGIN + 10 * DAY))


def nudge(name: str) -> Told:
    """A nudge as the subscriber got it."""
    data = {"subject": "user:u", "milestone": "three", "path": "reached", "step": 0, "n": 1, "at": ""}
    return Told("in_app", {"id": name, "type": "milestone.nudge", "data": data}, BEGIN)


def decided(name: str, milestone: str, path: str, verdict: str, at: int = BEGIN) -> dict[str, str]:
    """A decision as it is on record, made right after what it is about."""
    about = {"id": name, "subject": "user:u", "milestone": milestone, "path": path, "n": "1"}
    instant = f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {**about, "verdict": verdict, "channel": "in_app", "at": instant, "decided_at": instant}


def sound() -> Evidence:
    """Somebody signs up, works once, misses a deadline, falls silent; one message was rubbish."""
    rubbish = Sent("", "", None, None, BEGIN, "rubbish", valid=False)
    return Evidence(
        sent=[sent("signed_up", "1"), sent("worked", "2", BEGIN + HOUR), rubbish],
        aliases={},
        told=[
            told("each", n=1),
            told("each", n=2),
            told("onboarded", "missed"),
            told("quiet", ref="2026-11-02T08:00:00Z"),
            nudge("nudge"),
        ],
        statistics=Counter(
            {
                ("each", "reached"): 2,
                ("onboarded", "missed"): 1,
                ("*", "members"): 1,
                ("three", "sent.in_app"): 1,
                ("onboarded", "cancelled.in_app"): 1,
                ("quiet", "cancelled.in_app"): 1,
            }
        ),
        decisions=[
            decided("nudge", "three", "reached", "sent"),
            decided("miss", "onboarded", "missed", "cancelled"),
            decided("silence", "quiet", "reached", "cancelled"),
        ],
        counted={"user:u": {"signed_up": 1, "worked": 1}},
        dead=[("rubbish", "is not JSON")],
    )


def test_what_is_sound_is_called_sound() -> None:
    """Else the rest of this page would mean nothing."""
    assert judge(sound()) == []


def _worked_in_time(evidence: Evidence, at: int = BEGIN + HOUR) -> None:
    evidence.sent.append(sent("worked", "3", at))
    evidence.counted = {"user:u": {"signed_up": 1, "worked": 2}}
    evidence.told.append(told("each", n=3))
    evidence.statistics["each", "reached"] = 3


def _decide(evidence: Evidence) -> None:
    evidence.decisions = [*evidence.decisions, *evidence.decisions]


def _suppress(evidence: Evidence) -> None:
    evidence.told.append(told("three"))
    evidence.decisions = [decided("nudge", "three", "reached", "suppressed")]


def _work_on_two_days(evidence: Evidence) -> None:
    _worked_in_time(evidence, BEGIN + DAY)


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
    "was told under 2 ids": lambda found: found.told.append(told("each", n=2, id="another")),
    "was told with 2 contents": lambda found: found.told.append(told("each", n=2, id="user:u each reached 1 None")),
    "2 decisions on nudge": _decide,
    "nudge is on record as sent and was not": lambda found: found.told.pop(),
    "other was sent and is not on record": lambda found: found.told.append(nudge("other")),
    "statistics count 2 of ('three', 'sent.in_app') for 1": lambda found: found.statistics.update(
        {("three", "sent.in_app"): 1}
    ),
    "nobody has decided whether user:u hears of onboarded missed": lambda found: setattr(found, "decisions", []),
    "user:u should have heard of three, and it was suppressed": _suppress,
    "user:u has had an email without consent": lambda found: found.told.append(
        replace(nudge("by email"), topic="email")
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
    evidence.told.append(told("onboarded"))
    evidence.decisions = [*evidence.decisions, decided("yes", "onboarded", "reached", "cancelled")]
    evidence.statistics += Counter({("onboarded", "reached"): 1, ("onboarded", "cancelled.in_app"): 1})
    evidence.statistics["onboarded", "missed"] = 0
    assert judge(evidence) == []


def test_two_who_are_one_may_both_have_been_told_of_their_first() -> None:
    """Nobody knew; but what they have done is counted once, for one member."""
    evidence = sound()
    evidence.aliases["user:d"] = "user:u"
    evidence.told[0] = told("each", n=1, subject="user:d", id="d")
    evidence.told.append(told("each", n=1))
    assert judge(evidence) == []
