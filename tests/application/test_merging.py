"""Merging: whatever befalls it, two ids become one person once, and each of their events counts once."""

import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import count as numbers

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.application.arrival import LiveArrival
from milepost.application.folding import MOST_ATTEMPTS, Folding
from milepost.application.ingest import Ingest, Ingested, Received
from milepost.application.intake import Intake
from milepost.application.merging import Merging
from milepost.application.publish import Publish
from milepost.domain.catalog import Catalog
from milepost.domain.event import Alias
from milepost.domain.instant import DAY, HOUR, SECOND, format_instant
from milepost.domain.outbox import Outcome
from milepost.domain.progress import Progress
from tests.application.messages import body
from tests.domain.build import MAX_AGE, T0, catalog, count, key_of, milestone
from tests.fakes.composer import MemoryComposer
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics

EVERY: Catalog = catalog(milestone(count(1, repeats=True)))
NOW = T0 + HOUR
FAULTS = [[], *([fault] * times for fault in Fault for times in (1, 3)), list(Fault)]
Sent = dict[str, object]


def did(user: str, name: str, at: int = 0) -> Sent:
    """A purchase of this name, so many seconds after T0."""
    return body(userId=user, messageId=name, timestamp=format_instant(T0 + at * SECOND))


def is_now(user: str, previous: str, at: int = 0) -> Sent:
    """An alias: what was `previous` is the user."""
    when = format_instant(T0 + at * SECOND)
    return {
        "type": "alias",
        "userId": user,
        "previousId": previous,
        "messageId": f"{previous} is {user} {at}",
        "timestamp": when,
    }


def ingest(store: MemoryStore, *messages: Sent, attempts: int = 99, by: Catalog = EVERY) -> Ingested:
    """Ingest a batch; a message's id is its messageId."""
    service = Ingest(Intake(MAX_AGE, LiveArrival()), Folding(store, by), MemoryDeadLetters(), lambda _: NOW)
    received = [
        Received(f"{place}: {each.get('messageId', 'batch')}", json.dumps(each), NOW)
        for place, each in enumerate(messages)
    ]
    return service.ingest(received, InstantBackoff(attempts))


def each_alone(store: MemoryStore, *messages: Sent) -> None:
    """Ingest messages one by one, none of which may come again."""
    for message in messages:
        assert ingest(store, message).failed == frozenset()


def head(store: MemoryStore, user: str) -> Progress:
    """Who a user has become."""
    progress = store.now(f"user:{user}").progress
    return progress if progress.forward is None else head(store, progress.forward.removeprefix("user:"))


def counted(store: MemoryStore, user: str) -> int:
    """How many events were counted for whoever the user has become."""
    standing = head(store, user).standings.get("m")
    return 0 if standing is None else standing.occurrences


def who(store: MemoryStore, *users: str) -> list[str]:
    """Who each of them has become."""
    return [head(store, user).subject.removeprefix("user:") for user in users]


def published(store: MemoryStore, topics: MemoryTopics) -> None:
    """Empty every outbox."""
    publish = Publish(store, topics, EVERY, lambda _: NOW, MemoryComposer())
    assert publish.publish(store.subjects, InstantBackoff(99)).unfinished == frozenset()


# ------------------------------------------------------------------------------------------- who becomes whom


def test_what_both_counted_is_the_users() -> None:
    """3.14: progress that was counted before is added up, and word is left where the other has gone."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"), did("b", "z"))
    result = ingest(store, is_now("b", "a"))
    assert (counted(store, "b"), result.failed, result.tally["merged"]) == (3, frozenset(), 1)
    assert store.now("user:a").progress.forward == "user:b"
    assert store.now("user:a").progress.ledger.entries == {}


@pytest.mark.parametrize(
    "again",
    [is_now("b", "a"), is_now("b", "a", 9), is_now("a", "b"), is_now("a", "a"), is_now("b", "b")],
    ids=lambda each: each["messageId"],
)
def test_an_alias_that_says_nothing_new_changes_nothing(again: Sent) -> None:
    """3.14: one merge. A repeat, a cycle, and who was who all along."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"), is_now("b", "a"))
    before = [store.now(f"user:{user}") for user in "ab"]
    result = ingest(store, again)
    assert [store.now(f"user:{user}") for user in "ab"] == before
    assert (result.failed, result.tally["merged"], who(store, "a", "b")) == (frozenset(), 0, ["b", "b"])


