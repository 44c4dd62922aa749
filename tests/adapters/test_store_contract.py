"""One set of claims about the ports Store and Estate, for the store in memory and for the one on DynamoDB.

The latter on MiniStack and on the project's own engine. A simulation is worth what its store is worth: whatever it
shows was shown against these claims.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_estate import DynamoEstate
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.writes import WAYS
from milepost.application.ports import Booking, Estate, Increments, Saved, Store, Stored
from milepost.domain.outbox import Joined
from milepost.domain.progress import Progress
from milepost_tools.engine import Engine
from tests.adapters.booking import booked
from tests.adapters.examples import CATALOG, GOLDEN, NOW, NUDGE, OUTCOME, SUBJECT, nudge, progress
from tests.adapters.tables import create_statistics_table, create_table, scan
from tests.fakes.store import MemoryStore


class Bench(Protocol):
    """A store, and what is in it behind its back."""

    @property
    def store(self) -> Store:
        """The store under test."""

    @property
    def estate(self) -> Estate:
        """What is in the same store, for who erases it."""

    def decisions(self) -> Sequence[tuple[str, str]]:
        """Id and verdict of each decision written, sorted."""

    def statistics(self) -> Mapping[tuple[str, str], int]:
        """Counts by (scope, counter), zeros left out."""

    def everything(self) -> Any:
        """Something that changes whenever anything is written."""


@dataclass(frozen=True)
class MemoryBench:
    """The fake."""

    store: MemoryStore

    @property
    def estate(self) -> Estate:
        """See the protocol."""
        return self.store

    def decisions(self) -> Sequence[tuple[str, str]]:
        """See the protocol."""
        return sorted((each.id, each.verdict) for each in self.store.decisions)

    def statistics(self) -> Mapping[tuple[str, str], int]:
        """See the protocol."""
        return {key: count for key, count in self.store.statistics.items() if count}

    def everything(self) -> Any:
        """See the protocol."""
        return (
            {subject: self.store.now(subject) for subject in self.store.subjects},
            self.decisions(),
            self.statistics(),
        )


@dataclass(frozen=True)
class DynamoBench:
    """The real one, on MiniStack or on the engine."""

    store: DynamoStore

    @property
    def estate(self) -> Estate:
        """See the protocol."""
        return DynamoEstate(self.store.client, self.store.table, self.store.codec)

    def decisions(self) -> Sequence[tuple[str, str]]:
        """See the protocol."""
        items = scan(self.store.client, self.store.table)
        return sorted((item["id"]["S"], item["verdict"]["S"]) for item in items if item["sk"]["S"].startswith("d#"))

    def statistics(self) -> Mapping[tuple[str, str], int]:
        """See the protocol."""
        assert self.store.statistics_table is not None
        total: Counter[tuple[str, str]] = Counter()
        for item in scan(self.store.client, self.store.statistics_table):
            scope = item.pop("pk")["S"].partition("#")[2]
            total.update({(scope, name): int(value["N"]) for name, value in item.items() if name != "sk"})
        return {key: count for key, count in total.items() if count}

    def everything(self) -> Any:
        """See the protocol."""
        assert self.store.statistics_table is not None
        return [scan(self.store.client, table) for table in (self.store.table, self.store.statistics_table)]


@pytest.fixture(params=["memory", "ministack batch", "ministack single", "engine batch", "engine single"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each store, empty, in both ways to write."""
    engine, _, way = request.param.partition(" ")
    if engine == "memory":
        return MemoryBench(MemoryStore())
    dynamodb: Any = Engine() if engine == "engine" else request.getfixturevalue("connection").dynamodb
    tables = create_table(dynamodb), create_statistics_table(dynamodb)
    return DynamoBench(DynamoStore(dynamodb, Codec.of(CATALOG), *tables, CATALOG.name, WAYS[way]))


def load(bench: Bench, *subjects: str) -> Mapping[str, Stored]:
    """Read subjects as they stand."""
    return bench.store.load(list(subjects), consistent=True)


def save(bench: Bench, change: Progress, version: int) -> Saved:
    """Write one."""
    return bench.store.save([Stored(change, version)])[change.subject]


@pytest.mark.parametrize("consistent", [True, False])
def test_a_subject_that_was_never_stored_is_at_version_0(bench: Bench, consistent: bool) -> None:  # noqa: FBT001 - a row
    """With nothing counted, and reading stores nobody."""
    assert bench.store.load([SUBJECT], consistent=consistent) == {SUBJECT: Stored(Progress(SUBJECT), 0)}
    assert load(bench, SUBJECT)[SUBJECT].version == 0


