"""Erasing: whatever is on its way, in hand or sent again, nothing of before is ever there again."""

import json
from collections import Counter
from collections.abc import Sequence

import pytest

from milepost.application.arrival import LiveArrival
from milepost.application.erasing import MOST_ATTEMPTS, Erase, Grave, NotErasedError
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest, Ingested, Received
from milepost.application.intake import FUTURE, Intake
from milepost.application.ports import Piece
from milepost.application.publish import Publish
from milepost.domain.catalog import Catalog
from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, format_instant
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress
from tests.application.messages import body
from tests.domain.build import IN_APP, MAX_AGE, T0, catalog, count, milestone
from tests.fakes.composer import MemoryComposer
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics

EVERY: Catalog = catalog(milestone(count(1, repeats=True), reached=[IN_APP]))
NOW = T0 + HOUR
"""When somebody is erased; what the tests call late happened a day after."""
UNTIL = NOW + FUTURE
Sent = dict[str, object]


def did(user: str, name: str, at: Instant = T0) -> Sent:
    """A purchase of this name."""
    return body(userId=user, messageId=name, timestamp=format_instant(at))


def is_now(user: str, previous: str, at: Instant = T0) -> Sent:
    """An alias: what was `previous` is the user."""
    names = {"type": "alias", "userId": user, "previousId": previous, "messageId": f"{previous} is {user} {at}"}
    return {**names, "timestamp": format_instant(at)}


def ingest(store: MemoryStore, *messages: Sent, now: Instant = NOW) -> Ingested:
    """Ingest a batch, none of which may come again."""
    service = Ingest(Intake(MAX_AGE, LiveArrival()), Folding(store, EVERY), MemoryDeadLetters(), lambda _: now)
    received = [Received(f"{place}", json.dumps(each), now) for place, each in enumerate(messages)]
    result = service.ingest(received, InstantBackoff(99))
    assert (result.failed, result.refused) == (frozenset(), ())
    return result


def publish(store: MemoryStore, topics: MemoryTopics) -> Counter[str]:
    """Empty every outbox."""
    return (
        Publish(store, topics, EVERY, lambda _: NOW, MemoryComposer()).publish(store.subjects, InstantBackoff(9)).tally
    )


def erase(store: MemoryStore, user: str = "u", *, now: Instant = NOW) -> list[Grave]:
    """Erase a user, and see that nothing remains."""
    service = Erase(store, store)
    graves = service.bury(f"user:{user}", now, InstantBackoff(99))
    service.clear(graves)
    assert service.remains(graves) == Counter()
    return list(graves)


def counted(store: MemoryStore, user: str = "u") -> int:
    """How often the user has reached the milestone."""
    standing = store.now(f"user:{user}").progress.standings.get("m")
    return 0 if standing is None else standing.occurrences


def lived() -> MemoryStore:
    """A user with spilled events, one outcome told and booked, and two that wait."""
    store = MemoryStore(most=1)
    ingest(store, did("u", "x"))
    publish(store, MemoryTopics())
    ingest(store, did("u", "y", T0 + SECOND))
    ingest(store, did("u", "z", T0 + 2 * SECOND))
    progress = store.now("user:u").progress
    assert progress.outbox
    assert store.decisions
    assert store.spilled["user:u"]
    return store


def test_nothing_is_left_but_a_tombstone() -> None:
    """No trait, standing, event, outbox or decision, and nothing that was spilled."""
    store = lived()
    erase(store)
    assert store.now("user:u").progress == Progress("user:u", erased=UNTIL)
    assert (store.decisions, store.spilled["user:u"], store.beside("user:u")) == ([], [], [])


