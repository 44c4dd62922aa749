"""A log sent through a deployed stack: queue, functions under their roles, table, stream, topics, subscribers."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from milepost.adapters import keys
from milepost.adapters.queues import depth
from milepost.application.sweep import PER_SHARD
from milepost.domain.catalog import Catalog
from milepost.domain.instant import Instant, format_instant
from milepost_tools.history.overtaking import OnTheirWay
from milepost_tools.history.results import Row
from milepost_tools.history.rounds import Stretch, dated, stretches
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.sending import Parcel, Unsent, batches, send_batch
from milepost_tools.local.stack import OUTCOMES, Stack
from milepost_tools.local.subscriptions import Inbox, Message, subscribe
from milepost_tools.problem import ProblemError

PATIENCE: Final = 900.0
"""Seconds without anything being worked off, after which a replay gives up: twice the longest visibility time-out."""
SHORTEST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.1
LONGER: Final = 1.3
"""Seconds between two looks at a queue, and by what each is longer: to ask is work for the same emulator."""
END_OF_TIME: Final[Instant] = 2**63
QUIET: Final = 1.0
"""Seconds for which nothing may come any more before a subscriber is believed to have everything."""


@dataclass(slots=True)
class Replay:
    """One replay. `sent` is told how many lines have been sent; `messages` is what the subscribers got."""

    stack: Stack
    catalog: Catalog
    sent: Callable[[int], None]
    messages: list[Message] = field(default_factory=list)
    unsent: list[Unsent] = field(default_factory=list)

    def run(self, lines: Sequence[Parcel | Unsent], as_of: Instant | None) -> Simulation:
        """Send every line, sweep at each instant at which the clock decides something, and wait for all of it.

        Those instants are found by simulating the same lines; the simulation is the answer.

        Raises:
            ProblemError: the stack does not go by the messages' clock, or stopped working.
        """
        self._check_clock()
        self.unsent += [line for line in lines if isinstance(line, Unsent)]
        simulation = Simulation(self.catalog).run(lines, as_of)
        sendable = dated((line for line in lines if isinstance(line, Parcel)), self.catalog)
        with subscribe(self.stack, [OUTCOMES, *self.catalog.consent]) as inboxes:
            on_their_way = OnTheirWay(simulation.decisions)
            began: Instant = 0
            for stretch in stretches(sendable, simulation.settled_at):
                self._play(stretch, began, on_their_way)
                self._collect(inboxes.values())
                began = stretch.sweep_at + 1 if stretch.sweep_at is not None else began
            self._await(self._is_settled)
            self._collect_until_quiet(inboxes.values())
        return simulation

    def _check_clock(self) -> None:
        if self.stack.clock_mode != "replay":
            raise ProblemError(
                f"The stack '{self.stack.name}' goes by its own clock.",
                "Replay into one deployed with Clock=replay, or leave --stack out to get one for the run.",
            )

    def _play(self, stretch: Stretch, began: Instant, on_their_way: OnTheirWay) -> None:
        ends = END_OF_TIME if stretch.sweep_at is None else stretch.sweep_at
        self._let_out(on_their_way.would_be_overtaken(began, ends))
        for messages in stretch.rounds:
            for batch in batches(messages):
                self.unsent += send_batch(self.stack.connection.sqs, self.stack.event_queue_url, batch)
                self.sent(len(batch))
            self._await(lambda: self._depth(self.stack.event_queue_url) == 0)
        if stretch.sweep_at is not None:
            self._let_out(on_their_way.would_be_overtaken(stretch.sweep_at, stretch.sweep_at))
            self._sweep(stretch.sweep_at)

    def _let_out(self, needed: bool) -> None:  # noqa: FBT001  # An answer that is passed on.
        if needed:
            self._await(lambda: not any(self._outboxes()))

    def _sweep(self, at: Instant) -> None:
        """Sweep until nobody is left: one sweep takes a bounded number of subjects from each shard."""
        full = True
        while full:
            answer = self.stack.connection.functions.invoke(
                FunctionName=self.stack.functions["sweep"], Payload=json.dumps({"time": format_instant(at)}).encode()
            )
            if answer.get("FunctionError"):
                raise ProblemError("The sweep function failed.", "Look into 'milepost local logs sweep'.")
            full = json.loads(answer["Payload"].read())["subjects"] >= PER_SHARD
            self._await(lambda: self._depth(self.stack.tick_queue_url) == 0)
            at += 1  # Another instant: the queue takes the same tick only once in five minutes.

    def _depth(self, url: str) -> int:
        return depth(self.stack.connection.sqs, url)

    def _is_settled(self) -> bool:
        queues = (self.stack.event_queue_url, self.stack.tick_queue_url)
        return all(self._depth(url) == 0 for url in queues) and not any(self._outboxes())

    def _outboxes(self) -> Iterator[int]:
        pages = self.stack.connection.dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.table_name,
            FilterExpression="attribute_exists(#outbox)",
            ExpressionAttributeNames={"#outbox": keys.OUTBOX},
            Select="COUNT",
            ConsistentRead=True,
        )
        return (page["Count"] for page in pages)

    def _await(self, done: Callable[[], bool]) -> None:
        patience = time.monotonic() + PATIENCE
        pause = SHORTEST_PAUSE
        while not done():
            if time.monotonic() > patience:
                raise ProblemError(
                    f"The stack '{self.stack.name}' has worked nothing off for {PATIENCE / 60:.0f} minutes.",
                    "Look into its functions' logs and its dead-letter queues.",
                )
            time.sleep(pause)
            pause = min(LONGER * pause, LONGEST_PAUSE)

    def _collect(self, inboxes: Iterable[Inbox]) -> int:
        received = [message for inbox in inboxes for message in inbox.receive_all()]
        self.messages += received
        return len(received)

    def _collect_until_quiet(self, inboxes: Iterable[Inbox]) -> None:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET:
            if self._collect(inboxes):
                quiet_since = time.monotonic()
            time.sleep(LONGEST_PAUSE)


def data_of(messages: Iterable[Message], topic: str) -> Iterator[Row]:
    """What the CloudEvents of a topic say, with the event's id."""
    for message in messages:
        if message.topic == topic:
            event: Mapping[str, Any] = json.loads(message.body)
            yield {**event["data"], "id": event["id"]}
