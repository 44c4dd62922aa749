"""Nudges to ask the facts of."""

from dataclasses import replace

from milepost.domain.catalog import Catalog
from milepost.domain.facts import Facts, Share, facts_of
from milepost.domain.instant import DAY, Instant
from milepost.domain.milestone import Path
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from tests.adapters.examples import NUDGE
from tests.domain.build import SUBJECT


def nudge_at(at: Instant, milestone: str = "m", *, path: Path = "reached", channel: str = "email") -> Nudge:
    """A nudge that was decided then."""
    about = replace(NUDGE, subject=SUBJECT, milestone=milestone, path=path, channel=channel)
    return replace(about, at=at, decided_at=at, not_after=at + DAY)


def facts_at(
    progress: Progress, catalog: Catalog, at: Instant, milestone: str = "m", share: Share | None = None
) -> Facts:
    """The facts of a nudge that was decided then, where so many members have come as far."""
    return facts_of(progress, catalog, nudge_at(at, milestone), lambda _: share)