def test_what_happened_before_does_not_bring_anybody_back() -> None:
    """Copies, late events, traits and accounts: they are acknowledged, metered and change nothing."""
    store = lived()
    erase(store)
    before = store.now("user:u")
    late = [
        did("u", "x"),
        did("u", "new", T0 - DAY),
        body(type="identify", userId="u", messageId="i", traits={"plan": "pro"}),
        body(type="group", userId="u", messageId="g", groupId="acct_7", traits={"seats": 3}),
    ]
    result = ingest(store, *late, now=NOW + DAY)
    assert (result.tally["erased"], result.tally["counted"]) == (4, 0)
    assert store.now("user:u") == before
    assert "account:acct_7" not in store.subjects


@pytest.mark.parametrize(("ahead", "comes_back"), [(0, False), (FUTURE, False), (FUTURE + 1, True)])
def test_a_producers_clock_that_is_ahead_brings_nobody_back(ahead: int, *, comes_back: bool) -> None:
    """Events are accepted up to five minutes ahead of the clock, so up to then they are taken for earlier ones."""
    store = lived()
    erase(store)
    ingest(store, did("u", "ahead", NOW + ahead), now=NOW + HOUR)
    assert counted(store) == comes_back


def test_what_happens_later_begins_a_new_life() -> None:
    """As a member of whom nothing is known: the first occurrence is the first again, and copies of before are nothing.

    The statistics have counted the former life, and count this one, too.
    """
    store, topics = lived(), MemoryTopics()
    erase(store)
    ingest(store, did("u", "later", NOW + DAY), did("u", "y", T0 + SECOND), now=NOW + DAY)
    publish(store, topics)
    assert counted(store) == 1
    assert [each.n for each in topics.published if isinstance(each, Outcome)] == [1]
    assert store.statistics["*", "members"] == 2
    ingest(store, did("u", "later", NOW + DAY), did("u", "z", T0 + 2 * SECOND), now=NOW + DAY)
    assert counted(store) == 1


def test_what_waits_is_told_to_nobody() -> None:
    """Outcomes and nudges alike."""
    store, topics = lived(), MemoryTopics()
    erase(store)
    publish(store, topics)
    assert (topics.published, store.decisions) == ([], [])


def test_a_worker_in_flight_loses_its_race_and_finds_nothing_to_do() -> None:
    """It has read the aggregate before the tombstone is there, and writes after."""
    store = lived()
    store.rivals.append(lambda: erase(store))
    result = ingest(store, did("u", "in flight", T0 + MINUTE))
    assert (result.tally["conflict"], result.tally["erased"]) == (1, 1)
    assert store.now("user:u").progress.is_tombstone


def test_a_booking_in_flight_writes_no_decision() -> None:
    """The nudge has gone out by then; its booking stands on the version, and so do its decision and statistics."""
    store, topics = lived(), MemoryTopics()
    before = store.statistics.copy()
    store.rivals.append(lambda: erase(store))
    tally = publish(store, topics)
    assert any(isinstance(each, Nudge) for each in topics.published)
    assert (tally["conflict"], tally["booked"], store.decisions) == (1, 0, [])
    assert store.statistics == before
    assert store.now("user:u").progress.is_tombstone


@pytest.mark.parametrize("fault", [[Fault.CONFLICT], [Fault.REFUSE], [Fault.LOSE_ANSWER], list(Fault)])
def test_whatever_befalls_the_tombstone_it_stands_in_the_end(fault: list[Fault | None]) -> None:
    """Somebody writes first, the table is busy, an answer is lost."""
    store = lived()
    store.faults.extend(fault)
    erase(store)
    assert store.now("user:u").progress == Progress("user:u", erased=UNTIL)


def test_what_is_counted_while_the_tombstone_is_dug_is_erased_with_the_rest() -> None:
    """The tombstone stands on the version that was read."""
    store = lived()
    store.rivals.append(lambda: ingest(store, did("u", "in between", T0 + MINUTE)))
    erase(store)
    assert store.now("user:u").progress == Progress("user:u", erased=UNTIL)


