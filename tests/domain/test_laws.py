"""The laws of the core, each tried on whatever Hypothesis can think of."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from milepost.domain.advance import advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Identify, Stimulus, Tick, Track
from milepost.domain.instant import DAY, HOUR
from milepost.domain.ledger import REDELIVERY
from milepost.domain.progress import Progress
from tests.domain import oracle
from tests.domain.build import (
    GRACE,
    IN_APP,
    MAX_AGE,
    T0,
    Life,
    Line,
    catalog,
    count,
    identify,
    milestone,
    sum_of,
    track,
    within,
)
from tests.domain.oracle import Group, Purchase

LAW = settings(max_examples=100)
SPAN = 4 * HOUR
LAST = 30 * DAY
"""Everything happens before this, so everything arrives within `max_age`."""

OPEN: Catalog = catalog(
    milestone(count(3), name="count"),
    milestone(count(2, repeats=True), name="count-again", reached=[IN_APP]),
    milestone(count(3, span=SPAN), name="count-in"),
    milestone(sum_of(100), name="sum"),
    milestone(sum_of("33.3", repeats=True), name="sum-again"),
    milestone(sum_of(60, span=SPAN), name="sum-in"),
)
CLOSING: Catalog = catalog(
    milestone(count(3), name="second", deadline=within(SPAN), missed=[IN_APP]),
    milestone(count(2), name="after-signing-up", deadline=within(SPAN, "signed_up"), recovered=[IN_APP]),
    milestone(count(2, span=HOUR), name="quick", deadline=within(3 * DAY)),
)

AMOUNTS = st.integers(0, 6000).map(lambda cents: Decimal(cents) / 100)
OFFSETS = st.integers(0, 40).map(lambda step: step * HOUR // 2) | st.integers(0, LAST)
PURCHASES = st.lists(st.builds(Purchase, OFFSETS, AMOUNTS), max_size=14)
APART = st.lists(  # Far enough from each other for memory to be given up on the way.
    st.builds(Purchase, st.integers(0, 16).map(lambda step: step * SPAN // 4) | st.integers(0, 60 * DAY), AMOUNTS),
    max_size=24,
)


def tracks(purchases: Iterable[Purchase], arrived: int | None = None) -> list[Track]:
    """The events of these purchases, in the order of (instant, messageId)."""
    return [
        track(f"p{place:03}", T0 + each.at, arrived=None if arrived is None else T0 + arrived, amount=each.amount)
        for place, each in enumerate(sorted(purchases, key=lambda each: each.at))
    ]


def sign_ups(offsets: Iterable[int], arrived: int | None = None) -> list[Track]:
    """The sign-ups at these offsets."""
    return [
        track(f"s{place:03}", T0 + each, "signed_up", arrived=None if arrived is None else T0 + arrived)
        for place, each in enumerate(sorted(offsets))
    ]


def in_order(events: Iterable[Track | Identify]) -> list[Track | Identify]:
    """As they happened."""
    return sorted(events, key=lambda each: (each.instant, each.message_id))


def lived(used: Catalog, calls: Iterable[Sequence[Track | Identify]]) -> Life:
    """A life in which each call delivers some events."""
    life = Life(used)
    for call in calls:
        life.get(*call)
    return life


def cut(events: Sequence[Track | Identify], sizes: Sequence[int]) -> Iterator[Sequence[Track | Identify]]:
    """The events in batches of these sizes, over and over."""
    place = turn = 0
    while place < len(events):
        size = sizes[turn % len(sizes)]
        yield events[place : place + size]
        place, turn = place + size, turn + 1


def kinds(life: Life) -> set[tuple[str, str, int]]:
    """Whether and which occurrences: what does not depend on the order of arrival."""
    return {(line.milestone, line.outcome, line.n) for line in life.lines()}


def remembered(progress: Progress) -> Progress:
    """The progress without its outbox, whose timing may differ."""
    return progress._replace(outbox=(), due=None)


SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=5)
TRAITS = st.lists(st.tuples(OFFSETS, st.sampled_from(["plan", "region"]), st.integers(0, 3)), max_size=6)


def identifies(writes: Iterable[tuple[int, str, int]]) -> list[Identify]:
    """An identify for each write."""
    return [identify(f"i{place:03}", T0 + at, **{name: value}) for place, (at, name, value) in enumerate(writes)]


@given(PURCHASES, st.data())
@LAW
def test_duplicates_change_nothing(purchases: list[Purchase], data: st.DataObject) -> None:
    """3.1: whatever is delivered again, whenever, the progress is the same, its outbox and `due` included."""
    events = tracks(purchases, LAST)
    plain, again = Life(OPEN), Life(OPEN)
    for place, event in enumerate(events):
        plain.get(event)
        again.get(event, *data.draw(st.lists(st.sampled_from(events[: place + 1]), max_size=3)), now=event.arrived)
        again.get(*data.draw(st.lists(st.sampled_from(events[: place + 1]), max_size=3)), now=event.arrived)
    assert again.progress == plain.progress
    assert (again.outcomes, again.nudges) == (plain.outcomes, plain.nudges)


@given(PURCHASES, TRAITS, SIZES)
@LAW
def test_any_batching_gives_the_same_progress(
    purchases: list[Purchase], writes: list[tuple[int, str, int]], sizes: list[int]
) -> None:
    """Delivered in order, standings, traits and ledger do not depend on what came in one call."""
    events = in_order([*tracks(purchases), *identifies(writes)])
    one_by_one, batched = lived(OPEN, ([each] for each in events)), lived(OPEN, cut(events, sizes))
    assert remembered(batched.progress) == remembered(one_by_one.progress)
    assert batched.lines() == one_by_one.lines()


@given(PURCHASES, SIZES, st.randoms(use_true_random=False))
@LAW
def test_any_order_of_arrival_reaches_the_same(purchases: list[Purchase], sizes: list[int], random: Random) -> None:
    """3.1: among events within `max_age`, which occurrences are reached does not depend on arrival."""
    events = tracks(purchases, LAST)
    shuffled = random.sample(events, len(events))
    assert kinds(lived(OPEN, cut(shuffled, sizes))) == kinds(lived(OPEN, ([each] for each in events)))


@given(PURCHASES, st.lists(OFFSETS, max_size=3), SIZES, st.randoms(use_true_random=False))
@LAW
def test_any_order_of_arrival_ends_a_deadline_the_same(
    purchases: list[Purchase], anchors: list[int], sizes: list[int], random: Random
) -> None:
    """3.1: with the anchors first and no tick before everything is in, arrival does not matter.

    An anchor that comes after a later one has already led to *reached* is another matter: reached latches.
    """
    events = tracks(purchases, LAST)
    life = lived(CLOSING, [*cut(sign_ups(anchors, LAST), [9]), *cut(random.sample(events, len(events)), sizes)])
    life.tick(T0 + 2 * LAST)
    ends = {(outcome, 1) for outcome, _, _ in oracle.deadline(anchors, [each.at for each in purchases], 2, SPAN)}
    assert {(kind, n) for name, kind, n in kinds(life) if name == "after-signing-up"} == ends


@given(PURCHASES, st.lists(OFFSETS, max_size=3), SIZES, st.randoms(use_true_random=False))
@LAW
def test_nobody_who_was_in_time_is_told_of_a_miss(
    purchases: list[Purchase], anchors: list[int], sizes: list[int], random: Random
) -> None:
    """3.11: whatever the order of arrival, anchors included, who was in time has reached it in the end."""
    events = [*tracks(purchases, LAST), *sign_ups(anchors, LAST)]
    life = lived(CLOSING, cut(random.sample(events, len(events)), sizes))
    life.tick(T0 + 2 * LAST)
    at = [each.at for each in purchases]
    found = kinds(life)
    for name, starts, at_least in (("second", at, 3), ("after-signing-up", anchors, 2)):
        if [end[0] for end in oracle.deadline(starts, at, at_least, SPAN)] == ["reached"]:
            assert {kind for each, kind, _ in found if each == name} == {"reached"}


@given(PURCHASES, st.data())
@LAW
def test_a_late_event_undoes_a_miss_whenever_it_comes(purchases: list[Purchase], data: st.DataObject) -> None:
    """3.12: even decided far too early, a miss gives way to what was done in time after the first anchor."""
    used = catalog(milestone(count(2), deadline=within(SPAN, "signed_up")))
    life = lived(used, [sign_ups([0], LAST)])
    for event in data.draw(st.permutations(tracks(purchases, LAST))):
        if data.draw(st.booleans()):
            life.tick(T0 + 2 * LAST)
        life.get(event)
    life.tick(T0 + 2 * LAST)
    expected = oracle.deadline([0], [each.at for each in purchases], 2, SPAN)
    assert [line.outcome for line in life.lines()] == [end[0] for end in expected]


def group_line(group: Group | None) -> list[Line]:
    """The outcome that a group makes."""
    return [] if group is None else [Line("m", "reached", 1, group.at, group.ref)]


@given(APART, st.integers(1, 4), st.integers(0, 8).map(lambda step: step * SPAN // 4))
@LAW
def test_count_in_a_span_is_what_brute_force_finds(purchases: list[Purchase], at_least: int, span: int) -> None:
    """3.3: delivered in order, over months."""
    events = tracks(purchases)
    life = lived(catalog(milestone(count(at_least, span=span))), ([each] for each in events))
    assert life.lines() == group_line(oracle.count_in(sorted(purchases), at_least, span))


@given(APART, st.integers(1, 12000), st.integers(0, 8).map(lambda step: step * SPAN // 4))
@LAW
def test_sum_in_a_span_is_what_brute_force_finds(purchases: list[Purchase], cents: int, span: int) -> None:
    """3.3: delivered in order, over months."""
    at_least = Decimal(cents) / 100
    in_time = sorted(purchases, key=lambda each: each.at)
    life = lived(catalog(milestone(sum_of(str(at_least), span=span))), ([each] for each in tracks(purchases)))
    assert life.lines() == group_line(oracle.sum_in(in_time, at_least, span))


SIGNED = st.integers(-3000, 6000).map(lambda cents: Decimal(cents) / 100)


@given(st.dictionaries(st.integers(0, 40), SIGNED, max_size=14), st.integers(1, 9000))
@LAW
def test_sum_in_a_span_with_negative_amounts_is_what_brute_force_finds(amounts: dict[int, Decimal], cents: int) -> None:
    """3.3, 3.4: delivered in order, one an instant."""
    at_least = Decimal(cents) / 100
    purchases = [Purchase(at * HOUR, amount) for at, amount in sorted(amounts.items())]
    life = lived(catalog(milestone(sum_of(str(at_least), span=SPAN))), ([each] for each in tracks(purchases)))
    assert life.lines() == group_line(oracle.sum_in(purchases, at_least, SPAN))


@given(st.dictionaries(st.integers(0, 40), SIGNED, max_size=14), st.integers(100, 9000))
@LAW
def test_a_repeating_sum_is_what_brute_force_finds(amounts: dict[int, Decimal], cents: int) -> None:
    """3.4: each threshold once, at the event that first got there, whatever is taken away in between."""
    at_least = Decimal(cents) / 100
    purchases = [Purchase(at * HOUR, amount) for at, amount in sorted(amounts.items())]
    life = lived(catalog(milestone(sum_of(str(at_least), repeats=True))), ([each] for each in tracks(purchases)))
    assert [(line.n, line.at) for line in life.lines()] == list(enumerate(oracle.thresholds(purchases, at_least), 1))


@given(st.lists(OFFSETS, max_size=10), st.lists(OFFSETS, max_size=3), st.integers(1, 3), st.data())
@LAW
def test_a_deadline_is_what_brute_force_finds(
    at: list[int], anchors: list[int], at_least: int, data: st.DataObject
) -> None:
    """3.7: delivered in order, with the clock looked at as often as you like."""
    used = catalog(milestone(count(at_least), deadline=within(SPAN, "signed_up")), grace=0)
    life = Life(used)
    for event in in_order([*tracks(Purchase(each, Decimal(1)) for each in at), *sign_ups(anchors)]):
        if data.draw(st.booleans()):
            life.tick(event.instant - 1)
        life.get(event)
    life.tick(T0 + 2 * LAST)
    expected = [Line("m", outcome, 1, when, ref) for outcome, when, ref in oracle.deadline(anchors, at, at_least, SPAN)]
    assert life.lines() == expected


@given(PURCHASES, st.lists(OFFSETS, max_size=3), TRAITS)
@LAW
def test_the_same_input_twice_gives_equal_results_and_is_left_alone(
    purchases: list[Purchase], anchors: list[int], writes: list[tuple[int, str, int]]
) -> None:
    """The core is a function of its arguments, and changes none of them."""
    early, late = tracks(purchases, LAST)[::2], tracks(purchases, LAST)[1::2]
    before = lived(CLOSING, [[*early, *sign_ups(anchors, LAST)]]).progress
    stimuli: list[Stimulus] = [*late, *identifies(writes), Tick(T0 + 2 * LAST)]
    kept = deepcopy((before, stimuli))
    first, second = (advance(before, stimuli, CLOSING, T0 + 2 * LAST) for _ in range(2))
    assert first == second
    assert (before, stimuli) == kept


@given(st.lists(st.integers(0, 3 * SPAN), min_size=1, max_size=80), st.integers(2, 4), st.integers(0, MAX_AGE))
@LAW
def test_what_a_span_remembers_is_bounded(gaps: list[int], at_least: int, jump: int) -> None:
    """State stays bounded: fewer than N in any span D, and none that no late event can meet any more."""
    life, at = Life(catalog(milestone(count(at_least, span=SPAN)))), 0
    for place, gap in enumerate(gaps):
        at += gap + (jump if place % 7 == 6 else 0)
        life.get(track(f"e{place}", T0 + at))
        memo = life.standing().memo
        if memo is None:
            return
        assert isinstance(memo, tuple)
        kept = [each for each in memo if isinstance(each, int)]
        assert all(last - first > SPAN for first, last in zip(kept, kept[at_least - 1 :], strict=False))
        assert kept[0] >= T0 + at - MAX_AGE - REDELIVERY - SPAN


@given(PURCHASES, st.lists(OFFSETS, max_size=3), SIZES, st.randoms(use_true_random=False))
@LAW
def test_the_clock_is_never_armed_later_than_a_deadline_ends(
    purchases: list[Purchase], anchors: list[int], sizes: list[int], random: Random
) -> None:
    """`due` is never later than the first instant at which the clock could change something."""
    used = catalog(milestone(count(9), deadline=within(SPAN, "signed_up")), milestone(count(99), name="other"))
    events = [*tracks(purchases, LAST), *sign_ups(anchors, LAST)]
    delivered: list[Track | Identify] = []
    life = Life(used)
    for call in cut(random.sample(events, len(events)), sizes):
        life.get(*call)
        delivered.extend(call)
        starts = [each.instant for each in delivered if isinstance(each, Track) and each.name == "signed_up"]
        if starts and not life.lines():
            assert life.progress.due is not None
            assert life.progress.due <= min(starts) + SPAN + GRACE


@given(PURCHASES, st.lists(OFFSETS, max_size=3))
@example(  # A tick that comes after the horizon has passed what is loose once forgot a part of it.
    [Purchase(0, Decimal(0)), Purchase(255_600_000_001, Decimal(0)), Purchase(259_200_000_001, Decimal(0))], []
)
@LAW
def test_ticks_at_each_due_instant_decide_everything_and_then_stop(
    purchases: list[Purchase], anchors: list[int]
) -> None:
    """Lazy re-arming loses nobody, and a subject whose deadlines are decided and whose outbox is told is not due."""
    life = lived(CLOSING, ([each] for each in in_order([*tracks(purchases), *sign_ups(anchors)])))
    for _ in range(2 * len(CLOSING.milestones) + 1):
        life.progress = life.progress._replace(outbox=())
        if life.progress.due is None:
            break
        life.tick(max(life.progress.due, T0 + LAST))
    assert life.progress.due is None
    at_once = lived(CLOSING, ([each] for each in in_order([*tracks(purchases), *sign_ups(anchors)])))
    at_once.tick(T0 + 3 * LAST)
    assert life.lines() == at_once.lines()
