"""Decisions in memory, read back through the items in which they are stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from milepost.adapters.decisions import decision_item, recorded
from milepost.application.decisions import Recorded
from milepost.domain.event import Subject
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class MemoryDecisions:
    """Those that a store has booked, each nudge's last one. `before_reading` is what others do right before."""

    store: MemoryStore
    before_reading: Callable[[], object] = lambda: None

    def of(self, subject: Subject) -> Sequence[Recorded]:
        """See the port."""
        self.before_reading()
        last = {nudge.id: nudge for nudge in self.store.decisions if nudge.subject == subject}
        return [recorded(decision_item(nudge)) for nudge in last.values()]
