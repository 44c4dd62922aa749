"""A batch of the queue: each nudge is claimed, sent, remembered and reported, in this order.

Whatever ends a batch early, the next try sees how far it came: see `claims`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import uniform
from time import sleep
from typing import Any, Final

from milepost_channels.answers import Answer, Busy, Refused, Sender, Taken, Unclear
from milepost_channels.claims import Claim, Claims, Owner
from milepost_channels.letters import Letter, Outcome, StoreErrors
from milepost_channels.nudge import Reason, RefusedError, read_nudge
from milepost_channels.queues import REASON, DeadLetters, EventQueue, Report
from milepost_channels.telemetry import Count

DELIVERED: Final = "nudge_delivered"
MARGIN: Final = 5.0
"""Seconds before the function's time-out that stay free for what follows a request: writes and reports."""
TRIES: Final = 3
"""Requests for a nudge in one invocation; after that the queue waits, for longer than a function could."""
FIRST: Final = 0.2
"""Seconds: the bound of the first pause, doubled for the next; where in it is random, so that workers spread."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An integration, put together.

    Without `event_queue` nothing is reported when the vendor takes a nudge, because the vendor itself tells later
    what became of it. `send_ambiguous` sends again what may have been taken, also where the vendor cannot tell.
    """

    sender: Sender
    claims: Claims
    dead_letters: DeadLetters
    event_queue: EventQueue | None
    send_ambiguous: bool = False
    sleep: Callable[[float], None] = sleep

    def deliver(self, records: Sequence[Mapping[str, Any]], remaining: Callable[[], float]) -> Outcome:
        """Work off a batch within `remaining` seconds.

        Raises only what the sender's `check` does; a message, the vendor or a busy service never make it raise.
        """
        self.sender.check()
        run = _Run(self, self.claims.begin(), remaining)
        letters = [letter for record in records for letter in run.read(record)]
        for start in range(0, len(letters), self.sender.at_once):
            run.work_off(letters[start : start + self.sender.at_once])
        run.report()
        return run.outcome