def test_who_is_written_all_the_time_is_not_erased_and_that_is_said() -> None:
    """Nothing is removed then."""
    store = lived()
    store.rivals.extend([lambda: store.put(store.now("user:u").progress)] * MOST_ATTEMPTS)
    before = store.now("user:u").progress
    with pytest.raises(NotErasedError):
        Erase(store, store).bury("user:u", NOW, InstantBackoff(99))
    after = store.now("user:u").progress
    assert (after.standings, after.outbox, after.erased) == (before.standings, before.outbox, None)


def test_who_cannot_be_read_is_not_erased_and_that_is_said() -> None:
    """A damaged item, or one of a newer release, may lead to others."""
    store = lived()
    store.unread["user:u"] = 1
    with pytest.raises(NotErasedError):
        Erase(store, store).person("user:u")


def test_who_is_not_known_is_kept_away_all_the_same() -> None:
    """Their first events may be on their way."""
    store = MemoryStore()
    erase(store, "nobody")
    assert ingest(store, did("nobody", "x")).tally["erased"] == 1
    assert store.now("user:nobody").progress.is_tombstone


def test_a_second_erasure_forgets_what_happened_since() -> None:
    """The new life, and up to a later instant."""
    store = lived()
    erase(store)
    ingest(store, did("u", "later", NOW + DAY), now=NOW + DAY)
    erase(store, now=NOW + 2 * DAY)
    assert store.now("user:u").progress == Progress("user:u", erased=NOW + 2 * DAY + FUTURE)
    assert ingest(store, did("u", "later", NOW + DAY), now=NOW + 2 * DAY).tally["erased"] == 1


def test_what_is_dated_after_the_operators_clock_is_erased_too() -> None:
    """On a stack that goes by its messages' clock."""
    store = MemoryStore()
    ingest(store, did("u", "x", NOW + DAY), now=NOW + DAY)
    erase(store)
    assert ingest(store, did("u", "x", NOW + DAY), now=NOW + DAY).tally["erased"] == 1


# ------------------------------------------------------------------------------------------- several ids


def family() -> MemoryStore:
    """`a` has become `b`, and `b` and `c` have become `u`; each has done something, `a` also since."""
    store = MemoryStore(most=0)
    ingest(store, *(did(user, f"{user} before") for user in "abcu"))
    for user, previous in (("b", "a"), ("u", "b"), ("u", "c")):
        ingest(store, is_now(user, previous))
    ingest(store, did("a", "a since", T0 + MINUTE))
    publish(store, MemoryTopics())
    assert counted(store) == 5
    return store


@pytest.mark.parametrize("asked", list("abcu"))
def test_a_person_is_erased_as_a_whole_whichever_id_is_named(asked: str) -> None:
    """Every id has a tombstone of its own, which names nobody else."""
    store = family()
    erase(store, asked)
    assert {each: store.now(each).progress for each in store.subjects} == {
        f"user:{each}": Progress(f"user:{each}", erased=UNTIL) for each in "abcu"
    }
    assert (store.aliases, store.decisions, [each for each in store.spilled.values() if each]) == ({}, [], [])


def test_events_of_any_id_of_before_come_to_nothing_and_later_ones_to_a_life_of_their_own() -> None:
    """Nobody knows any more that they were one."""
    store = family()
    erase(store)
    ingest(store, *(did(user, f"{user} late", T0 + MINUTE) for user in "abcu"), now=NOW + DAY)
    assert [counted(store, user) for user in "abcu"] == [0, 0, 0, 0]
    ingest(store, *(did(user, f"{user} new", NOW + DAY) for user in "au"), now=NOW + DAY)
    assert [counted(store, user) for user in "abcu"] == [1, 0, 0, 1]


@pytest.mark.parametrize("pair", [("u", "d"), ("d", "u"), ("a", "d"), ("d", "a"), ("u", "a")], ids="-".join)
def test_an_alias_of_before_says_nothing_any_more(pair: tuple[str, str]) -> None:
    """In both directions: what one was is forgotten, so they are nobody to each other."""
    store = family()
    ingest(store, did("d", "d"))
    erase(store)
    before = {each: store.now(each) for each in store.subjects}
    assert ingest(store, is_now(*pair, T0 + MINUTE), now=NOW + DAY).tally["erased"] == 1
    assert {each: store.now(each) for each in store.subjects} == before


