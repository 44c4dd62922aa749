"""What goes out in one invocation of publish: composed once, and known to have gone or to be unfit to go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from milepost.application.folding import place_of
from milepost.application.ports import ComposeError, Composer, Outgoing, Unfit
from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress

Told: TypeAlias = Outcome | Nudge


@dataclass(slots=True)
class Telling:
    """The ids that were `told`, and where the core gave up, by subject; see `Folded`.

    An entry is composed once, however often its topic or its booking is tried: so nobody gets two texts under one id
    from one invocation, and what went out is never found unfit after it.
    """

    composer: Composer
    told: set[str] = field(default_factory=set)
    faults: dict[Subject, str] = field(default_factory=dict)
    _composed: dict[Told, Outgoing] = field(default_factory=dict)
    _unfit: dict[Told, Unfit] = field(default_factory=dict)

    def outgoing(self, progress: Progress, entries: Iterable[Told]) -> Iterator[Outgoing]:
        """Those of a subject's entries that were not told yet and are fit to go, as they go out."""
        for entry in entries:
            if entry.id not in self.told and self._composes(entry, progress):
                yield self._composed[entry]

    def is_unfit(self, entry: object) -> bool:
        """Whether it could not be composed, and has not gone out as it was decided before."""
        return isinstance(entry, Nudge) and entry.id not in self.told and entry in self._unfit

    def verdict(self, nudge: Nudge, now: Instant) -> Nudge:
        """The verdict to record: what is unfit is suppressed; what went out before it was called back did go out."""
        if nudge.id in self.told:
            return nudge.as_sent()
        return nudge.suppressed(self._unfit[nudge], now) if nudge in self._unfit else nudge

    def _composes(self, entry: Told, progress: Progress) -> bool:
        if entry not in self._composed and entry not in self._unfit:
            try:
                data = self.composer.compose(entry, progress) if isinstance(entry, Nudge) else {}
                self._composed[entry] = Outgoing(entry, data)
            except ComposeError as refused:
                self._unfit[entry] = refused.reason
            except Exception as error:  # noqa: BLE001  # As in `Folding`: one subject's trouble is not its neighbours'.
                self.faults[progress.subject] = place_of(error)
        return entry in self._composed
