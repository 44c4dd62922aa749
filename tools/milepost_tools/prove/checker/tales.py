"""What is known of each nudge, put together from decision records and from what subscribers got."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from milepost_tools.prove.checker import plan
from milepost_tools.prove.checker.evidence import Evidence, Sent
from milepost_tools.prove.checker.plan import Step

FINAL: Final = ("sent", "held_out", "suppressed", "cancelled")
GOT_THERE: Final = ("reached", "recovered")


class Record(NamedTuple):
    """A decision record; `until` is 0 where there is none."""

    verdict: str
    reason: str
    channel: str
    decided: int
    until: int
    variant: str | None


class Tell(NamedTuple):
    """That it was sent: decided when, by which channel, and when a subscriber had it."""

    decided: int
    channel: str
    when: int


class Use(NamedTuple):
    """Something sent or held out, that counts for caps and for arbitration."""

    at: int
    channel: str
    tale: "Tale"


@dataclass(slots=True)
class Tale:
    """One nudge: one step for one occurrence."""

    id: str
    subject: str
    milestone: str
    path: str
    number: int
    n: str
    at: int
    zone: str
    records: list[Record] = field(default_factory=list)
    tells: list[Tell] = field(default_factory=list)

    @property
    def step(self) -> Step:
        """What the catalog says of it."""
        return plan.STEPS[self.milestone, self.path][self.number]

    @property
    def planned(self) -> int:
        """When it was to go."""
        return plan.planned(self.step, self.at, self.zone)

    @property
    def priority(self) -> int:
        """Of its milestone."""
        return plan.PRIORITY.get(self.milestone, plan.OTHERS)

    @property
    def is_minor(self) -> bool:
        """Whether it counts for the cap on these."""
        return self.milestone not in plan.MAJOR

    @property
    def end(self) -> Record:
        """What was decided at last."""
        return self.records[-1]

    def __str__(self) -> str:
        """For people."""
        return f"{self.milestone} {self.path} #{self.n} step {self.number} of {self.subject}"

    def in_flight(self) -> Iterator[tuple[int, int]]:
        """When it may have been on its way, though it was called back then: from when to when."""
        begins = self.planned
        for each in self.records:
            yield begins, each.decided
            begins = each.until


class Outcome(NamedTuple):
    """An outcome that was told: `decided` is by the clock of whoever found it."""

    kind: str
    n: str
    at: int
    decided: int


class Story:
    """All nudges of a run, and what the judge has to know beside them."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence, self.skew, self.now = evidence, evidence.skew, evidence.now
        self.sent: defaultdict[str, list[Sent]] = defaultdict(list)
        for each in evidence.sent:
            if each.valid:
                self.sent[each.subject].append(each)
        self.zones = {subject: each.zone for subject, several in self.sent.items() for each in several if each.name}
        self.tales: dict[str, Tale] = {}
        self.outcomes: defaultdict[tuple[str, str], dict[str, Outcome]] = defaultdict(dict)
        for record in evidence.history:
            self._recorded(record)
        for told in evidence.told:
            self._told(told.topic, told.event, told.when)

    def _recorded(self, record: Mapping[str, str]) -> None:
        subject, name = record["subject"], record["id"]
        if name not in self.tales:
            about = (record["milestone"], record["path"], int(record["step"]), record["n"], plan.instant(record["at"]))
            self.tales[name] = Tale(name, subject, *about, self.zones.get(subject, "UTC"))
        verdict, reason, channel = record["verdict"], record.get("reason", ""), record["channel"]
        until = plan.instant(record["until"]) if "until" in record else 0
        found = Record(verdict, reason, channel, plan.instant(record["decided_at"]), until, record.get("variant"))
        if found not in self.tales[name].records[-1:]:
            self.tales[name].records.append(found)

    def _told(self, topic: str, event: Mapping[str, Any], when: int) -> None:
        data, decided = event["data"], plan.instant(event["time"])
        if topic == "outcomes":
            told = Outcome(data["outcome"], str(data["n"]), plan.instant(data["at"]), decided)
            self.outcomes[data["subject"], data["milestone"]].setdefault(event["id"], told)
        elif event["id"] in self.tales:
            tells = self.tales[event["id"]].tells
            if all((decided, topic) != (each.decided, each.channel) for each in tells):
                tells.append(Tell(decided, topic, when))

    def same(self, subject: str) -> list[str]:
        """Everybody who is or has become the same person."""
        aliases = self.evidence.aliases
        head = aliases.get(subject, subject)
        return [head, *(each for each, other in aliases.items() if other == head)]

    def happened(self, subject: str, milestone: str, kinds: Sequence[str] = ("reached",)) -> list[Outcome]:
        """Outcomes of a subject, or of others who have become the same person."""
        whose = (self.outcomes.get((each, milestone), {}).values() for each in self.same(subject))
        return [each for several in whose for each in several if each.kind in kinds]

    def knew(self, subject: str, milestone: str, decided: int, kinds: Sequence[str] = GOT_THERE) -> bool:
        """Whether it was surely known of that subject, when that was decided, that they had reached this."""
        found = self.outcomes.get((subject, milestone), {}).values()
        known = (each.decided for each in found if each.kind in kinds)
        return any(each == decided or each + self.skew < decided for each in known)

    @cached_property
    def uses(self) -> Mapping[str, list[Use]]:
        """By subject, what surely counted from when it was decided on: nothing that was called back on its way."""
        found: defaultdict[str, list[Use]] = defaultdict(list)
        for tale in self.tales.values():
            end = tale.end
            clean = end.verdict == "sent" and {each.decided for each in tale.tells} == {end.decided}
            if clean or end.verdict == "held_out":
                found[tale.subject].append(Use(end.decided, end.channel, tale))
        return found