def test_what_was_saved_is_loaded_at_the_next_version(bench: Bench) -> None:
    """Every part of it."""
    assert save(bench, GOLDEN, 0) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(GOLDEN, 1)}


def test_each_save_is_one_version_more(bench: Bench) -> None:
    """And replaces what was there, absent parts included."""
    assert save(bench, GOLDEN, 0) is Saved.DONE
    bare = progress(SUBJECT)._replace(outbox=(), due=None)
    assert save(bench, bare, 1) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(bare, 2)}
    assert save(bench, GOLDEN, 2) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(GOLDEN, 3)}


def test_a_second_insert_is_a_conflict_and_changes_nothing(bench: Bench) -> None:
    """Two workers met the subject for the first time: one of them wins."""
    save(bench, progress(SUBJECT, 1), 0)
    before = bench.everything()
    assert save(bench, progress(SUBJECT, 2), 0) is Saved.CONFLICT
    assert bench.everything() == before


@pytest.mark.parametrize("stale", [0, 1, 3, 99])
def test_a_save_at_another_version_is_a_conflict_and_changes_nothing(bench: Bench, stale: int) -> None:
    """Older, or one that was never there."""
    save(bench, progress(SUBJECT, 1), 0)
    save(bench, progress(SUBJECT, 2), 1)
    before = bench.everything()
    assert save(bench, progress(SUBJECT, 3), stale) is Saved.CONFLICT
    assert bench.everything() == before


def test_an_update_of_a_subject_that_is_not_stored_is_a_conflict(bench: Bench) -> None:
    """It does not come back by a write that was under way when it was erased."""
    assert save(bench, GOLDEN, 4) is Saved.CONFLICT
    assert load(bench, SUBJECT)[SUBJECT].version == 0


def test_who_loses_in_a_save_does_not_affect_the_others(bench: Bench) -> None:
    """Each subject stands by itself."""
    save(bench, progress("user:known"), 0)
    changes = [
        Stored(progress("user:new", 2), 0),
        Stored(progress("user:known", 2), 0),
        Stored(progress("user:gone", 2), 5),
        Stored(progress("user:other", 2), 0),
    ]
    assert bench.store.save(changes) == {
        "user:new": Saved.DONE,
        "user:known": Saved.CONFLICT,
        "user:gone": Saved.CONFLICT,
        "user:other": Saved.DONE,
    }
    versions = {
        subject: (stored.version, len(stored.progress.ledger.entries))
        for subject, stored in load(bench, "user:new", "user:known", "user:gone", "user:other").items()
    }
    assert versions == {"user:new": (1, 2), "user:known": (1, 1), "user:gone": (0, 0), "user:other": (1, 2)}


def test_sixty_subjects_are_saved_and_loaded_at_once(bench: Bench) -> None:
    """More than one request takes of either, new and known ones mixed."""
    subjects = [f"user:u_{number}" for number in range(60)]
    known = subjects[::2]
    bench.store.save([Stored(progress(subject), 0) for subject in known])
    changes = [Stored(progress(subject, 2), 1 if subject in known else 0) for subject in subjects]
    assert bench.store.save(changes) == dict.fromkeys(subjects, Saved.DONE)
    expected = {change.progress.subject: Stored(change.progress, change.version + 1) for change in changes}
    assert load(bench, *subjects) == expected


def test_subjects_with_unusual_names_are_kept_apart(bench: Bench) -> None:
    """Quotes, question marks, upper and lower case: a name is a value and never part of a statement."""
    subjects = [
        "user:o'neil",
        'user:"',
        "user:?",
        "user:A",
        "user:a",
        "user:ü",
        "user:🏃",
        "user:a b",
        "user:" + "x" * 256,
    ]
    bench.store.save([Stored(progress(subject, place + 1), 0) for place, subject in enumerate(subjects)])
    loaded = load(bench, *subjects)
    assert [len(loaded[subject].progress.ledger.entries) for subject in subjects] == list(range(1, len(subjects) + 1))


WAITING = GOLDEN._replace(outbox=(Joined(NOW), OUTCOME, NUDGE, nudge(2)))
REST = WAITING._replace(outbox=(nudge(2),))
BOOKING = Booking(
    version=1,
    progress=REST,
    decisions=(NUDGE,),
    increments=Increments({("*", "members"): 1, ("first", "reached"): 1, ("first", "sent.email"): 1}),
)


