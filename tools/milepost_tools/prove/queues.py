"""SQS as it is: at least once, in any order; with groups one after another; ten receives and then the dead letters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from milepost.domain.instant import MINUTE, SECOND, Duration, Instant
from milepost_tools.prove.faults import Faults
from milepost_tools.prove.kernel import Kernel

_REMEMBERED: Final[Duration] = 5 * MINUTE
"""How long a FIFO queue knows what it was sent."""


@dataclass(slots=True)
class Message:
    """One message, until it is deleted; `reason` is the attribute that a refused one has."""

    id: str
    body: str
    sent: Instant
    visible: Instant
    group: str | None = None
    reason: str | None = None
    receives: int = 0
    in_flight: bool = False
    deleted: Instant | None = None


@dataclass(slots=True)
class Queue:
    """A queue; `dead` takes what was received ten times. `wake` is asked to look for messages at an instant."""

    name: str
    kernel: Kernel
    faults: Faults
    visibility: Duration = 0
    dead: "Queue | None" = None
    most_receives: int = 10
    wake: Callable[[Instant], None] = lambda _: None
    exhausted: Callable[[Message], None] = lambda _: None
    messages: list[Message] = field(default_factory=list)
    past: list[Message] = field(default_factory=list)
    _known: dict[str, Instant] = field(default_factory=dict)

    def send(self, body: str, *, group: str | None = None, same: str = "", reason: str | None = None) -> None:
        """Take a message; a FIFO queue leaves out what it was sent minutes ago under the same name."""
        now = self.kernel.now
        if same:
            if now - self._known.get(same, -_REMEMBERED) < _REMEMBERED:
                return
            self._known[same] = now
        late = self.faults.draw.randrange(5 * MINUTE) if self.faults.happens("late") else 0
        message = Message(f"{self.name}-{len(self.past)}", body, now, now + late, group, reason)
        self.messages.append(message)
        self.past.append(message)
        self.wake(message.visible)

    def receive(self, most: int) -> Sequence[Message]:
        """Visible messages, in any order; of a group in the order sent, and none while one is in flight."""
        now = self.kernel.now
        found: list[Message] = []
        blocked: set[str] = set()
        waiting = list(self.messages)
        if waiting and waiting[0].group is None:
            self.faults.draw.shuffle(waiting)
        for message in waiting:
            if message.group in blocked or len(found) == most:
                continue
            if message.visible > now:
                if message.group is not None:
                    blocked.add(message.group)
            elif message.receives >= self.most_receives and self.dead is not None:
                self._give_up(message, self.dead)
            else:
                found.append(message)
        for message in found:
            message.receives += 1
            message.visible = now + self.visibility
            if message.group is None and self.faults.happens("delivered twice"):
                message.visible = now + self.faults.draw.randrange(3 * SECOND)
            self.wake(message.visible)
        return found

    def delete(self, done: Iterable[Message]) -> None:
        """Done with these; a standard queue may not notice."""
        for message in done:
            if message.deleted is None and not (message.group is None and self.faults.happens("not deleted")):
                message.deleted = self.kernel.now
                self.messages.remove(message)
                self.wake(self.kernel.now)  # A group whose turn it is now.

    def oldest(self, at: Instant) -> Instant | None:
        """When the oldest message was sent that was there at an instant."""
        there = (each.sent for each in self.past if each.sent <= at and (each.deleted is None or each.deleted > at))
        return min(there, default=None)

    def redrive(self, into: "Queue") -> None:
        """Send what has no reason back, as an operator does."""
        for message in [each for each in self.messages if each.reason is None]:
            message.deleted = self.kernel.now
            self.messages.remove(message)
            into.send(message.body)

    def _give_up(self, message: Message, dead: "Queue") -> None:
        message.deleted = self.kernel.now
        self.messages.remove(message)
        self.exhausted(message)
        dead.send(message.body)