def test_who_is_their_own_alias_is_not_even_stored() -> None:
    """There is nothing to merge."""
    store = MemoryStore()
    each_alone(store, is_now("a", "a"))
    assert store.subjects == frozenset()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["a first", "b first"])
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
def test_a_chain_ends_in_its_last(order: tuple[int, int], *, together: bool) -> None:
    """3.14: a is b and b is c, whichever is heard of first: all three are c."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"), did("c", "z"))
    links = [is_now("b", "a", order[0]), is_now("c", "b", order[1])]
    heard = [links[place] for place in order]
    if together:
        assert ingest(store, *heard).failed == frozenset()
    else:
        each_alone(store, *heard)
    assert (counted(store, "c"), who(store, "a", "b", "c")) == (3, ["c", "c", "c"])
    each_alone(store, did("a", "x"), did("a", "new"), did("b", "newer"))
    assert counted(store, "c") == 5


def test_of_two_aliases_that_contradict_each_other_the_earlier_stands() -> None:
    """In one batch too, however it was put together."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"))
    assert ingest(store, is_now("a", "b", 5), is_now("b", "a", 4)).failed == frozenset()
    assert (counted(store, "b"), who(store, "a", "b")) == (2, ["b", "b"])


def test_however_long_a_chain_is_an_event_of_its_first_is_counted() -> None:
    """Who has become somebody else, and that one somebody else, has not used up any attempts by it."""
    store = MemoryStore()
    users = [f"u{place}" for place in range(MOST_ATTEMPTS + 5)]
    each_alone(store, did(users[0], "x"), *(is_now(*pair) for pair in zip(users[1:], users, strict=False)))
    each_alone(store, did(users[0], "x"), did(users[0], "y"))
    assert (counted(store, users[-1]), who(store, users[0])) == (2, [users[-1]])


@pytest.mark.parametrize(
    ("known", "later"), [((), "ab"), (("a",), "ab"), (("b",), "ba")], ids=["nobody", "the other", "the user"]
)
def test_an_alias_may_come_before_the_events(known: Sequence[str], later: str) -> None:
    """Whoever is known by then; whoever is not is one with the user from the first."""
    store = MemoryStore()
    each_alone(store, *(did(user, f"{user} before") for user in known), is_now("b", "a"))
    each_alone(store, *(did(user, f"{user} later") for user in later))
    assert (counted(store, "b"), who(store, "a")) == (len(known) + 2, ["b"])
    topics = MemoryTopics()
    published(store, topics)
    assert store.statistics["*", "members"] == 1


# ------------------------------------------------------------------------------------------- what comes later


def test_what_comes_later_to_the_old_id_is_the_users_and_copies_count_nothing() -> None:
    """3.14: events that arrive later are deduplicated against what both had seen, whoever they are sent to."""
    store = MemoryStore()
    each_alone(store, did("a", "x", 1), did("b", "y", 2), is_now("b", "a", 3))
    events = [did(user, name, at) for name, at in (("x", 1), ("y", 2), ("z", 4)) for user in "ab"]
    each_alone(store, *events)
    assert (counted(store, "b"), store.now("user:a").progress.ledger.entries) == (3, {})
    result = ingest(store, *events)
    assert (result.tally["duplicate"], counted(store, "b")) == (6, 3)


