"""The queues in memory: refused messages and ticks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from milepost.application.ports import QueueUnavailableError, Refusal, TickMessage


@dataclass(slots=True)
class MemoryDeadLetters:
    """Refused messages. Those named in `refuses` are not taken."""

    refuses: frozenset[str] = frozenset()
    taken: list[Refusal] = field(default_factory=list)

    def put(self, refusals: Sequence[Refusal]) -> frozenset[str]:
        """See the port."""
        assert refusals, "SendMessageBatch refuses an empty batch"
        taken = [each for each in refusals if each.message_id not in self.refuses]
        self.taken.extend(taken)
        return frozenset(each.message_id for each in taken)


@dataclass(slots=True)
class MemoryTickQueue:
    """Ticks in the order in which they were put. `room` is how many more it takes before it fails."""

    room: int | None = None
    waiting: list[TickMessage] = field(default_factory=list)

    def depth(self) -> int:
        """See the port."""
        return len(self.waiting)

    def put(self, ticks: Sequence[TickMessage]) -> None:
        """See the port; the same tick is queued once."""
        for tick in ticks:
            if self.room is not None and len(self.waiting) >= self.room:
                raise QueueUnavailableError
            if tick not in self.waiting:
                self.waiting.append(tick)
