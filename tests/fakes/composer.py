"""A composer that says what it is told to, or fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from milepost.application.ports import ComposeError, Unfit
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress


def fit(_: Nudge) -> None:
    """Every nudge can be composed."""


@dataclass(slots=True)
class MemoryComposer:
    """`fails` says which nudges cannot be composed, and why; `asked` are the ids it was asked for, in order."""

    fails: Callable[[Nudge], Unfit | None] = fit
    asked: list[str] = field(default_factory=list)

    def compose(self, nudge: Nudge, progress: Progress) -> Mapping[str, object]:
        """See the port."""
        self.asked.append(nudge.id)
        reason = self.fails(nudge)
        if reason is not None:
            raise ComposeError(reason)
        return {"content": {"text": f"{len(progress.traits)} traits"}}