@pytest.mark.parametrize("others", [0, 1], ids=["nothing of the user's", "something of the user's"])
def test_copies_are_found_among_what_was_spilled_of_the_old_id(others: int) -> None:
    """Design 2: its segments stay where they are, and the user's ledger knows of them; through a chain too."""
    store = MemoryStore(most=0)
    each_alone(store, *(did("a", f"x{at}", at) for at in range(4)))
    each_alone(store, *(did("b", f"y{at}", at) for at in range(4 * others)))
    each_alone(store, is_now("b", "a", 9), is_now("c", "b", 10))
    copies = [did(user, f"x{at}", at) for at in range(4) for user in "abc"]
    copies += [did(user, f"y{at}", at) for at in range(4 * others) for user in "abc"]
    each_alone(store, *copies)
    assert ingest(store, *copies).tally["duplicate"] == len(copies)
    assert counted(store, "c") == 4 + 4 * others
    assert dict(store.spilled["user:a"]).keys() >= {key_of("x0"), key_of("x1"), key_of("x2")}
    each_alone(store, did("a", "late", 1), did("a", "late", 1), did("c", "late", 1))
    assert counted(store, "c") == 5 + 4 * others


def test_nothing_is_counted_while_what_was_spilled_of_the_old_id_cannot_be_read() -> None:
    """The message comes again."""
    store = MemoryStore(most=0)
    each_alone(store, *(did("a", f"x{at}", at) for at in range(3)), is_now("b", "a", 9))
    store.unrecalled = 9
    assert ingest(store, did("a", "x0", 0), attempts=2).failed == {"0: x0"}
    store.unrecalled = 0
    assert (ingest(store, did("a", "x0", 0)).tally["duplicate"], counted(store, "b")) == (1, 3)


def test_events_of_both_sides_come_in_the_batch_of_their_alias() -> None:
    """As an SDK sends it at a login: what was done before it, the alias, and what was done after it."""
    store = MemoryStore()
    batch = [did("a", "x", 1), is_now("b", "a", 2), did("b", "y", 3), did("a", "z", 4)]
    for _ in range(2):
        assert ingest(store, *batch).failed == frozenset()
        assert ingest(store, {"batch": batch}).failed == frozenset()
    assert counted(store, "b") == 3


def test_two_whom_only_a_newer_catalog_knows_wait_for_it() -> None:
    """An older one would lose what one of them has done of its milestones. Those that are gone are in nobody's way."""
    newer = catalog(*EVERY.milestones.values(), milestone(count(3), name="three"), version=EVERY.version + 1)
    without = catalog(*EVERY.milestones.values(), version=EVERY.version + 2)
    for last in (newer, without):
        store = MemoryStore()
        ingest(store, did("a", "x", 1), did("a", "y", 2), did("b", "z", 3), by=newer)
        alias = is_now("b", "a", 4)
        assert len(ingest(store, alias).failed) == 1
        assert ingest(store, alias, by=last).failed == frozenset()
        assert counted(store, "b") == 3
        assert (head(store, "b").standings["three"].occurrences == 1) == (last is newer)


# ------------------------------------------------------------------------------------------- faults and races


@pytest.mark.parametrize("faults", FAULTS, ids=str)
def test_whatever_befalls_the_transaction_both_are_merged_once(faults: list[Fault]) -> None:
    """Faults: conflict, throttling, and a write whose answer was lost."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"))
    store.faults = deque(faults)
    assert ingest(store, is_now("b", "a")).failed == frozenset()
    assert (counted(store, "b"), who(store, "a")) == (2, ["b"])


@pytest.mark.parametrize(
    ("rival", "right", "where"),
    [
        (did("a", "new"), 3, "b"),
        (did("b", "new"), 3, "b"),
        (is_now("b", "a", 1), 2, "b"),
        (is_now("a", "b"), 2, "a"),
        (is_now("c", "a"), 2, "b"),
        (is_now("c", "b"), 2, "c"),
        (is_now("a", "c"), 2, "b"),
    ],
    ids=lambda each: each["messageId"] if isinstance(each, dict) else "",
)
def test_who_writes_in_between_is_not_overwritten(rival: Sent, right: int, where: str) -> None:
    """Two workers at once: the one who is late reads again, and follows both to who they are by then."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"))
    store.rivals.append(lambda: each_alone(store, rival))
    result = ingest(store, is_now("b", "a"))
    assert (result.failed, result.tally["conflict"]) == (frozenset(), 1)
    assert (counted(store, "b"), who(store, "a", "b")) == (right, [where, where])


