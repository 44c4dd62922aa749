"""Read, fold, write on condition, and again for whoever lost a race: the one loop that changes progress.

        worker A                    worker B
        load v7                     load v7
        advance                     advance
        save where v = 7: DONE      save where v = 7: CONFLICT
                                    load v8 (consistent), advance: A's events are in the ledger now
                                    save where v = 8: DONE

A write whose answer was lost looks like B's: the retry meets its own condition, finds its events in the ledger
and has nothing left to do. So nothing is ever counted twice, and nothing is given up before time runs out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from milepost.application.ports import Backoff, Saved, Store, Stored
from milepost.domain.advance import Advance, advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Stimulus, Subject, Tick
from milepost.domain.instant import Instant
from milepost.domain.progress import Progress

MOST_ATTEMPTS: Final = 20
"""About ten seconds of waiting: who has not got through by then, or cannot be read by this release, comes again."""

_Heads: TypeAlias = dict[Subject, Subject]
"""Who each subject has become, as far as that is known by now: itself, mostly."""
Work: TypeAlias = Mapping[Subject, Sequence[Stimulus]]
"""What there is to fold, by subject."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Which subjects could not be written in the time there was.

    Of those that were: counts for the metrics, and their progress, or that of whoever they have become, each time that
    it was written. Whoever was written again had events of somebody else by then, and somebody else may have spilled
    the first ones: only the progress that an event was folded into is sure to find it.
    """

    failed: frozenset[Subject]
    tally: Counter[str]
    progress: Mapping[Subject, Sequence[Progress]]
    faults: tuple[str, ...] = ()
    """Where the core gave up on a subject: `TypeError in line 81 of _within`."""


@dataclass(frozen=True, slots=True)
class Folding:
    """Folds stimuli into stored progress."""

    store: Store
    catalog: Catalog

    def fold(self, work: Work, now_of: Callable[[Sequence[Stimulus]], Instant], backoff: Backoff) -> Folded:
        """Fold every subject's stimuli once. `now_of` tells the time by which a subject's stimuli are judged."""
        tally: Counter[str] = Counter()
        faults: list[str] = []
        written: defaultdict[Subject, list[Progress]] = defaultdict(list)
        settled: set[Subject] = set()
        pending, heads = dict(work), {subject: subject for subject in work}
        attempt = 0
        while pending and attempt < MOST_ATTEMPTS:
            found = self.store.load(sorted(pending), consistent=attempt > 0)
            if _send_on(found, pending, heads):
                settled -= pending.keys()  # Who was written already has more to do now.
                continue  # No attempt: a chain of aliases is as long as it is, and always has an end.
            attempt += 1
            loaded = self._recalled(found, pending)
            advanced: dict[Subject, Advance] = {}
            for subject, stored in loaded.items():
                try:
                    advanced[subject] = advance(
                        stored.progress, pending[subject], self.catalog, now_of(pending[subject])
                    )
                # Whatever it is, in a rule or in what is stored, it is one subject's and must not be its neighbours'.
                except Exception as error:  # noqa: BLE001
                    faults.append(place_of(error))
                    del pending[subject]
            for subject in self._save(loaded, advanced, tally):
                tally.update(advanced[subject].tally)
                written[subject].append(advanced[subject].progress)
                settled.add(subject)
                del pending[subject]
            if pending and not backoff.wait(attempt):
                break
        failed = frozenset(subject for subject, head in heads.items() if head not in settled)
        progress = {subject: written[head] for subject, head in heads.items() if head in settled}
        return Folded(failed, tally, progress, tuple(faults))

    def _recalled(self, loaded: Mapping[Subject, Stored], work: Work) -> Mapping[Subject, Stored]:
        """The subjects with what has left their ledgers that they are about to be told again, if it could be read."""
        known = dict(loaded)
        for subject, stored in loaded.items():
            progress = stored.progress
            if not progress.ledger.has_spilled:
                continue
            late = [each for each in work[subject] if not isinstance(each, Tick) and progress.ledger.needs_recall(each)]
            if not late:
                continue
            entries = self.store.recall(progress, late)
            if entries is None:
                del known[subject]
            else:
                ledger = progress.ledger.recalling(entries)
                known[subject] = Stored(progress._replace(ledger=ledger), stored.version)
        return known

    def _save(
        self, loaded: Mapping[Subject, Stored], advanced: Mapping[Subject, Advance], tally: Counter[str]
    ) -> frozenset[Subject]:
        changes = [
            Stored(found.progress, loaded[subject].version)
            for subject, found in advanced.items()
            if found.progress != loaded[subject].progress
        ]
        saved = self.store.save(changes) if changes else {}
        tally["conflict"] += sum(result is Saved.CONFLICT for result in saved.values())
        tally["refused"] += sum(result is Saved.REFUSED for result in saved.values())
        return frozenset(subject for subject in advanced if saved.get(subject, Saved.DONE) is Saved.DONE)


def place_of(error: Exception) -> str:
    """What was raised and where, and nothing of what it says, which may quote a person's data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" in line {trace.tb_lineno} of {trace.tb_frame.f_code.co_qualname}"
    return f"{type(error).__name__}{where}"


def _send_on(loaded: Mapping[Subject, Stored], pending: dict[Subject, Sequence[Stimulus]], heads: _Heads) -> bool:
    """Hand the events of those who have become somebody else to whom they have become; whether there were any.

    What the clock says to them stays: their outbox is still theirs. So does what happened before they were erased.
    """
    moved = False
    for subject, progress in ((subject, stored.progress) for subject, stored in loaded.items()):
        target = progress.forward
        if target is None:
            continue
        events = [
            each for each in pending[subject] if not isinstance(each, Tick) and not progress.forgets(each.instant)
        ]
        if not events:
            continue
        moved = True
        rest = [each for each in pending.pop(subject) if isinstance(each, Tick) or progress.forgets(each.instant)]
        if rest:
            pending[subject] = rest
        pending[target] = [*pending.get(target, ()), *(replace(event, subject=target) for event in events)]
        heads.update({origin: target for origin, head in heads.items() if head == subject})
    return moved
