"""Nudges to ask the facts of."""

from dataclasses import replace

from milepost.domain.catalog import Catalog
from milepost.domain.facts import Facts, Share, facts_of
from milepost.domain.instant import DAY, Instant
from milepost.domain.milestone import Path
from milepost.domain.outbox import Nudge, stable_id
from milepost.domain.progress import Progress
from tests.domain.build import SUBJECT, T0

_NUDGE = Nudge(
    id=stable_id("nudge"),
    subject=SUBJECT,
    milestone="m",
    path="reached",
    step=0,
    n=1,
    channel="email",
    template="t",
    verdict="sent",
    reason=None,
    at=T0,
    decided_at=T0,
    not_after=T0 + DAY,
    catalog_version=1,
)


def nudge_at(at: Instant, milestone: str = "m", *, path: Path = "reached", channel: str = "email") -> Nudge:
    """A nudge that was decided then."""
    return replace(_NUDGE, milestone=milestone, path=path, channel=channel, at=at, decided_at=at, not_after=at + DAY)


def facts_at(
    progress: Progress, catalog: Catalog, at: Instant, milestone: str = "m", share: Share | None = None
) -> Facts:
    """The facts of a nudge that was decided then, where so many members have come as far."""
    return facts_of(progress, catalog, nudge_at(at, milestone), lambda _: share)
