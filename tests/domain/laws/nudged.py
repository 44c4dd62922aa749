"""A subject's life with guardrails and journeys, told at once of whatever is decided: for laws about nudges."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hypothesis import strategies as st

from milepost.domain.advance import acknowledge
from milepost.domain.caps import Arbitration, Cap
from milepost.domain.catalog import Catalog
from milepost.domain.demand import Demand
from milepost.domain.event import Identify, Track
from milepost.domain.guardrails import Guardrails
from milepost.domain.hours import Hours
from milepost.domain.instant import DAY, HOUR, MINUTE, Instant
from milepost.domain.local import Span
from milepost.domain.milestone import Step
from milepost.domain.outbox import Nudge
from tests.domain.build import CONSENT, MAX_AGE, T0, Life, count, milestone, sum_of, track, within

SPAN = st.integers(0, 20 * 24).map(lambda hours: hours * HOUR)
CAPS = st.builds(
    Cap,
    st.integers(1, 3),
    st.sampled_from(["day", "week", 7 * DAY, 36 * HOUR]),
    st.booleans(),
    channels=st.sampled_from([frozenset(), frozenset({"in_app"})]),
    tiers=st.sampled_from([frozenset(), frozenset({"minor"})]),
)
HOURS = st.builds(Hours, st.integers(0, 1439), st.integers(0, 1439)).filter(lambda each: each.begins != each.ends)
STEPS = st.builds(
    Step,
    st.sampled_from([("in_app",), ("email", "in_app"), ("email",)]),
    st.just("t"),
    after=st.sampled_from([Span(), Span(elapsed=HOUR), Span(elapsed=3 * DAY)]),
    at=st.none() | st.just(9 * 60),
    days=st.sampled_from([frozenset(), frozenset(range(5))]),
    unless=st.sampled_from([None, Demand(reached="once")]),
    lasting=st.sampled_from([None, 20 * DAY]),
)
GUARDRAILS = st.builds(
    Guardrails,
    caps=st.lists(CAPS, max_size=2).map(tuple),
    quiet=st.none() | HOURS,
    arbitration=st.sampled_from([None, Arbitration(HOUR, defers=True), Arbitration(2 * DAY, defers=False)]),
)


@st.composite
def catalogs(draw: st.DrawFn, guardrails: st.SearchStrategy[Guardrails] = GUARDRAILS) -> Catalog:
    """Three milestones, one of which comes again and again and one with a deadline, each with a journey."""
    steps = [[Step(("in_app",), "t")], *(draw(st.lists(STEPS, max_size=2)) for _ in range(3))]
    milestones = [
        milestone(count(1, repeats=True), name="again", reached=steps[0]),
        milestone(count(1), name="once", deadline=within(5 * DAY, "signed_up"), reached=steps[1], missed=steps[2]),
        milestone(sum_of(3), name="spent", reached=steps[3]),
    ]
    return Catalog.of(
        "shop",
        [replace(each, priority=draw(st.integers(1, 100))) for each in milestones],
        version=1,
        max_age=MAX_AGE,
        grace=15 * MINUTE,
        events=frozenset({"bought", "signed_up"}),
        consent=CONSENT,
        timezone=draw(st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"])),
        guardrails=draw(guardrails),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Track | Identify]:
    """Events of three weeks in the order of arrival, which is not that of time."""
    when = draw(st.lists(st.tuples(SPAN, st.integers(0, 48)), min_size=4, max_size=14))
    names = draw(st.lists(st.sampled_from(["bought", "bought", "signed_up"]), min_size=len(when), max_size=len(when)))
    events = [
        track(f"e{place}", T0 + at, name, arrived=T0 + at + late * HOUR, amount=1)
        for place, ((at, late), name) in enumerate(zip(when, names, strict=True))
    ]
    return sorted(events, key=lambda event: event.arrived)


class Nudged:
    """A life in which every tick comes when it is due, and whatever is decided is told and booked on the spot."""

    def __init__(self, catalog: Catalog) -> None:
        """A subject of whom nothing is known."""
        self.life = Life(catalog)
        self.verdicts: dict[str, list[Nudge]] = {}
        self.most_pending = 0

    def lives(self, events: Iterable[Track | Identify], until: Instant = T0 + 200 * DAY) -> "Nudged":
        """Deliver events one by one, then let the clock run to its end."""
        for event in events:
            self._tick(event.arrived)
            self.life.get(event)
            self._book(event.arrived)
        self._tick(until)
        return self

    @property
    def final(self) -> Mapping[str, Nudge]:
        """The last verdict on each nudge."""
        return {name: verdicts[-1] for name, verdicts in self.verdicts.items()}

    @property
    def used(self) -> list[Nudge]:
        """What was sent or held out, in the order of time."""
        found = [each for each in self.final.values() if each.verdict in ("sent", "held_out")]
        return sorted(found, key=lambda each: each.decided_at)

    def _tick(self, until: Instant) -> None:
        while (due := self.life.progress.due) is not None and due < until:
            self.life.tick(due)
            self._book(due)

    def _book(self, now: Instant) -> None:
        progress = self.life.progress
        self.most_pending = max(self.most_pending, len(progress.pending))
        for entry in progress.outbox:
            if isinstance(entry, Nudge):
                self.verdicts.setdefault(entry.id, []).append(entry)
        self.life.progress = acknowledge(
            progress, frozenset(each.id for each in progress.outbox), self.life.catalog, now
        )
