from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import DAY, Duration, Instant
from milepost.domain.matcher import Matcher
from milepost.domain.rules import Hit
from milepost.domain.rules.drop import MOST_INSTANTS, Drop
from milepost.domain.rules.interface import Past
from tests.domain.rules.clocked import UTC, Life, lived, nothing_to_build, track, values

D = 10
BOUGHT = Matcher(frozenset({"bought"}))
DROP = Drop(BOUGHT, Decimal("0.5"), D)
MEMORY = 40


class Oracle:
    """The row of the rule, read word by word: at the end of each D everything is counted once more."""

    def __init__(self, by: str = "0.5") -> None:
        self.keeps = 1 - Decimal(by)
        self.events = list[Instant]()
        self.first: Instant | None = None
        self.ends = 2

    def tick(self, until: Instant) -> Instant | None:
        """The end at which it is seen to have fallen, up to this instant."""
        while (end := self.next_end()) is not None and end <= until:
            self.first = end - self.ends * D
            before, now = self.between(end - 2 * D), self.between(end - D)
            if before > 0 and now <= self.keeps * before:
                return end
            self.ends += 1
        return None

    def next_end(self) -> Instant | None:
        """The end that has not been looked at yet; the first event is settled once one has."""
        first = self.first if self.first is not None else min(self.events, default=None)
        return None if first is None else first + self.ends * D

    def between(self, begin: Instant) -> int:
        """The events of one period, which has its begin and not its end."""
        return sum(begin <= each < begin + D for each in self.events)


@pytest.mark.parametrize(
    ("by", "events", "end"),
    [
        pytest.param("0.5", [0, 1, 2, 3, 10, 11], 20, id="2: half of four is enough"),
        pytest.param("0.5", [0, 1, 2, 3, 10, 11, 12, 20, 30], 30, id="2: three of four are too many"),
        pytest.param("0.5", [0, 1, 2, 10], 20, id="2: one of three"),
        pytest.param("0.5", [0, 1, 2, 10, 11, 20], 30, id="2: two of three are too many, and one of these is half"),
        pytest.param("1", [0, 10, 20], 40, id="2: all of it, when there is nothing left"),
        pytest.param("0.01", [*[0] * 100, *[10] * 99], 20, id="2: one in a hundred"),
        pytest.param("0.1", [*range(10), *range(10, 19)], 20, id="2: a tenth of ten, exactly"),
        pytest.param("0.3", [*range(10), *range(10, 17)], 20, id="2: 7 of 10 by 0.3, exactly"),
        pytest.param("0.5", [0], 20, id="2: nothing after one"),
        pytest.param("0.5", [5, 6, 14, 15], 25, id="2: periods are counted from the first event"),
        pytest.param("0.5", [0, 1, 10, 11, 20], 30, id="2: an event at an end belongs to the next period"),
    ],
)
def test_it_fires_at_the_end_that_the_row_says(by: str, events: list[Instant], end: Instant) -> None:
    """Exactly there, and not a microsecond before; no reading names a `ref`."""
    rule = Drop(BOUGHT, Decimal(by), D)
    assert lived(rule, events, end) == lived(rule, events, 10**6) == [Hit(end)]
    assert lived(rule, events, end - 1) == []


def test_steady_activity_never_fires() -> None:
    """The share is of the D before, not of the best ever."""
    assert lived(DROP, [*range(10), *range(10, 20, 2), 15, *range(20, 30, 3)], 30) == []


def test_a_late_event_before_the_decision_counts() -> None:
    """In the period that ends, and in the one before it."""
    assert Life(DROP).get(0, 1, 10).tick(19).get(11).tick(20).hits == []
    assert Life(DROP).get(0, 1, 10, 11).tick(19).get(2, 3).tick(20).hits == [Hit(20)]


def test_a_late_event_of_the_period_before_still_counts_for_the_next_end() -> None:
    """Only the comparison that has been made is final."""
    assert Life(DROP).get(0, 1, 10, 11).tick(20).get(12, 13, 21, 22).tick(30).hits == [Hit(30)]


