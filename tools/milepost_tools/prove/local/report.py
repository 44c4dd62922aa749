"""What a run tells a person, and the one line that it tells a program."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from milepost_tools.prove.checker.evidence import Evidence
from milepost_tools.prove.checker.laws import LAWS
from milepost_tools.prove.local.crew import Crew
from milepost_tools.prove.local.producer import QUIET, Course, Producer
from milepost_tools.prove.local.subscribers import Subscribers

_FAULTS: Final = ("lost", "counted_twice", "failing_subscriber_lost", "wrong")
TRIED: Final = ("kills_in_a_batch_with_overlap", "came_again", "redriven", "poison", "failing_subscriber_gave_up")
"""What must have happened at least once, or the run has shown nothing."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Proven:
    """A run that is over; the subscriber that failed for a while gave some nudges up, and may have lost others."""

    course: Course
    producer: Producer
    evidence: Evidence
    crew: Crew
    redriven: int
    subscribers: Subscribers
    gave_up: int
    lost_by_subscriber: set[str]

    @property
    def wrong(self) -> dict[str, list[str]]:
        """What the judge finds, by law. Of silence it is asked about those alone who were here on earlier days."""
        sent = [each for each in self.evidence.sent if each.subject.startswith(f"user:{QUIET}")]
        silent = replace(self.evidence, sent=sent)
        return {
            name: [*law(silent if name == "silences" else self.evidence)]
            for law in LAWS
            for name in (law.__name__.strip("_"),)
        }

    def _off(self) -> tuple[int, int]:
        """Events that were lost and events that were counted twice, over all subjects and names."""
        found, wanted = self.evidence, Counter[tuple[str, str]]()
        for each in found.sent:
            if each.valid and each.name is not None:
                whose = (found.aliases.get(each.subject, each.subject), each.account)
                wanted.update((subject, each.name) for subject in whose if subject is not None)
        counted = Counter({(who, name): n for who, names in found.counted.items() for name, n in names.items()})
        return (wanted - counted).total(), (counted - wanted).total()

    @property
    def figures(self) -> dict[str, int | float]:
        """All that is counted."""
        kills, evidence, found, crew = self.crew.kills, self.evidence, self.wrong, self.crew
        (lost, twice), ids = self._off(), {each.event["id"] for each in evidence.told}
        poison = {each.body for each in evidence.sent if not each.valid}
        return {
            "minutes": round(self.course.seconds / 60, 1),
            "events": sum(each.valid and each.name is not None for each in evidence.sent),
            "sent_again": self.producer.copies,
            "aliases": len(evidence.aliases),
            "workers": crew.size,
            "batches": crew.batches,
            "batches_with_overlap": crew.together,
            "kills": len(kills),
            "kills_in_a_batch": sum(each.in_hand > 0 for each in kills),
            "kills_in_a_batch_with_overlap": sum(each.in_hand > 0 and each.others > 0 for each in kills),
            "kills_of_publish_and_settle": crew.others,
            "came_again": crew.came_again,
            "redriven": self.redriven,
            "poison": len(poison),
            "poison_refused_with_a_reason": len(poison & {body for body, reason in evidence.dead if reason}),
            "told": len(ids),
            "told_again": len(evidence.told) - len(ids),
            "failing_subscriber_gave_up": self.gave_up,
            "failing_subscriber_handled": len(self.subscribers.handled),
            "failing_subscriber_lost": len(self.lost_by_subscriber),
            "lost": lost,
            "counted_twice": twice,
            "under_a_second_id": len(found["ids"]),
            "wrong": sum(map(len, found.values())),
        }

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, in a run that could have shown it."""
        figures = self.figures
        return not any(figures[each] for each in _FAULTS) and all(figures[each] for each in TRIED)


def report(proven: Proven) -> str:
    """A table, what is wrong, and last the line of JSON."""
    return "\n".join(_lines(proven))


def _lines(proven: Proven) -> Iterator[str]:
    for name, figure in proven.figures.items():
        yield f"{name.replace('_', ' '):32} {figure:>10,}"
    for law, sentences in proven.wrong.items():
        yield from (f"{law}: {sentence}" for sentence in sentences[:_SHOWN])
    yield "Nothing was lost or counted twice." if proven.holds else "Something is wrong, or was not put to the test."
    yield json.dumps({"prove": "local", **proven.figures, "holds": proven.holds})