@dataclass(slots=True)
class _Run:
    """One batch on its way."""

    delivery: Delivery
    owner: Owner
    remaining: Callable[[], float]
    outcome: Outcome = field(default_factory=Outcome)
    seen: set[str] = field(default_factory=set)
    reports: list[tuple[Letter, Report]] = field(default_factory=list)
    vendor_is_busy: bool = False

    def read(self, record: Mapping[str, Any]) -> Iterator[Letter]:
        """The letter in a record; none if it is unreadable, or the second of this batch for its nudge."""
        id_, body = record["messageId"], record["body"]
        try:
            nudge = read_nudge(body)
        except RefusedError as refused:
            if self.outcome.wrote(id_, partial(self.delivery.dead_letters.put, body, refused.reason)):
                self.outcome.dead_lettered(refused.reason)
            return
        if nudge.id in self.seen:
            self.outcome.hand_back(id_)  # its twin decides; when it comes again, that is known
            return
        self.seen.add(nudge.id)
        yield Letter(id_, body, nudge, again=REASON in record.get("messageAttributes", {}))

    def work_off(self, letters: Sequence[Letter]) -> None:
        """Send what goes into one request, and again what surely was not taken."""
        if self.vendor_is_busy or not self._has_time_for(0):
            for letter in letters:
                self.outcome.hand_back(letter.message_id)
            return
        pending = [letter for letter in letters if self._claimed(letter)]
        for attempt in range(1, TRIES + 1):
            waits = self._send(pending)
            pending = [letter for letter, _ in waits]
            if not waits or attempt == TRIES or not self._pause(attempt, max(wait for _, wait in waits)):
                break
        for letter in pending:
            self.vendor_is_busy = True  # what is left of the batch would fare no better
            self.outcome.wrote(letter.message_id, partial(self.owner.release, letter.nudge))
            self.outcome.hand_back(letter.message_id)

    def report(self) -> None:
        """Tell Milepost what was delivered; what it could not be told is handed back and reported next time."""
        if self.delivery.event_queue is None or not self.reports:
            return
        try:
            told = self.delivery.event_queue.put([report for _, report in self.reports])
        except StoreErrors as error:
            self.outcome.failed(error)
            told = [False] * len(self.reports)
        for (letter, _), taken in zip(self.reports, told, strict=True):
            if not taken:
                self.outcome.hand_back(letter.message_id)
            elif self.outcome.wrote(letter.message_id, partial(self.owner.reported, letter.nudge)):
                self.outcome.tally[Count.REPORTED] += 1

    def _claimed(self, letter: Letter) -> bool:
        """Whether to send it; if not, everything else that there is to do has been done."""
        claim = Claim.HELD
        try:
            claim = self.owner.claim(letter.nudge, again=letter.again)
        except StoreErrors as error:
            self.outcome.failed(error)
        if claim is Claim.HELD:
            self.outcome.hand_back(letter.message_id)
        elif claim is Claim.TAKEN and self.delivery.event_queue is not None:
            self.outcome.wrote(
                letter.message_id, lambda: self._due(letter, self.delivery.claims.taken_at(letter.nudge))
            )
        self.outcome.tally[Count.DUPLICATE] += claim in {Claim.TAKEN, Claim.DONE}
        self.outcome.tally[Count.ERASED] += claim is Claim.ERASED
        self.outcome.tally[Count.AMBIGUOUS] += claim is Claim.CUT_OFF
        if claim is Claim.CUT_OFF and not self._may_repeat:
            self._bury(letter, Reason.AMBIGUOUS)
            return False
        return claim in {Claim.OURS, Claim.CUT_OFF}

    @property
    def _may_repeat(self) -> bool:
        return self.delivery.sender.tells_repeats or self.delivery.send_ambiguous

    def _send(self, letters: Sequence[Letter]) -> Sequence[tuple[Letter, float]]:
        """Send letters; those that are to be tried again, with the seconds to wait before."""
        answers = self.delivery.sender.send([letter.nudge for letter in letters]) if letters else ()
        again = []
        for letter, answer in zip(letters, answers, strict=True):
            self.outcome.tally[Count.AMBIGUOUS] += isinstance(answer, Unclear)
            if isinstance(answer, Busy):
                again.append((letter, answer.wait))
            elif isinstance(answer, Unclear) and self._may_repeat:
                again.append((letter, 0.0))
            else:
                self._settle(letter, answer)
        return again

    def _settle(self, letter: Letter, answer: Answer) -> None:
        if isinstance(answer, Taken):
            self.outcome.tally[Count.TAKEN] += 1
            self.outcome.wrote(letter.message_id, lambda: self._due(letter, self.owner.took(letter.nudge)))
        else:
            self._bury(letter, answer.reason if isinstance(answer, Refused) else Reason.AMBIGUOUS)

    def _due(self, letter: Letter, at: float) -> None:
        """Its report is due."""
        if self.delivery.event_queue is not None:
            nudge = letter.nudge
            self.reports.append((letter, Report(nudge.id, nudge.subject, nudge.channel, DELIVERED, at)))

    def _bury(self, letter: Letter, reason: Reason) -> None:
        """First the dead-letter queue, then the note of it: the other way round a crash would lose the message."""

        def both() -> None:
            self.delivery.dead_letters.put(letter.body, reason)
            self.owner.bury(letter.nudge)

        if self.outcome.wrote(letter.message_id, both):
            self.outcome.dead_lettered(reason)

    def _pause(self, attempt: int, wait: float) -> bool:
        """Wait before another try; False, at once, if the invocation has no time for it."""
        pause = wait + uniform(0, FIRST * 2 ** (attempt - 1))  # noqa: S311  # nosec B311  # Jitter, no secret.
        if not self._has_time_for(pause):
            return False
        self.delivery.sleep(pause)
        return True

    def _has_time_for(self, pause: float) -> bool:
        return self.remaining() - pause > self.delivery.sender.longest + MARGIN