def test_a_later_alias_joins_two_new_lives_and_brings_nothing_back() -> None:
    """Either id still forgets what happened before, also for the other."""
    store = family()
    erase(store)
    ingest(store, did("a", "a new", NOW + DAY), is_now("u", "a", NOW + DAY), now=NOW + DAY)
    assert counted(store) == 1
    ingest(store, did("a", "a late"), did("u", "u late"), did("a", "a newer", NOW + DAY), now=NOW + DAY)
    assert counted(store) == 2


def test_who_was_never_erased_keeps_what_is_theirs_when_somebody_erased_becomes_them() -> None:
    """Late events of the one are dropped, those of the other are counted."""
    store = lived()
    erase(store)
    ingest(store, did("d", "d new", NOW + DAY), is_now("d", "u", NOW + DAY), now=NOW + DAY)
    result = ingest(store, did("u", "u late"), did("d", "d late"), did("u", "u new", NOW + DAY), now=NOW + DAY)
    assert (result.tally["erased"], counted(store, "d")) == (1, 3)


@pytest.mark.parametrize("messages", [[is_now("u", "d")], [is_now("d", "u")]], ids=["joins", "is joined"])
def test_who_joins_while_the_tombstone_is_dug_is_erased_too(messages: list[Sent]) -> None:
    """Or the other way round: the version of the aggregate says that there is more than was read."""
    store = lived()
    ingest(store, did("d", "d"))
    store.rivals.append(lambda: ingest(store, *messages))
    erase(store)
    assert {store.now(each).progress.is_tombstone for each in ("user:u", "user:d")} == {True}


def test_an_alias_in_flight_loses_its_race() -> None:
    """It has read both before, and writes after."""
    store = lived()
    ingest(store, did("d", "d"))
    store.rivals.append(lambda: erase(store))
    ingest(store, is_now("u", "d"))
    assert store.now("user:u").progress.is_tombstone
    assert (counted(store, "d"), store.aliases) == (1, {})


def dies() -> None:
    """The operator's machine is switched off."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("steps", range(4))
def test_an_erasure_that_died_half_way_is_finished_by_the_next(steps: int) -> None:
    """Word of an alias goes last, so whoever was part of the person is still found."""
    store = family()
    store.rivals.extend([*([lambda: None] * steps), dies])
    with pytest.raises(KeyboardInterrupt):
        Erase(store, store).bury("user:u", NOW, InstantBackoff(99))
    erase(store)
    assert {each.removeprefix("user:") for each in store.subjects if store.now(each).progress.is_tombstone} == {*"abcu"}


@pytest.mark.parametrize("steps", range(4))
def test_a_removal_that_died_half_way_is_finished_by_the_next(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each id's own goes before word of it, so nobody's is left where nothing leads to."""
    store = family()
    service, remove, left = Erase(store, store), MemoryStore.remove, [None] * steps

    def removes(self: MemoryStore, subject: str, pieces: Sequence[Piece]) -> None:
        if not left:
            dies()
        left.pop()
        remove(self, subject, pieces)

    graves = service.bury("user:u", NOW, InstantBackoff(99))
    with monkeypatch.context() as patched:
        patched.setattr(MemoryStore, "remove", removes)
        with pytest.raises(KeyboardInterrupt):
            service.clear(graves)
    erase(store)
    assert not any(store.beside(f"user:{each}") for each in "abcu")


def test_whom_damaged_items_lead_in_a_circle_can_be_erased() -> None:
    """Each stands for the other, which nothing but damage brings about."""
    store = MemoryStore()
    for user, other in (("u", "v"), ("v", "u")):
        store.put(Progress(f"user:{user}", 1, forward=f"user:{other}"))
    erase(store)
    assert {store.now(each).progress.is_tombstone for each in store.subjects} == {True}
