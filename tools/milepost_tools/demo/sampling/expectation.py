"""What must come of the sample: the right answers, taken from CDNOW's. Milepost's core has no part in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from milepost_tools.demo.checking.lots import variant_of
from milepost_tools.demo.checking.plan import Plan, duration
from milepost_tools.demo.sampling.cdnow import Answer, Message

CALLED: Final = {
    "no-second-45d": ("second-within-45d", None),
    "spent-100": ("silver-status", "early"),
    "spent-500": ("silver-status", "late"),
}
"""What CDNOW's catalog calls by a name of its own is a milestone of the demo's, or one variant of it."""
BY_THE_CLOCK: Final = {("second-within-45d", "missed"), ("inactive-30d", "reached")}
"""Outcomes that are decided once the grace has passed; all others as soon as their last event is in."""


def answers_for(everyone: Iterable[Answer], plan: Plan, arrived: Sequence[Message], end: datetime) -> list[Answer]:
    """The answers about the customers who are in the sample and the milestones of its catalog, as of `end`, sorted."""
    instants: dict[str, list[datetime]] = {}
    for each in arrived:
        if each.body["type"] == "track":
            instants.setdefault(f"user:{each.user}", []).append(each.instant)
    wanted = (_called(each, plan) for each in everyone if each["subject"] in instants)
    kept = [_answer(each, instants) for each in wanted if each is not None and _is_known(each, plan, end)]
    return sorted(kept, key=lambda each: (each["subject"], each["milestone"], each["n"], each["outcome"]))


def _called(row: Answer, plan: Plan) -> Answer | None:
    """The answer by the demo's name; None where its catalog has no such milestone, or not for this customer."""
    name, variant = CALLED.get(row["milestone"], (row["milestone"], None))
    if name not in plan["milestones"] or variant_of(plan, name, row["subject"]) != variant:
        return None
    return {**row, "milestone": name}


def _is_known(row: Answer, plan: Plan, end: datetime) -> bool:
    """Whether it has been decided by then: in the sample nothing is on its way any more at the end."""
    waits = duration(plan["grace"]) if (row["milestone"], row["outcome"]) in BY_THE_CLOCK else timedelta()
    at = datetime.fromisoformat(str(row["at"])) + waits
    return at <= end if waits else at < end


def _answer(row: Answer, instants: Mapping[str, Sequence[datetime]]) -> Answer:
    at = datetime.fromisoformat(str(row["at"]))
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


def outcome_counts(answers: Iterable[Answer]) -> dict[str, dict[str, int]]:
    """By milestone and outcome, how many."""
    counts: dict[str, dict[str, int]] = {}
    for (milestone, outcome), count in sorted(Counter((a["milestone"], a["outcome"]) for a in answers).items()):
        counts.setdefault(milestone, {})[outcome] = count
    return counts
