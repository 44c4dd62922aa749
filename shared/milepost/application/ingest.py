"""Ingest: messages of the event queue become progress, each counted exactly once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from milepost.application.folding import Folding
from milepost.application.intake import Intake, Reading
from milepost.application.ports import Backoff, DeadLetters, Refusal
from milepost.domain.event import Stimulus, Subject
from milepost.domain.instant import Instant


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the queue hands it over."""

    id: str
    body: str
    sent_at: Instant


@dataclass(frozen=True, slots=True)
class Ingested:
    """The ids of the messages to hand back, the reasons of those refused, and counts for the metrics."""

    failed: frozenset[str]
    refused: tuple[Refusal, ...]
    tally: Counter[str]


@dataclass(frozen=True, slots=True)
class Ingest:
    """Folds a batch of messages. `now_of` tells the time by which a subject's events are judged."""

    intake: Intake
    folding: Folding
    dead_letters: DeadLetters
    now_of: Callable[[Sequence[Stimulus]], Instant]

    def ingest(self, messages: Sequence[Received], backoff: Backoff) -> Ingested:
        """Count what can be used, refuse what cannot, and name the messages that must come again."""
        readings = {message.id: self.intake.read(message.body, message.sent_at) for message in messages}
        work: defaultdict[Subject, list[Stimulus]] = defaultdict(list)
        for reading in readings.values():
            for event in reading.events:
                work[event.subject].append(event)
        folded = self.folding.fold(work, self.now_of, backoff)
        failed = {id_ for id_, reading in readings.items() if _concerns(reading, folded.failed)}
        # A message that comes again is refused then: an operator should find it once.
        refused = [
            Refusal(message.id, message.body, " ".join(readings[message.id].reasons))
            for message in messages
            if readings[message.id].reasons and message.id not in failed
        ]
        taken = self.dead_letters.put(refused) if refused else frozenset()
        failed |= {each.message_id for each in refused} - taken
        tally = folded.tally + Counter(rejected=len(taken), handed_back=len(failed))
        return Ingested(frozenset(failed), tuple(each for each in refused if each.message_id in taken), tally)


def _concerns(reading: Reading, subjects: frozenset[Subject]) -> bool:
    return any(event.subject in subjects for event in reading.events)
