"""Topics in memory: they take everything, refuse some of it, or take it and lose the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from milepost.application.ports import Outgoing
from milepost.domain.outbox import Nudge, Outcome


def nothing(_: Outcome | Nudge) -> bool:
    """No entry."""
    return False


@dataclass(slots=True)
class MemoryTopics:
    """What was published, in order. `refuses` says which entries are not taken."""

    refuses: Callable[[Outcome | Nudge], bool] = nothing
    answers_to_lose: int = 0
    """So many calls take everything and answer that they took nothing."""
    published: list[Outcome | Nudge] = field(default_factory=list)
    messages: list[Outgoing] = field(default_factory=list)
    """The same, each with what it said."""

    @property
    def ids(self) -> list[str]:
        """The ids published, once for each time."""
        return [entry.id for entry in self.published]

    def publish(self, entries: Sequence[Outgoing]) -> frozenset[str]:
        """See the port."""
        assert entries, "PublishBatch refuses an empty batch"
        assert len({each.entry.id for each in entries}) == len(entries), "PublishBatch refuses the same id twice"
        messages = [each for each in entries if not self.refuses(each.entry)]
        taken = [each.entry for each in messages]
        self.messages.extend(messages)
        self.published.extend(taken)
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            return frozenset()
        return frozenset(entry.id for entry in taken)
