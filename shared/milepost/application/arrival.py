"""When a message arrived, by either of the clocks that a stack can go by."""

from typing import Protocol

from milepost.application.fields import Message, instant_of
from milepost.domain.instant import Instant


class Arrival(Protocol):
    """When a message arrived, by the clock that the stack goes by."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The instant at which the queue took it, or the one that a replayed message names."""


class LiveArrival:
    """Arrival is when the queue took the message; what the message says about it does not count."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The queue's own time."""
        return sent_at


class ReplayedArrival:
    """Arrival is `receivedAt`, else `timestamp`, so that years can be replayed in minutes."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The message's own time; the queue's where it has none."""
        named = message.get("receivedAt", message.get("timestamp"))
        return sent_at if named is None else instant_of(named, "receivedAt" if "receivedAt" in message else "timestamp")
