"""The ledger: each event counts once, as long as a copy of it can come."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import DAY, WEEK, Instant
from milepost.domain.ledger import LEAST, REDELIVERY, Elsewhere, Entry, Ledger
from tests.domain.build import MAX_AGE, T0, Life, Line, bought, catalog, count, key_of, milestone, track

HORIZON = MAX_AGE + REDELIVERY


def life() -> Life:
    """A life in which every purchase shows."""
    return Life(catalog(milestone(count(1, repeats=True))))


def crowd(at: int) -> list[str]:
    """Messages enough to make a ledger look for what may leave."""
    return [f"c{place}-{at}" for place in range(LEAST + 1)]


def test_the_same_event_counts_once() -> None:
    """1: a resend repeats messageId and timestamp and counts once."""
    lived = life()
    event = track("a", T0)
    assert +Counter(lived.get(event, event).tally) == Counter(counted=1, duplicate=1)
    assert lived.get(event).tally["duplicate"] == 1
    assert lived.lines() == [Line("m", "reached", 1, 0, None)]


def test_a_duplicate_changes_nothing_at_all() -> None:
    """Law of the core: what the ledger remembers changes nothing."""
    lived = life().each(bought(0))
    before = lived.progress
    lived.each(bought(0))
    assert lived.progress is before


def test_a_resend_that_says_something_else_is_metered_and_not_counted() -> None:
    """1: the first body wins; a second body that differs is counted in a metric."""
    lived = life().each([track("a", T0, amount=1)])
    result = lived.get(track("a", T0, amount=2))
    assert (result.tally["duplicate"], result.tally["conflicting_body"]) == (1, 1)
    assert len(lived.lines()) == 1


def test_the_same_id_under_another_timestamp_counts_once() -> None:
    """1: while the first is still among the subject's recent events."""
    lived = life().each([track("a", T0), track("a", T0 + DAY)])
    assert len(lived.lines()) == 1


def test_an_entry_stays_as_long_as_a_copy_can_come() -> None:
    """Faults: redriven days later, deduplicated: the ledger outlives `max_age` and both queues' retention."""
    lived = life().each([track("a", T0)])
    lived.get(*(track(name, T0 + HORIZON) for name in crowd(1)))
    assert key_of("a") in lived.progress.ledger.entries


def test_an_entry_leaves_when_no_copy_can_come() -> None:
    """State is bounded: once the week of the horizon has passed its own, it is gone; till then it stays."""
    lived = life().each([track("a", T0)])
    end = T0 - T0 % WEEK + WEEK
    lived.get(*(track(name, end + HORIZON - 1) for name in crowd(1)))
    assert key_of("a") in lived.progress.ledger.entries
    lived.get(track("next-week", end + HORIZON))
    assert key_of("a") not in lived.progress.ledger.entries


def test_a_short_ledger_forgets_nothing() -> None:
    """Design 2: at least 16 entries are kept."""
    lived = life().each(track(f"e{place}", T0 + place * 100 * DAY) for place in range(LEAST))
    assert len(lived.progress.ledger.entries) == LEAST


def test_a_late_copy_does_not_shorten_the_memory_of_newer_ones() -> None:
    """What may leave depends on arrival, so an old event that arrives now is remembered."""
    lived = life()
    arrived = T0 + MAX_AGE
    lived.get(*(track(name, arrived) for name in crowd(1)))
    late = track("late", T0, arrived=arrived)
    lived.get(late)
    assert lived.get(late).tally["duplicate"] == 1


def test_a_ledger_stays_as_it_is_when_others_grow_from_it() -> None:
    """The core leaves its input alone: after a lost race the same progress is folded anew, with other events."""
    first, second = (track(name, T0 + place) for place, name in enumerate("ab"))
    begun = Ledger().with_events({1: Entry(T0, 0)}, T0 - HORIZON)
    here = begun.with_events({first.key: Entry(T0, 1)}, T0 - HORIZON)
    there = begun.with_events({second.key: Entry(T0 + 1, 2)}, T0 - HORIZON)
    assert [sorted(each.entries) for each in (begun, here, there)] == [
        [1],
        sorted([1, first.key]),
        sorted([1, second.key]),
    ]
    assert (begun.find(first), here.find(second), there.find(first)) == (None, None, None)
    assert (here.find(first), there.find(second)) == (Entry(T0, 1), Entry(T0 + 1, 2))
    assert Ledger().entries == {}