def test_a_booking_removes_entries_and_writes_decisions_and_statistics(bench: Bench) -> None:
    """All of it, and what was not booked stays."""
    save(bench, WAITING, 0)
    assert booked(bench.store, BOOKING) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(REST, 2)}
    assert bench.decisions() == [(NUDGE.id, "sent")]
    assert bench.statistics() == BOOKING.increments.counts


def test_a_booking_done_twice_counts_once(bench: Bench) -> None:
    """The second one meets the version of the first: its answer may have been lost."""
    save(bench, WAITING, 0)
    booked(bench.store, BOOKING)
    before = bench.everything()
    assert booked(bench.store, BOOKING) is Saved.CONFLICT
    assert bench.everything() == before
    assert bench.statistics() == BOOKING.increments.counts


@pytest.mark.parametrize("stale", [0, 2, 99])
def test_a_booking_at_another_version_writes_nothing_at_all(bench: Bench, stale: int) -> None:
    """Neither progress nor decision nor statistics."""
    save(bench, WAITING, 0)
    before = bench.everything()
    assert booked(bench.store, replace(BOOKING, version=stale)) is Saved.CONFLICT
    assert bench.everything() == before


@pytest.mark.parametrize("version", [0, 1])
def test_a_subject_that_is_not_stored_cannot_be_booked(bench: Bench, version: int) -> None:
    """It was erased meanwhile: a booking does not bring it back, not even as if it were new."""
    before = bench.everything()
    assert booked(bench.store, replace(BOOKING, version=version)) is Saved.CONFLICT
    assert bench.everything() == before


def test_statistics_of_several_bookings_add_up(bench: Bench) -> None:
    """What one takes back, such as a miss that became a reach, is subtracted."""
    save(bench, WAITING, 0)
    booked(bench.store, replace(BOOKING, decisions=(), increments=Increments({("first", "missed"): 1})))
    more = Increments({("first", "missed"): -1, ("first", "reached"): 1})
    booked(bench.store, replace(BOOKING, version=2, decisions=(), increments=more))
    assert bench.statistics() == {("first", "reached"): 1}


def test_statistics_of_several_subjects_add_up(bench: Bench) -> None:
    """Whichever shard each of them lies in."""
    for number in range(5):
        subject = f"user:u_{number}"
        save(bench, progress(subject), 0)
        booked(bench.store, Booking(1, progress(subject), (), Increments({("*", "members"): 1})))
    if isinstance(bench, MemoryBench):
        assert bench.statistics() == {("*", "members"): 5}
    else:
        assert isinstance(bench, DynamoBench)
        table = bench.store.statistics_table
        assert table is not None
        assert sum(int(item["members"]["N"]) for item in scan(bench.store.client, table)) == 5


def test_a_booking_of_nothing_but_progress_is_one_version_more(bench: Bench) -> None:
    """No decision and no count is needed."""
    save(bench, WAITING, 0)
    assert booked(bench.store, Booking(1, REST, (), Increments())) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(REST, 2)}


def test_a_save_after_a_booking_needs_the_new_version(bench: Bench) -> None:
    """Both count in the same versions, so neither undoes the other."""
    save(bench, WAITING, 0)
    booked(bench.store, BOOKING)
    assert save(bench, WAITING, 1) is Saved.CONFLICT
    assert save(bench, WAITING, 2) is Saved.DONE


def test_subjects_booked_together_are_each_booked_once_and_a_lost_race_writes_nothing_of_its_own(bench: Bench) -> None:
    """Whoever was refused because of a neighbour's lost race is booked when asked again, and counted once."""
    subjects = [f"user:u_{number:02}" for number in range(25)]
    bench.store.save([Stored(progress(subject), 0) for subject in subjects])
    one = Increments({("first", "reached"): 1})
    bookings = [Booking(2 if subject == "user:u_07" else 1, progress(subject), (), one) for subject in subjects]
    results = dict(bench.store.book(bookings))
    assert results.pop("user:u_07") is Saved.CONFLICT
    again = [each for each in bookings if results.get(each.progress.subject) is Saved.REFUSED]
    results |= bench.store.book(again) if again else {}
    assert set(results.values()) == {Saved.DONE}
    assert bench.statistics() == {("first", "reached"): 24}