def test_a_late_earlier_first_event_moves_the_periods_until_one_has_been_compared() -> None:
    """From then on the first event is settled."""
    assert Life(DROP).get(5, 15, 16).get(0).tick(20).hits == []
    assert Life(DROP).get(5, 15).get(0, 1).tick(20).hits == [Hit(20)]
    assert Life(DROP).get(5, 15).tick(25).get(0).tick(35).hits == [Hit(35)]


def test_with_many_events_the_first_is_settled_early() -> None:
    """So that memory is bounded: an earlier one that comes later belongs to no period."""
    life = Life(DROP).get(*[5] * (MOST_INSTANTS + 1), *[15] * MOST_INSTANTS)
    assert life.memo == (1, 5, 0, MOST_INSTANTS + 1, 1, MOST_INSTANTS)
    assert life.get(0).memo == (1, 5, 0, MOST_INSTANTS + 1, 1, MOST_INSTANTS)


def test_in_the_steady_state_two_or_three_periods_are_kept() -> None:
    """Whatever is older has been compared."""
    life = Life(Drop(BOUGHT, Decimal("0.5"), 7 * DAY))
    for day in range(400):
        life.tick(day * DAY).get(day * DAY)
        assert values(life.memo) <= 1 + MOST_INSTANTS
    assert life.memo == (57, 0, 56, 7, 57, 1)


STEPS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, MEMORY) | st.just(0), st.integers(0, 3)), max_size=60)


@given(STEPS, st.booleans(), st.sampled_from(["0.5", "0.3", "1", "0.01"]))
def test_late_events_and_decisions_in_any_order_agree_with_brute_force(
    steps: list[tuple[Duration, Duration, int]],
    forgets: bool,  # noqa: FBT001  # Hypothesis calls it
    by: str,
) -> None:
    """At each tick; forgetting what is too old changes nothing."""
    life, oracle, now, end = Life(Drop(BOUGHT, Decimal(by), D)), Oracle(by), 0, None
    for passed, late, what in steps:
        now += passed
        if forgets:
            life.horizon = now - MEMORY
        if what == 0:
            end = oracle.tick(now) if end is None else end
            life.tick(now)
        else:
            oracle.events.append(now - late)
            life.get(now - late)
        assert life.hits == ([] if end is None else [Hit(end)])


@given(st.lists(st.integers(0, 60), max_size=MOST_INSTANTS), st.data())
def test_the_order_of_arrival_changes_nothing(instants: list[Instant], data: st.DataObject) -> None:
    """As long as nothing has been decided."""
    assert lived(DROP, data.draw(st.permutations(instants)), 10**6) == lived(DROP, sorted(instants), 10**6)


@given(st.lists(st.integers(0, 6), min_size=100, max_size=300), st.integers(0, 30))
def test_memory_stays_within_its_bound(gaps: list[Duration], memory: Duration) -> None:
    """However many events there are."""
    life, now = Life(DROP), 0
    for gap in gaps:
        now += gap
        life.horizon = now - memory
        for instant in (now, now - min(gap * 3, memory)):
            life.tick(now).get(instant)
            assert values(life.memo) <= DROP.most_values(memory)


def test_it_is_read_from_a_compiled_catalog() -> None:
    """As the language writes it."""
    options = {"event": ["bought"], "where": [], "by": "0.5", "over": D}
    assert Drop.from_compiled(options, nothing_to_build) == DROP
    assert (DROP.repeats, DROP.clocked, DROP.known_by_ref) == (False, True, False)


def test_it_looks_at_matching_events_only_and_starts_from_nothing() -> None:
    """Of a subject with a past nobody knows when events were."""
    assert DROP.observe(track(0, "left"), UTC) is None
    assert DROP.names == frozenset({"bought"})
    assert DROP.introduced(Past({"bought": 3}, {}, 99), UTC) == (DROP.start, 0)
    assert DROP.wakes(DROP.start, UTC) is None
    assert DROP.so_far(DROP.start).have == 0