@pytest.mark.parametrize("sent_to", ["a", "b"])
def test_an_event_that_is_folded_while_its_subject_becomes_another_counts_once(sent_to: str) -> None:
    """Its write meets the new version, and it is sent on."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"))
    store.rivals.append(lambda: each_alone(store, is_now("b", "a")))
    assert ingest(store, did(sent_to, "new"), did("a", "x")).failed == frozenset()
    assert counted(store, "b") == 3


def test_a_stale_read_of_who_has_become_another_is_harmless() -> None:
    """Faults: the version condition catches it."""
    store = MemoryStore(stale=True)
    each_alone(store, did("a", "x"), did("b", "y"), is_now("b", "a"), did("a", "z"), did("b", "z"), did("a", "x"))
    assert counted(store, "b") == 3


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.CONFLICT])
def test_out_of_time_exactly_that_message_comes_again(fault: Fault) -> None:
    """Faults: its neighbours, other aliases among them, are done with; and what was begun is finished later."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"), did("c", "z"), did("d", "z"))
    store.faults = deque([None, fault, fault, fault])
    batch = [did("e", "new"), is_now("b", "a", 1), is_now("d", "c", 2)]
    result = ingest(store, *batch, attempts=2)
    assert result.failed == {"1: a is b 1"}
    assert (who(store, "a", "c"), counted(store, "e"), counted(store, "d")) == (["a", "d"], 1, 2)
    assert ingest(store, *batch).failed == frozenset()
    assert (who(store, "a", "c"), counted(store, "e"), counted(store, "b")) == (["b", "d"], 1, 2)


