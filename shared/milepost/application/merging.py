"""Two subjects become one (semantics, 3.14): one transaction merges them and leaves word where the other has gone.

        u: v7   a: v3           what was counted under either is the user's
        u: v8   a -> u          whoever comes to `a` from now on is sent on to `u`

Both ids are followed to their ends before, so a repeated alias, a chain of them and a cycle end in the same subject.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from milepost.application.folding import place_of
from milepost.application.ports import Backoff, Saved, Store, Stored
from milepost.domain.catalog import Catalog
from milepost.domain.event import Alias, Subject
from milepost.domain.instant import Instant
from milepost.domain.merge import forwarded, merge, needs_newer_catalog

MOST_ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class Merging:
    """Merges stored subjects. `now_of` tells the time by which nudges that come of it are judged."""

    store: Store
    catalog: Catalog
    now_of: Callable[[Sequence[Alias]], Instant]
    faults: list[str] = field(default_factory=list)
    """Where the core gave up on an alias; see `Folded`."""

    def merge(self, aliases: Iterable[Alias], backoff: Backoff, tally: Counter[str]) -> Sequence[Alias]:
        """Carry out aliases in the order of time; those that could not be, for they must come again."""
        ordered = sorted(aliases, key=lambda alias: (alias.instant, alias.message_id))
        return [alias for alias in ordered if not self._carry_out(alias, backoff, tally)]

    def _carry_out(self, alias: Alias, backoff: Backoff, tally: Counter[str]) -> bool:
        for attempt in range(MOST_ATTEMPTS):
            if attempt and not backoff.wait(attempt):
                return False
            users, others = self._chain(alias.subject), self._chain(alias.previous)
            if users is None or others is None:
                continue
            if _says_nothing(alias, users, others, tally):
                return True
            user, other = users[-1], others[-1]
            if needs_newer_catalog(user.progress, other.progress, self.catalog):
                return False  # It comes again, when that one is everywhere.
            saved = self._join(user, other, alias, tally)
            if saved is None:
                return False
            tally["conflict"] += saved is Saved.CONFLICT
            tally["refused"] += saved is Saved.REFUSED
            if saved is Saved.DONE:
                return True
        return False

    def _join(self, user: Stored, other: Stored, alias: Alias, tally: Counter[str]) -> Saved | None:
        now = self.now_of([alias])
        try:
            advanced = merge(user.progress, other.progress, self.catalog, now)
            rest = forwarded(other.progress, user.progress, self.catalog, now)
        except Exception as error:  # noqa: BLE001  # As in `Folding`: what two subjects hold must not be others' loss.
            self.faults.append(place_of(error))
            return None
        saved = self.store.join(Stored(advanced.progress, user.version), Stored(rest, other.version))
        if saved is Saved.DONE:
            tally.update(advanced.tally)
            tally["merged"] += 1
        return saved

    def _chain(self, subject: Subject) -> Sequence[Stored] | None:
        """The subject and whom it has become, one after another, as they stand; None if one could not be read now."""
        chain: list[Stored] = []
        following: Subject | None = subject
        while following is not None:
            stored = self.store.load([following], consistent=True).get(following)
            if stored is None:
                return None
            chain.append(stored)
            following = stored.progress.forward
        return chain


def _says_nothing(alias: Alias, users: Sequence[Stored], others: Sequence[Stored], tally: Counter[str]) -> bool:
    """Whether the two are one already, or one was erased since: what is known of that one is from after it."""
    if users[-1].progress.subject == others[-1].progress.subject:
        return True
    gone = any(each.progress.forgets(alias.instant) for each in (*users, *others))
    tally["erased"] += gone
    return gone
