"""A run in which all is well, for tests to spoil."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from milepost_tools.prove.checker.clock import WITHIN
from milepost_tools.prove.checker.evidence import Evidence, Sent, Told
from milepost_tools.prove.checker.plan import DAY, HOUR, instant

BEGIN = 1_793_602_800_000_000  # 2026-11-02T07:00:00Z
SECOND = 1_000_000


def sent(name: str, message_id: str, at: int = BEGIN) -> Sent:
    """An event of the one user, sent as it happened."""
    return Sent("user:u", message_id, name, at, at, f"body of {message_id}", valid=True)


def told(milestone: str, outcome: str = "reached", **more: Any) -> Told:
    """An outcome as the subscriber got it."""
    n, subject, at = more.get("n", 1), more.get("subject", "user:u"), text(more.get("at", BEGIN))
    data = {"subject": subject, "milestone": milestone, "outcome": outcome, "n": n, "at": at, "ref": more.get("ref")}
    name = more.get("id", f"{subject} {milestone} {outcome} {n} {data['ref']}")
    when = more.get("when", BEGIN + 10 * DAY)
    return Told("outcomes", {"id": name, "type": "milestone.outcome", "time": text(when), "data": data}, when)


def text(instant: int) -> str:
    """The instant as messages and records have it."""
    return f"{datetime.fromtimestamp(instant // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def decided(name: str, milestone: str, path: str = "reached", verdict: str = "sent", **more: Any) -> dict[str, str]:
    """A decision as it is on record, made when its step was to go, unless otherwise said."""
    at = more.get("at", BEGIN)
    about = {"id": name, "subject": "user:u", "milestone": milestone, "path": path, "n": str(more.get("n", 1))}
    about |= {"step": str(more.get("step", 0)), "at": text(at), "channel": more.get("channel", "in_app")}
    waits = {"until": text(more["until"])} if "until" in more else {}
    reason = {} if verdict == "sent" else {"reason": more.get("reason", "stale")}
    return {**about, **reason, **waits, "verdict": verdict, "decided_at": text(more.get("decided", at))}


def nudge(record: Mapping[str, str], when: int | None = None) -> Told:
    """The nudge that was sent by this decision, as the subscriber got it."""
    data: dict[str, Any] = {name: record[name] for name in ("subject", "milestone", "path", "at")}
    data |= {name: int(record[name]) for name in ("step", "n")}
    event = {"id": record["id"], "type": "milestone.nudge", "time": record["decided_at"], "data": data}
    return Told(record["channel"], event, instant(record["decided_at"]) if when is None else when)


def recorded(evidence: Evidence, *records: dict[str, str]) -> None:
    """These are on record besides, and what was sent was sent."""
    evidence.history = [*evidence.history, *records]
    latest = {each["id"]: each for each in evidence.history}
    evidence.decisions = list(latest.values())
    evidence.told += [nudge(each) for each in records if each["verdict"] == "sent"]
    final = Counter((each["milestone"], f"{each['verdict']}.{each['channel']}") for each in latest.values())
    evidence.statistics = Counter({key: number for key, number in evidence.statistics.items() if "." not in key[1]})
    evidence.statistics += Counter({key: number for key, number in final.items() if "deferred" not in key[1]})


def sound() -> Evidence:
    """Somebody signs up, works once, misses a deadline, falls silent; one message was rubbish."""
    rubbish = Sent("", "", None, None, BEGIN, "rubbish", valid=False)
    evidence = Evidence(
        sent=[sent("signed_up", "1"), sent("worked", "2", BEGIN + HOUR), rubbish],
        aliases={},
        told=[
            told("each", n=1),
            told("each", n=2, at=BEGIN + HOUR),
            told("onboarded", "missed", at=BEGIN + WITHIN),
            told("quiet", ref="2026-11-02T08:00:00Z", at=BEGIN + HOUR + DAY),
        ],
        statistics=Counter({("each", "reached"): 2, ("onboarded", "missed"): 1, ("*", "members"): 1}),
        decisions=[],
        counted={"user:u": {"signed_up": 1, "worked": 1}},
        dead=[("rubbish", "is not JSON")],
        now=BEGIN + 20 * DAY,
    )
    miss, morning = BEGIN + WITHIN, BEGIN + DAY + 2 * HOUR
    recorded(
        evidence,
        decided("first", "each"),
        decided("second", "each", n=2, at=BEGIN + HOUR),
        decided("miss", "onboarded", "missed", at=miss),
        decided("try", "onboarded", "missed", at=miss, step=1, decided=miss + 6 * HOUR),
        decided("call", "onboarded", "missed", at=miss, step=2, decided=morning, channel="ops"),
        decided("silence", "quiet", at=BEGIN + HOUR + DAY),
    )
    return evidence