# ---------------------------------------------------------------------------------------------- spilling

ENTRIES = st.dictionaries(st.integers(0, 2**64 - 1), st.integers(0, 12).map(lambda at: Entry(T0 + at, 7)), max_size=12)


def stored(entries: Mapping[int, Entry], spilled: Instant | None = None) -> Ledger:
    """A ledger as it is read."""
    return Ledger(dict(entries), stored=len(entries), elsewhere=Elsewhere(spilled))


@given(ENTRIES, ENTRIES, st.integers(0, 5), st.none() | st.integers(T0 - 2, T0 + 12))
def test_what_is_spilled_is_the_oldest_of_what_was_stored(
    entries: dict[int, Entry], more: dict[int, Entry], keep: int, before: Instant | None
) -> None:
    """Design 2: the oldest go; nothing is lost, and what is not stored yet stays."""
    fresh = {key: each for key, each in more.items() if key not in entries}
    ledger = stored(entries, before).with_events(fresh, T0 - HORIZON)
    left, (after, segment, stragglers) = ledger.spill(keep)
    assert {**left.entries, **segment, **stragglers} == {**entries, **fresh}
    assert fresh.keys() <= left.entries.keys()
    kept = [each.instant for key, each in left.entries.items() if key not in fresh]
    gone = [each.instant for each in (*segment.values(), *stragglers.values())]
    assert len(kept) == left.stored == min(keep, len(entries))
    assert not kept or not gone or max(gone) <= min(kept)
    assert after == before
    assert all(before is None or each.instant > before for each in segment.values())
    assert all(before is not None and each.instant <= before for each in stragglers.values())
    assert left.elsewhere.spilled == max((each for each in (before, *gone) if each is not None), default=None)


@given(ENTRIES, st.integers(0, 5))
def test_what_was_spilled_is_known_once_it_is_recalled(entries: dict[int, Entry], keep: int) -> None:
    """An event that needs no recall is in the ledger or new."""
    left, (_, segment, _) = stored(entries).spill(keep)
    for key, entry in entries.items():
        event = replace(track("a", entry.instant), key=key)
        assert left.needs_recall(event) == (key in segment)
        assert left.recalling(segment.items()).find(event) == entry
        assert not left.recalling(segment.items()).needs_recall(event)


def test_recalled_entries_are_not_entries_of_the_ledger() -> None:
    """They are stored where they are."""
    ledger = stored({1: Entry(T0, 0)}, T0 - 1)
    assert ledger.recalling([(2, Entry(T0 - 5, 0))]) == ledger


def test_an_event_without_a_timestamp_is_looked_up_among_all() -> None:
    """1: such a message is looked up among all of the subject's remembered events, whenever it seems to have been."""
    first, again = track("a", T0), replace(track("a", T0 + DAY), dated=False)
    ledger = stored({}, T0)
    assert ledger.needs_recall(again)
    assert ledger.recalling([(first.key, Entry(T0, 0))]).find(again) == Entry(T0, 0)


def test_the_same_id_under_another_timestamp_is_a_new_event_once_the_first_was_spilled() -> None:
    """1: beyond the subject's recent events it is a new event, and a metric says so."""
    lived = life().each([track("a", T0 + 1)])
    _, (_, segment, _) = stored(lived.progress.ledger.entries).spill(0)
    lived.progress = lived.progress._replace(ledger=stored({}, T0 + 1).recalling(segment.items()))
    result = lived.get(track("a", T0))
    assert (result.tally["counted"], result.tally["reused_id"]) == (1, 1)
    assert len(lived.lines()) == 2


def test_a_ledger_that_lets_go_of_nothing_shares_its_entries_with_the_one_that_grows_from_it() -> None:
    """What was just read does not know how old its oldest entry is; to find out must not cost a copy of all."""
    entries = {key: Entry(T0 + key, 0) for key in range(LEAST + 4)}
    grown = Ledger(entries).with_events({99: Entry(T0 + DAY, 0)}, T0)
    assert grown.entries is entries
    assert len(grown.entries) == LEAST + 5
