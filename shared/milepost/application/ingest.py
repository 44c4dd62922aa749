"""Ingest: messages of the event queue become progress, each counted exactly once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from milepost.application.accounts import for_account
from milepost.application.folding import Folded, Folding
from milepost.application.intake import Intake, Reading
from milepost.application.merging import Merging
from milepost.application.ports import Backoff, DeadLetters, Refusal
from milepost.domain.event import Alias, Message, Stimulus, Subject
from milepost.domain.instant import Instant

OF_ACCOUNTS: Final = ("conflict", "refused")
"""What is counted of accounts: an event that counts for two subjects is one event in the metrics."""


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
    faults: tuple[str, ...] = ()
    """Where the core gave up; see `Folded`."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Folds a batch of messages. `now_of` tells the time by which a subject's events are judged."""

    intake: Intake
    folding: Folding
    dead_letters: DeadLetters
    now_of: Callable[[Sequence[Stimulus | Alias]], Instant]

    def ingest(self, messages: Sequence[Received], backoff: Backoff) -> Ingested:
        """Count what can be used, refuse what cannot, and name the messages that must come again."""
        readings = {message.id: self.intake.read(message.body, message.sent_at) for message in messages}
        users = self._fold((reading.events for reading in readings.values()), backoff)
        shared = self._shared(readings, users)
        accounts = self._fold(shared.values(), backoff)
        merged: Counter[str] = Counter()
        aliases = [alias for reading in readings.values() for alias in reading.aliases]
        merging = Merging(self.folding.store, self.folding.catalog, self.now_of)
        unmerged = merging.merge(aliases, backoff, merged) if aliases else ()
        unwritten = users.failed | accounts.failed
        failed = {
            id_
            for id_, reading in readings.items()
            if (unwritten and any(event.subject in unwritten for event in (*reading.events, *shared[id_])))
            or (unmerged and any(alias in unmerged for alias in reading.aliases))
        }
        # A message that comes again is refused then: an operator should find it once.
        refused = [
            Refusal(message.id, message.body, " ".join(readings[message.id].reasons))
            for message in messages
            if readings[message.id].reasons and message.id not in failed
        ]
        taken = self.dead_letters.put(refused) if refused else frozenset()
        failed |= {each.message_id for each in refused} - taken
        tally = users.tally + Counter({name: accounts.tally[name] for name in OF_ACCOUNTS})
        tally += merged + Counter(rejected=len(taken), handed_back=len(failed))
        told = tuple(each for each in refused if each.message_id in taken)
        return Ingested(frozenset(failed), told, tally, (*users.faults, *accounts.faults, *merging.faults))

    def _fold(self, events: Iterable[Iterable[Message]], backoff: Backoff) -> Folded:
        work: defaultdict[Subject, list[Stimulus]] = defaultdict(list)
        for event in chain.from_iterable(events):
            work[event.subject].append(event)
        return self.folding.fold(work, self.now_of, backoff)

    def _shared(self, readings: Mapping[str, Reading], users: Folded) -> Mapping[str, Sequence[Message]]:
        """What each message means for accounts, once the user's own progress, which names them, is written."""
        if not self.folding.catalog.accounts.milestones:
            return dict.fromkeys(readings, ())
        return {id_: tuple(_of_accounts(reading, users)) for id_, reading in readings.items()}


def _of_accounts(reading: Reading, users: Folded) -> Iterator[Message]:
    for event in reading.events:
        found = (for_account(event, user) for user in users.progress.get(event.subject, ()))
        of_account = next((each for each in found if each is not None), None)
        if of_account is not None:
            yield of_account
