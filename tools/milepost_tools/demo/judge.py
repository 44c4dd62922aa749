"""Judges what subscribers received against the answers that the sample ships, without Milepost's core.

A subscriber may be handed the same message several times: that is at-least-once delivery, and one id says so.
What must never happen is in the fields of `Judgement`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from milepost_tools.demo.checking.check import breaches
from milepost_tools.demo.expected import Expected, Occurrence, Row, occurrence_of

OUTCOME: Final = ("subject", "milestone", "n", "outcome")
NUDGE: Final = ("subject", "milestone", "path", "n", "step")
TOLD: Final = (*NUDGE, "channel")
DECIDED: Final = frozenset({"reached", "missed"})
"""The counters of a milestone that must be zero where no answer says otherwise."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What came out. `counts` has `accepted`, `duplicates` and `rejected`.

    `decisions` are those that were booked; `nudges` is what subscribers received.
    `statistics` holds counters by milestone, `{"spent-100": {"reached": 7}}`, and `{"*": {"members": 9}}`.
    """

    outcomes: Sequence[Row]
    nudges: Sequence[Row]
    decisions: Sequence[Row]
    counts: Mapping[str, int]
    statistics: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that is wrong, a sentence each; all empty when nothing is."""

    lost: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    wrong_at: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    nudges_lost: tuple[str, ...] = ()
    nudges_extra: tuple[str, ...] = ()
    wrongly_decided: tuple[str, ...] = ()
    miscounted: tuple[str, ...] = ()
    reached: int = 0
    missed: int = 0
    nudges_expected: int = 0
    nudges_delivered: int = 0

    @property
    def faults(self) -> dict[str, tuple[str, ...]]:
        """What is wrong by kind, kinds without a fault left out."""
        lists = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: found for name, found in lists.items() if isinstance(found, tuple) and found}

    @property
    def wrong(self) -> int:
        """How many things are wrong."""
        return sum(len(found) for found in self.faults.values())


def judge(expected: Expected, observed: Observed) -> Judgement:
    """Compare what came out with what must."""
    instants = _final(observed.outcomes)
    pairs = expected.pairs
    judged = {each for each in instants if (each.milestone, each.outcome) in pairs}
    told = {_thing(each, TOLD) for each in observed.nudges}
    sent = {_thing(each, TOLD) for each in observed.decisions if each["verdict"] == "sent"}
    return Judgement(
        lost=_sentences(expected.outcomes.keys() - judged),
        extra=_sentences(judged - expected.outcomes.keys()),
        wrong_at=tuple(_wrong_instants(expected.outcomes, instants)),
        ids=(*_ids(observed.outcomes, OUTCOME), *_ids([*observed.nudges, *observed.decisions], NUDGE)),
        nudges_lost=_sentences(sent - told),
        nudges_extra=_sentences(told - sent),
        wrongly_decided=tuple(_wrongly_decided(expected, observed)),
        miscounted=tuple(_miscounted(expected, observed)),
        reached=sum(each.outcome == "reached" for each in instants),
        missed=sum(each.outcome == "missed" for each in instants),
        nudges_expected=len(sent),
        nudges_delivered=len(told),
    )


def _final(outcomes: Iterable[Row]) -> dict[Occurrence, frozenset[str]]:
    """The final state with every instant that was told of it: *reached* takes the place of *missed*."""
    found: dict[Occurrence, frozenset[str]] = {}
    for each in outcomes:
        found[occurrence_of(each)] = found.get(occurrence_of(each), frozenset()) | {each["at"]}
    replaced = {each._replace(outcome="missed") for each in found if each.outcome == "reached"}
    return {each: instants for each, instants in found.items() if each not in replaced}


def _wrong_instants(
    right: Mapping[Occurrence, datetime | None], observed: Mapping[Occurrence, frozenset[str]]
) -> Iterable[str]:
    for each in sorted(right.keys() & observed.keys()):
        at = right[each]
        for told in sorted(observed[each]):
            if at is not None and not _is(told, at):
                yield f"{_sentence(each)}: at {told} instead of {at.isoformat()}"


def _is(told: str, at: datetime) -> bool:
    return _read(told) == at


def _read(told: str) -> datetime | None:
    """The instant that somebody was told; None if that is none."""
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return None


def _ids(rows: Iterable[Row], names: Sequence[str]) -> Iterable[str]:
    """One thing under two ids reaches its customer twice; two things under one id, once."""
    ids: dict[tuple[str, ...], set[str]] = {}
    things: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        thing = _thing(row, names)
        ids.setdefault(thing, set()).add(row["id"])
        things.setdefault(row["id"], set()).add(thing)
    for thing, used in sorted(ids.items()):
        if len(used) > 1:
            yield f"{_sentence(thing)}: under {len(used)} ids"
    for one, meant in sorted(things.items()):
        if len(meant) > 1:
            yield f"id {one}: of {len(meant)} things"


def _thing(row: Row, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in names)


def _wrongly_decided(expected: Expected, observed: Observed) -> Iterable[str]:
    """What breaks a law of nudges, by the log, the catalog and the outcomes that stand in the end."""
    final = _final(observed.outcomes)
    readable = {occurrence_of(each): each for each in observed.outcomes if _read(each["at"]) is not None}
    outcomes = [row for occurrence, row in readable.items() if occurrence in final]
    decided = sorted(observed.decisions, key=lambda row: datetime.fromisoformat(row["decided_at"]))
    found = breaches(expected.plan, expected.log, outcomes, decided, expected.as_of)
    return (f"{law}: {sentence}" for law, sentences in found.items() for sentence in sentences)


def _miscounted(expected: Expected, observed: Observed) -> Iterable[str]:
    pairs = [(name, count, observed.counts.get(name, 0)) for name, count in expected.counts.items()]
    for scope, counters in expected.statistics.items():
        told = observed.statistics.get(scope, {})
        names = sorted(counters.keys() | (told.keys() & DECIDED))
        pairs += [(f"{scope} {name}", counters.get(name, 0), told.get(name, 0)) for name in names]
    pairs += _verdicts(observed)
    return (f"{name}: {told} instead of {count}" for name, count, told in pairs if told != count)


def _verdicts(observed: Observed) -> Iterable[tuple[str, int, int]]:
    """Final verdicts by milestone and channel: how many are booked, and how many the statistics have."""
    final = (each for each in observed.decisions if each["verdict"] != "deferred")
    booked = Counter((each["milestone"], f"{each['verdict']}.{each['channel']}") for each in final)
    counted = {(scope, name) for scope, told in observed.statistics.items() for name in told if "." in name}
    for scope, name in sorted(booked.keys() | counted):
        yield f"{scope} {name}", booked[scope, name], observed.statistics.get(scope, {}).get(name, 0)


def _sentences(things: Iterable[tuple[object, ...]]) -> tuple[str, ...]:
    return tuple(sorted(_sentence(each) for each in things))


def _sentence(thing: Iterable[object]) -> str:
    return " ".join(str(each) for each in thing)
