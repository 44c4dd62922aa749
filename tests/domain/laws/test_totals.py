"""Laws of totals, against a program of five lines that knows nothing of folds."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.event import Identify, Track
from milepost.domain.instant import DAY, HOUR, Duration, Instant, parse_instant
from milepost.domain.merge import merge
from milepost.domain.progress import Progress
from tests.domain.build import Life, identify, track
from tests.domain.laws.histories import LAW
from tests.domain.told import facts_at
from tests.tools.catalog.catalogs import compile_text

BEGIN: Final[Instant] = parse_instant("2026-12-10T00:00:00Z")
NOW: Final[Instant] = BEGIN + 34 * DAY
"""All arrive now, so that each is late by less than `max_age`, and months, weeks and a year end among them."""
PERIODS: Final = (None, "day", "week", "month", "year")
ZONES: Final = ("UTC", "Pacific/Auckland", "America/Los_Angeles")


class Happened(NamedTuple):
    """So long after the beginning; a refund takes an amount back."""

    after: Duration
    name: str
    amount: Decimal | None


def catalog(zone: str) -> Catalog:
    """A total of every kind and period."""
    kinds = {
        "count": "count: {event: bought}",
        "sum": "sum: {event: bought, of: amount}",
        "days": "days: {event: trained}",
    }
    totals = {
        f"{kind}_{per}": f"{{{text}{'' if per is None else f', per: {per}'}}}"
        for kind, text in kinds.items()
        for per in PERIODS
        if (kind, per) != ("days", "day")
    }
    listed = "\n".join(f"  {name}: {text}" for name, text in totals.items())
    return catalog_from_compiled(
        compile_text(
            f"catalog: c\nversion: 1\ntimezone: {zone}\ntotals:\n{listed}\n"
            "events: {bought: {retracted_by: refunded}, refunded: {}, trained: {}}\n"
            "milestones: {m: {reach: {count: {event: bought, at_least: 1}}}}\n"
        )
    )


def _same_period(per: str | None, one: date, other: date) -> bool:
    if per == "week":
        return one.isocalendar()[:2] == other.isocalendar()[:2]
    parts: dict[str | None, Any] = {None: 0, "day": 3, "month": 2, "year": 1}
    return one.timetuple()[: parts[per]] == other.timetuple()[: parts[per]]


def expected(history: Sequence[Happened], zone: str) -> dict[str, Any]:
    """What the totals must be, straight from the list of what happened."""
    dated = [((datetime.fromtimestamp(BEGIN / 1e6, UTC) + timedelta(microseconds=h.after)), h) for h in history]
    local = [(at.astimezone(ZoneInfo(zone)).date(), h) for at, h in dated]
    today = datetime.fromtimestamp(NOW / 1e6, UTC).astimezone(ZoneInfo(zone)).date()
    found: dict[str, Any] = {}
    for per in PERIODS:
        now = [(day, h) for day, h in local if _same_period(per, day, today)]
        signs = [(1 if h.name == "bought" else -1, h.amount or 0) for _, h in now if h.name != "trained"]
        found[f"count_{per}"] = max(sum(sign for sign, _ in signs), 0)
        found[f"sum_{per}"] = sum(sign * amount for sign, amount in signs)
        found[f"days_{per}"] = len({day for day, h in now if h.name == "trained"})
    del found["days_day"]
    return found


HISTORIES = st.lists(
    st.builds(
        Happened,
        st.integers(0, 34 * DAY) | st.integers(0, 34 * 4).map(lambda step: step * 6 * HOUR),
        st.sampled_from(["bought", "bought", "refunded", "trained", "trained"]),
        st.none() | st.integers(1, 10**6).map(lambda cents: Decimal(cents) / 100),
    ),
    max_size=30,
)


def events(history: Sequence[Happened]) -> list[Track | Identify]:
    """An event for each, all of which arrive now."""
    return [
        track(
            f"e{place}",
            BEGIN + each.after,
            each.name,
            arrived=NOW,
            **({} if each.amount is None else {"amount": each.amount}),
        )
        for place, each in enumerate(history)
    ]


def told(progress: Progress, seen: Catalog) -> dict[str, Any]:
    """All totals, as a nudge tells them now."""
    return dict(facts_at(progress, seen, NOW).totals)


@given(HISTORIES, st.sampled_from(ZONES), st.integers(), st.integers(1, 7))
@LAW
def test_totals_depend_neither_on_order_nor_on_duplicates(
    history: list[Happened], zone: str, seed: int, size: int
) -> None:
    """Every kind and period, in any batches, each event delivered up to three times."""
    random = Random(seed)  # Shuffles a test.
    delivered = [event for event in events(history) for _ in range(random.randint(1, 3))]
    random.shuffle(delivered)
    life = Life(catalog(zone))
    for start in range(0, len(delivered), size):
        life.get(*delivered[start : start + size], now=NOW)
    assert told(life.progress, life.catalog) == expected(history, zone)


@given(HISTORIES, st.sampled_from(ZONES), st.data())
@LAW
def test_what_two_have_done_adds_up_when_they_are_one(history: list[Happened], zone: str, data: st.DataObject) -> None:
    """However it is shared out between them, and whichever of the two becomes the other."""
    seen, parts = catalog(zone), (list[Track | Identify](), list[Track | Identify]())
    for event in events(history):
        parts[data.draw(st.integers(0, 1))].append(event)
    lives = [Life(seen).each(part) for part in parts]
    for life in lives:
        life.get(identify("here", BEGIN))
    mine, theirs = lives[0].progress, lives[1].progress._replace(subject="user:device")
    assert told(merge(mine, theirs, seen, NOW).progress, seen) == expected(history, zone)
