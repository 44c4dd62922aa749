"""What must never happen, and what must always: each law a row of `LAWS`, each breach a sentence."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from milepost_tools.demo.checking import gates
from milepost_tools.demo.checking.lots import is_held_out, variant_of
from milepost_tools.demo.checking.plan import Plan
from milepost_tools.demo.checking.scene import Decision, Person, Row, Scene, instant, scenes

Place: TypeAlias = tuple[str, str, int, str, int]
"""Subject, milestone, n, path, step."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is judged: the catalog, who there is, every decision, and the outcomes; the run ended at `as_of`."""

    plan: Plan
    people: Mapping[str, Person]
    decisions: Sequence[Decision]
    outcomes: Sequence[Row]
    as_of: datetime

    def scenes(self, decision: Decision) -> Iterator[Scene]:
        """All that may have been known when it was decided."""
        return scenes(self.plan, self.people[decision.row["subject"]], decision)

    def scene(self, decision: Decision) -> Scene:
        """The most that may have been."""
        return next(self.scenes(decision))

    @property
    def uses(self) -> Iterator[Decision]:
        """What was sent, or would have been."""
        return (each for each in self.decisions if each.uses)


Law: TypeAlias = Callable[[Case], Iterator[str]]


def caps_kept(case: Case) -> Iterator[str]:
    """No cap is exceeded by what was sent or held out; what is operational counts, but may go all the same."""
    for each in case.uses:
        scene = case.scene(each)
        # Of what is operational and went at the same instant, nobody knows whether it went before.
        before = [use for use in scene.person.uses if use.now <= each.now]
        used = [use for use in before if not use.operational or use.now < each.now]
        for cap in [] if each.operational else case.plan.get("caps", []):
            if gates.covers(cap, each, each.row["channel"]) and gates.counted(cap, scene, used) > cap["at_most"]:
                yield f"{named(each)}: more than {cap['at_most']} per {cap['per']}"


def hours_kept(case: Case) -> Iterator[str]:
    """Nothing goes in quiet hours or outside of its window, by the wall clock of whoever gets it."""
    for each in case.uses:
        if all(gates.hours(scene, each, "") for scene in case.scenes(each)):
            yield f"{named(each)}: at {each.now.isoformat()}"


def holdout_kept(case: Case) -> Iterator[str]:
    """Nobody who is held out is told anything but what is operational."""
    for each in case.uses:
        out = is_held_out(case.plan, each.row["milestone"], each.row["subject"])
        if each.row["verdict"] == "sent" and out and not each.operational:
            yield named(each)


def consent_kept(case: Case) -> Iterator[str]:
    """Nothing goes by a channel without an explicit yes."""
    for each in case.uses:
        if not any(gates.has_consent(scene, each.row["channel"]) for scene in case.scenes(each)):
            yield f"{named(each)}: by {each.row['channel']}"


def nothing_stale(case: Case) -> Iterator[str]:
    """Nothing goes once it has expired."""
    for each in case.uses:
        if gates.is_stale(case.scene(each), each):
            yield named(each)


def one_verdict_each(case: Case) -> Iterator[str]:
    """Every step of every outcome ends in one final verdict, or still waits at the end; and nothing else does."""
    last = {place(each.row): each.row for each in case.decisions}
    finals = Counter(place(each.row) for each in case.decisions if each.row["verdict"] != "deferred")
    due = set(_due(case))
    yield from (f"{spelled(each)}: {count} final verdicts" for each, count in finals.items() if count > 1)
    yield from (f"{spelled(each)}: no decision" for each in sorted(due - last.keys()))
    yield from (f"{spelled(each)}: nothing it could be about" for each in sorted(last.keys() - due))
    for where, row in last.items():
        if row["verdict"] == "deferred" and instant(row["send_at"]) <= case.as_of:
            yield f"{spelled(where)}: still waits, though till {row['send_at']} only"


def _due(case: Case) -> Iterator[Place]:
    for row in case.outcomes:
        for step in range(len(case.plan["milestones"][row["milestone"]].get(f"on_{row['outcome']}", []))):
            yield row["subject"], row["milestone"], row["n"], row["outcome"], step


def ids_stable(case: Case) -> Iterator[str]:
    """A nudge has one id, whatever becomes of it, and no other has the same."""
    ids: defaultdict[Place, set[str]] = defaultdict(set)
    places: defaultdict[str, set[Place]] = defaultdict(set)
    for each in case.decisions:
        ids[place(each.row)].add(each.row["id"])
        places[each.row["id"]].add(place(each.row))
    yield from (f"{spelled(each)}: under {len(found)} ids" for each, found in ids.items() if len(found) > 1)
    yield from (f"id {each}: of {len(found)} nudges" for each, found in places.items() if len(found) > 1)


def waits_to_its_time(case: Case) -> Iterator[str]:
    """What waits is asked about again at the instant that was told, and not sent before."""
    before: dict[str, Row] = {}
    for each in case.decisions:
        row, told = each.row, before.get(each.row["id"])
        if told is not None and instant(row["decided_at"]) != instant(told["send_at"]):
            yield f"{named(each)}: decided at {row['decided_at']}, though deferred to {told['send_at']}"
        before[row["id"]] = row


def variants_drawn(case: Case) -> Iterator[str]:
    """An outcome names the variant that the lot falls on."""
    for row in case.outcomes:
        drawn = variant_of(case.plan, row["milestone"], row["subject"])
        if row["variant"] != drawn:
            yield f"{row['subject']} {row['milestone']}: {row['variant']} instead of {drawn}"


def every_verdict_explained(case: Case) -> Iterator[str]:
    """The first gate that did not open is the one that the decision names; where all did, it was sent."""
    for each in case.decisions:
        row = each.row
        told = (row["verdict"], row["reason"])
        if not any(gates.verdict(scene, each)[:2] == told for scene in case.scenes(each)):
            right = gates.verdict(case.scene(each), each)[:2]
            yield f"{named(each)} at {row['decided_at']}: {told} instead of {right}"


LAWS: Final[Mapping[str, Law]] = {
    "caps": caps_kept,
    "hours": hours_kept,
    "holdout": holdout_kept,
    "consent": consent_kept,
    "expiry": nothing_stale,
    "one verdict": one_verdict_each,
    "ids": ids_stable,
    "waiting": waits_to_its_time,
    "variants": variants_drawn,
    "explained": every_verdict_explained,
}


def place(row: Row) -> Place:
    """What makes a nudge one nudge."""
    return row["subject"], row["milestone"], row["n"], row["path"], row["step"]


def spelled(where: Place) -> str:
    """As a sentence says it."""
    return " ".join(map(str, where))


def named(decision: Decision) -> str:
    """Which nudge a decision is about."""
    return spelled(place(decision.row))
