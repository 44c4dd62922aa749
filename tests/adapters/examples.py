"""Catalogs, entries and progresses that the tests of the adapters share."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from milepost.application.ports import Outgoing
from milepost.domain.caps import Use
from milepost.domain.catalog import Catalog
from milepost.domain.instant import DAY, HOUR, parse_instant
from milepost.domain.ledger import Elsewhere, Entry, Ledger, Origin
from milepost.domain.matcher import Matcher
from milepost.domain.milestone import Milestone, Path, Step
from milepost.domain.outbox import Joined, Nudge, Outcome, stable_id
from milepost.domain.progress import Membership, Progress, Standing, Trait
from milepost.domain.rules.count import Count
from milepost.domain.schedule import Pending
from milepost.domain.totals import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = parse_instant("2026-11-22T08:00:00Z")
SUBJECT = "user:u_42"


def milestone(name: str, *, stage: str | None = "onboarding") -> Milestone:
    """A milestone that is reached at once and tells nobody."""
    rule = Count(Matcher(frozenset({"happened"}), ()), 1)
    steps: Mapping[Path, tuple[Step, ...]] = {"reached": (), "missed": (), "recovered": ()}
    return Milestone(name, name.title(), stage, "minor", None, rule, None, 3 * DAY, steps)


def catalog(*names: str) -> Catalog:
    """A catalog with these milestones."""
    return Catalog.of(
        "acme",
        [milestone(name) for name in names],
        version=12,
        max_age=35 * DAY,
        grace=HOUR,
        events=frozenset({"happened"}),
        consent={"email": "always", "in_app": "always"},
    )


CATALOG = catalog("first", "second")

OUTCOME = Outcome(
    id=stable_id("outcome"),
    subject=SUBJECT,
    milestone="first",
    outcome="reached",
    n=1,
    at=NOW - HOUR,
    ref=None,
    catalog_version=12,
    decided_at=NOW,
)
NUDGE = Nudge(
    id=stable_id("nudge"),
    subject=SUBJECT,
    milestone="first",
    path="reached",
    step=0,
    n=1,
    channel="email",
    template="well-done",
    verdict="sent",
    reason=None,
    at=NOW - HOUR,
    decided_at=NOW,
    not_after=NOW + 3 * DAY,
    catalog_version=12,
)


WAITS = replace(
    NUDGE, verdict="deferred", reason="not_yet", variant="b", until=NOW + DAY, planned=NOW + DAY, occurrence=NOW
)


def nudge(number: int, channel: str = "email") -> Nudge:
    """One of many nudges that differ in nothing but their occurrence."""
    return replace(NUDGE, id=stable_id("nudge", number), n=number, channel=channel)


def progress(subject: str, counted: int = 1) -> Progress:
    """A subject of whom that many events were counted."""
    entries = {key: Entry(NOW + key, key % 256) for key in range(counted)}
    return Progress(subject, catalog_version=12, standings={"first": Standing(counted, NOW)}, ledger=Ledger(entries))


GOLDEN = Progress(
    subject=SUBJECT,
    catalog_version=12,
    traits={
        "plan": Trait("pro", NOW - DAY),
        "email_opt_in": Trait(value=True, instant=NOW - DAY),
        "credit": Trait(Decimal("-12.50"), NOW - 2 * DAY),
        "seats": Trait(300, NOW),
        "name": Trait("Zoë 🏃", NOW),
        "address": Trait({"city": "Köln", "lines": ("a", None)}, -1),
    },
    standings={
        "first": Standing(1, NOW - HOUR),
        "second": Standing(0, None, missed=1, memo=(NOW, 1, (), (Decimal("3.50"), NOW, 0), None), shape=0xBEEF),
        "#00000003": Standing(3, NOW, 7, (NOW, NOW + DAY), closed=1, held=(NOW, None)),
        "#0badcafe": Standing(7, -DAY, memo=(7, NOW)),
    },
    ledger=Ledger(
        {0: Entry(-1, 0), 2**64 - 1: Entry(NOW, 255), 77: Entry(NOW, 1, 9)},
        elsewhere=Elsewhere(NOW - DAY, (Origin("user:device", NOW - 2 * DAY),)),
    ),
    outbox=(
        Joined(NOW),
        replace(OUTCOME, ref=NOW - DAY, undoes=("missed",)),
        replace(NUDGE, reason="no_consent"),
        WAITS,
    ),
    due=NOW + DAY,
    counted={"happened": 300, "\0abcdef": 1},
    zone=Trait("Europe/Berlin", NOW),
    memberships=(Membership(NOW - DAY, "acct_7"), Membership(NOW, "Zoë & Co")),
    pending=(
        Pending("second", "missed", 1, 1, 1, NOW - DAY, NOW + 2 * DAY, NOW + 2 * DAY + HOUR),
        Pending("#00000003", "reached", 0, 3, NOW - HOUR, NOW, NOW, NOW + DAY),
    ),
    used=(Use(NOW - DAY, 50, "email", "minor", None), Use(NOW, 100, "in_app", "major", "onboarding")),
    recent={7: (NOW - DAY, NOW), 2**32 - 1: (NOW,)},
    totals={3: Kept(2026, Decimal("2820.5")), 2**32 - 1: Kept(0, 41), 8: Kept(24311, (3, 739_942, 0b1011))},
)
"""What golden/aggregate.json holds. It changes together with `codec.FORMAT`, and without it an attribute is added."""


def outgoing(*entries: Outcome | Nudge) -> list[Outgoing]:
    """Entries as publish hands them over, with no more to say than what they are."""
    return [Outgoing(each) for each in entries]