@pytest.mark.parametrize("unread", ["a", "b"])
def test_who_cannot_be_read_is_not_merged_blindly(unread: str) -> None:
    """Faults: an item of a newer major version is retried, never overwritten, and not for ever."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"))
    store.unread[f"user:{unread}"] = 1
    assert ingest(store, is_now("b", "a")).failed == frozenset()
    each_alone(store, did("c", "z"))
    store.unread["user:c"] = MOST_ATTEMPTS
    assert ingest(store, is_now("b", "c")).failed == {"0: c is b 0"}
    assert who(store, "a", "c") == ["b", "c"]


def test_what_was_tried_in_vain_is_not_counted() -> None:
    """Metrics: the merge once, and each thing that stood in its way."""
    store, tally = MemoryStore(deque([Fault.REFUSE, Fault.CONFLICT])), Counter[str]()
    alias = Alias("user:b", "m", 1, 0, T0, T0, "user:a")
    assert Merging(store, EVERY, lambda _: NOW).merge([alias, alias], InstantBackoff(9), tally) == []
    assert (tally["merged"], tally["refused"], tally["conflict"]) == (1, 1, 1)


def test_what_comes_of_a_merge_is_judged_by_the_clock_of_the_worker() -> None:
    """Design, 4: an alias that waited in the queue for a day is not judged by the hour at which it was sent."""
    store, twice = MemoryStore(), catalog(milestone(count(2)))
    assert ingest(store, did("a", "x"), did("b", "y"), by=twice).failed == frozenset()
    alias = Alias("user:b", "m", 1, 0, T0, T0, "user:a")
    assert Merging(store, twice, lambda _: NOW + DAY).merge([alias], InstantBackoff(9), Counter()) == []
    told = [each for each in head(store, "b").outbox if isinstance(each, Outcome)]
    assert [(each.outcome, each.decided_at) for each in told] == [("reached", NOW + DAY)]


# ------------------------------------------------------------------------------------------- what is told


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_the_statistics_count_one_member_and_each_occurrence_once(*, before: bool) -> None:
    """6 and 3.14: whether outboxes were emptied before the merge or after it, nothing is told or counted twice."""
    store, topics = MemoryStore(), MemoryTopics()
    each_alone(store, did("a", "x"), did("a", "y"), did("b", "z"))
    if before:
        published(store, topics)
        assert store.statistics["*", "members"] == 2
    each_alone(store, is_now("b", "a"), did("a", "new"), is_now("b", "a"), did("a", "x"))
    published(store, topics)
    assert (store.statistics["*", "members"], store.statistics["m", "reached"]) == (1, 4)
    told = [(each.subject, each.n) for each in topics.published if isinstance(each, Outcome)]
    assert sorted(told) == [("user:a", 1), ("user:a", 2), ("user:b", 1), ("user:b", 3), ("user:b", 4)]
    assert len(topics.ids) == len(set(topics.ids))


@given(st.data(), st.sampled_from([None, 0, 2]))
def test_every_event_counts_once_for_whoever_its_id_has_become(data: st.DataObject, most: int | None) -> None:
    """3.1 with 3.14: random events of three ids, aliases, copies, batches, faults and rivals.

    A copy goes to an id that is the same person by the time.
    """
    store, topics = MemoryStore(most=most), MemoryTopics()
    names, person = numbers(), {user: user for user in "abc"}
    seen: dict[str, tuple[str, int]] = {}

    def draw() -> Sent:
        kind, user = data.draw(st.sampled_from(["new", "new", "copy", "alias"])), data.draw(st.sampled_from("abc"))
        if kind == "alias":
            previous = data.draw(st.sampled_from("abc"))
            return is_now(user, previous, next(names))
        own = [name for name, (whose, _) in seen.items() if person[whose] == person[user]]
        if kind == "copy" and own:
            name = data.draw(st.sampled_from(own))
            return did(user, name, seen[name][1])
        name, at = f"e{next(names)}", data.draw(st.integers(0, 20))
        seen[name] = (user, at)
        return did(user, name, at)

    def rival_of(batch: Sequence[Sent]) -> Callable[[], object]:
        return lambda: ingest(store, *batch)

    for _ in range(data.draw(st.integers(1, 6))):
        batch = [draw() for _ in range(data.draw(st.integers(1, 5)))]
        store.faults.extend(data.draw(st.lists(st.sampled_from([None, *Fault]), max_size=3)))
        store.rivals.extend([rival_of(batch)] * data.draw(st.integers(0, 1)))
        assert ingest(store, *batch).failed == frozenset()
        store.faults.clear()
        store.rivals.clear()
        person = {user: who(store, user)[0] for user in "abc"}
        if data.draw(st.booleans()):
            published(store, topics)
    for user in "abc":
        own = [name for name, (whose, _) in seen.items() if person[whose] == person[user]]
        assert counted(store, user) == len(own)
    published(store, topics)
    assert len(topics.ids) == len(set(topics.ids))
    assert store.statistics["m", "reached"] == len(seen)
    assert store.statistics["*", "members"] == len({person[user] for user, _ in seen.values()})


def test_two_whom_the_core_cannot_merge_fail_alone() -> None:
    """The message comes again, what else is in its batch is carried out, and where it happened is told."""
    store = MemoryStore()
    each_alone(store, did("a", "x"), did("b", "y"), did("c", "z"))
    sound = store.now("user:a").progress
    store.put(sound._replace(standings={"m": sound.standings["m"]._replace(memo="u_42 was here")}))
    result = ingest(store, is_now("b", "a"), is_now("b", "c"))
    assert result.failed == {"0: a is b 0"}
    assert who(store, "a", "c") == ["a", "b"]
    [fault] = result.faults
    assert "Error in line" in fault
    assert "u_42" not in fault