def test_two_subjects_are_joined_both_or_neither(bench: Bench) -> None:
    """One at a version, the other new; whoever is not as it was read keeps both as they are."""
    save(bench, progress("user:u_1", 1), 0)
    user, other = (progress(name, 3) for name in ("user:u_1", "user:device"))
    assert bench.store.join(Stored(user, 0), Stored(other, 0)) is Saved.CONFLICT
    assert bench.store.join(Stored(user, 1), Stored(other, 1)) is Saved.CONFLICT
    assert load(bench, "user:device")["user:device"].version == 0
    assert bench.store.join(Stored(user, 1), Stored(other, 0)) is Saved.DONE
    assert load(bench, "user:u_1", "user:device") == {"user:u_1": Stored(user, 2), "user:device": Stored(other, 1)}
    assert bench.store.join(Stored(user, 1), Stored(other, 1)) is Saved.CONFLICT


TOMBSTONE = Progress(SUBJECT, erased=NOW)


def test_a_tombstone_takes_the_place_of_all_that_was_there(bench: Bench) -> None:
    """At the next version, so that whoever has read what was there before loses their race."""
    save(bench, GOLDEN, 0)
    assert bench.estate.entomb(Stored(TOMBSTONE, 1)) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(TOMBSTONE, 2)}
    assert save(bench, GOLDEN, 1) is Saved.CONFLICT
    assert booked(bench.store, BOOKING) is Saved.CONFLICT
    assert load(bench, SUBJECT) == {SUBJECT: Stored(TOMBSTONE, 2)}


def test_somebody_who_is_not_known_can_have_a_tombstone(bench: Bench) -> None:
    """Whoever meets them for the first time at that moment loses the race."""
    assert bench.estate.entomb(Stored(TOMBSTONE, 0)) is Saved.DONE
    assert save(bench, GOLDEN, 0) is Saved.CONFLICT
    assert load(bench, SUBJECT) == {SUBJECT: Stored(TOMBSTONE, 1)}


@pytest.mark.parametrize("stale", [0, 2, 99])
def test_a_tombstone_at_another_version_is_a_conflict_and_changes_nothing(bench: Bench, stale: int) -> None:
    """Somebody has written since: what they wrote has to be looked at first."""
    save(bench, GOLDEN, 0)
    before = bench.everything()
    assert bench.estate.entomb(Stored(TOMBSTONE, stale)) is Saved.CONFLICT
    assert bench.everything() == before


def test_a_new_life_is_written_over_a_tombstone(bench: Bench) -> None:
    """As over anything else."""
    bench.estate.entomb(Stored(TOMBSTONE, 0))
    life = progress(SUBJECT)._replace(erased=NOW)
    assert save(bench, life, 1) is Saved.DONE
    assert load(bench, SUBJECT) == {SUBJECT: Stored(life, 2)}


def test_what_lies_beside_an_aggregate_is_listed_and_removed(bench: Bench) -> None:
    """Decisions, and word of who has become the subject; of one subject and of no other."""
    save(bench, WAITING, 0)
    booked(bench.store, BOOKING)
    for place, other in enumerate(("user:device", "user:web")):
        assert bench.store.join(Stored(REST, 2 + place), Stored(progress(other), 0)) is Saved.DONE
    found = bench.estate.beside(SUBJECT)
    words = sorted((each.other, each.version) for each in found if each.kind == "alias")
    assert sorted(each.kind for each in found) == ["alias", "alias", "decision"]
    assert words == [("user:device", 3), ("user:web", 4)]
    assert bench.estate.beside("user:device") == []
    assert load(bench, SUBJECT)[SUBJECT] == Stored(REST, 4)
    bench.estate.remove(SUBJECT, [each for each in found if each.other != "user:web"])
    assert [each.other for each in bench.estate.beside(SUBJECT)] == ["user:web"]
    assert (bench.decisions(), load(bench, SUBJECT)[SUBJECT]) == ([], Stored(REST, 4))


def test_who_is_not_joined_leaves_no_word(bench: Bench) -> None:
    """The word stands or falls with the two versions."""
    save(bench, progress("user:u_1"), 0)
    assert bench.store.join(Stored(progress("user:u_1"), 7), Stored(progress("user:d"), 0)) is Saved.CONFLICT
    assert bench.estate.beside("user:u_1") == []


def test_more_than_one_request_takes_is_removed(bench: Bench) -> None:
    """Two hundred decisions; and removing what is not there any more is no error."""
    save(bench, WAITING, 0)
    for version in range(1, 6):
        many = tuple(nudge(40 * version + number) for number in range(40))
        assert booked(bench.store, Booking(version, WAITING, many, Increments())) is Saved.DONE
    found = bench.estate.beside(SUBJECT)
    assert len(found) == 200
    bench.estate.remove(SUBJECT, found)
    bench.estate.remove(SUBJECT, found)
    assert (bench.estate.beside(SUBJECT), bench.decisions()) == ([], [])
