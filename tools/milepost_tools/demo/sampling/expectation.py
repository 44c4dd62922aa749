"""What must come of the sample: the right answers, and the nudges that follow from them.

The nudges come from three things alone: the answers, who has agreed to which channel, and the steps of the
catalog. Milepost's core has no part in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from milepost_tools.demo.sampling.cdnow import Answer, Message
from milepost_tools.demo.sampling.profiles import Traits

Plan: TypeAlias = Mapping[str, Any]
"""The catalog as YAML reads it."""

CALLED: Final = {"no-second-45d": "second-within-45d"}
"""CDNOW lists the misses of a milestone under a name of their own."""


class ExpectedNudge(NamedTuple):
    """One nudge that somebody must receive; its step is counted from 0."""

    subject: str
    milestone: str
    path: str
    n: int
    step: int
    channel: str


def answers_for(everyone: Iterable[Answer], milestones: Iterable[str], arrived: Sequence[Message]) -> list[Answer]:
    """The answers about the customers who are in the sample and the milestones of its catalog, sorted."""
    wanted = frozenset(milestones)
    instants: dict[str, list[datetime]] = {}
    for each in arrived:
        if each.body["type"] == "track":
            instants.setdefault(f"user:{each.user}", []).append(each.instant)
    renamed = ({**each, "milestone": CALLED.get(each["milestone"], each["milestone"])} for each in everyone)
    kept = [_answer(each, instants) for each in renamed if each["milestone"] in wanted and each["subject"] in instants]
    return sorted(kept, key=lambda each: (each["subject"], each["milestone"], each["n"], each["outcome"]))


def _answer(row: Mapping[str, Any], instants: Mapping[str, Sequence[datetime]]) -> Answer:
    at = datetime.fromisoformat(row["at"])
    depends = row["outcome"] == "reached" and _overtaken(instants[row["subject"]], at)
    return Answer(
        subject=row["subject"],
        milestone=row["milestone"],
        outcome=row["outcome"],
        n=row["n"],
        at=None if depends else row["at"],
    )


def _overtaken(arrived: Iterable[datetime], at: datetime) -> bool:
    """Whether something newer than `at` came before something that is not.

    If nothing did, then whatever the rule, all that leads to the outcome had come and nothing newer had, and
    `at` is the same for every honest program (semantics, 3.1).
    """
    newer = False
    for each in arrived:
        if newer and each <= at:
            return True
        newer = newer or each > at
    return False


def consents(plan: Plan, profiles: Mapping[str, Traits], customers: Iterable[str]) -> dict[str, list[str]]:
    """By subject, the channels that are open: always, or by a trait that is true."""
    return {
        f"user:{each}": sorted(
            channel
            for channel, needed in plan["consent"].items()
            if needed == "always" or profiles.get(each, {}).get(needed) is True
        )
        for each in customers
    }


def nudges_for(answers: Iterable[Answer], plan: Plan, consent: Mapping[str, Sequence[str]]) -> list[ExpectedNudge]:
    """The nudges that must go out: each step of each outcome, by the first of its channels that is open."""
    result = []
    for each in answers:
        steps = plan["milestones"][each["milestone"]].get(f"on_{each['outcome']}", [])
        for number, step in enumerate(steps):
            wanted = step["channel"] if isinstance(step["channel"], list) else [step["channel"]]
            channel = next((name for name in wanted if name in consent[each["subject"]]), None)
            if channel is not None:
                who = (each["subject"], each["milestone"], each["outcome"], each["n"])
                result.append(ExpectedNudge(*who, number, channel))
    return result


def outcome_counts(answers: Iterable[Answer]) -> dict[str, dict[str, int]]:
    """By milestone and outcome, how many."""
    counts: dict[str, dict[str, int]] = {}
    for (milestone, outcome), count in sorted(Counter((a["milestone"], a["outcome"]) for a in answers).items()):
        counts.setdefault(milestone, {})[outcome] = count
    return counts


def nudge_counts(nudges: Iterable[ExpectedNudge]) -> dict[str, dict[str, dict[str, int]]]:
    """By milestone, path and channel, how many."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for (milestone, path, channel), count in sorted(Counter((n.milestone, n.path, n.channel) for n in nudges).items()):
        counts.setdefault(milestone, {}).setdefault(path, {})[channel] = count
    return counts
