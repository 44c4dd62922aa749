"""Events of users that count for their accounts: routing, deduplication, and failures of one of the two."""

from collections import deque
from dataclasses import replace
from typing import Any

from milepost.application.accounts import for_account
from milepost.application.arrival import LiveArrival
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest, Ingested, Received
from milepost.application.intake import Intake
from milepost.domain.advance import advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Identify, Message, Track
from milepost.domain.instant import MINUTE, format_instant
from milepost.domain.progress import Membership, Progress, account_at
from tests.application.messages import received, text
from tests.domain.build import MAX_AGE, T0, catalog, count, identify, milestone
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff

IN_ACCOUNT: dict[str, Any] = {"context": {"groupId": "acct_7"}}
OWN = milestone(count(1, repeats=True), name="own")
SHARED = replace(milestone(count(1, repeats=True), name="shared"), subject="account")
BOTH = catalog(OWN, SHARED)
MEMBER = Progress("user:u_1", memberships=(Membership(T0, "acct_7"),))
STRANGER = Progress("user:u_1")


def ingest(store: MemoryStore, *messages: Received, used: Catalog = BOTH, attempts: int = 1) -> Ingested:
    """Ingest a batch with milestones of users and of accounts."""
    intake = Intake(MAX_AGE, LiveArrival())
    service = Ingest(intake, Folding(store, used), MemoryDeadLetters(), lambda _: T0 + MINUTE)
    return service.ingest(messages, InstantBackoff(attempts))


def counted(store: MemoryStore, subject: str) -> int:
    """How many events were counted for this subject."""
    name = "shared" if subject.startswith("account:") else "own"
    standing = store.now(subject).progress.standings.get(name)
    return 0 if standing is None else standing.occurrences


def counts(store: MemoryStore) -> tuple[int, int]:
    """What was counted of the user, and of the account."""
    return counted(store, "user:u_1"), counted(store, "account:acct_7")


def group(name: str, account: str = "acct_7", **changes: Any) -> Received:
    """A group message."""
    return received(name, text(type="group", messageId=name, groupId=account, event=..., properties=..., **changes))


def event(**changes: Any) -> Message:
    """A track event as the boundary accepts it."""
    (found,) = Intake(MAX_AGE, LiveArrival()).read(text(**changes), T0).events
    return found


def routed_to(event_: Message, user: Progress) -> Message | None:
    """What the event means for an account, once its user has counted it."""
    counted_by = advance(user._replace(subject=event_.subject), [event_], BOTH, T0).progress
    return for_account(event_, counted_by)


# ------------------------------------------------------------------------------------------- routing


def test_an_event_goes_to_the_account_of_its_context() -> None:
    """1: whatever account the user belongs to."""
    routed = routed_to(event(context={"groupId": "acct_8"}), MEMBER)
    assert routed is not None
    assert routed.subject == "account:acct_8"


def test_an_event_without_one_goes_to_the_account_that_the_user_belonged_to() -> None:
    """1: or to none."""
    routed = routed_to(event(), MEMBER)
    assert routed is not None
    assert routed.subject == "account:acct_7"
    assert routed_to(event(), STRANGER) is None


def test_an_account_learns_who_did_it_and_nothing_else_changes() -> None:
    """2: `distinct of user`; instant, properties and name are those of the user's event."""
    own = event(**IN_ACCOUNT)
    routed = routed_to(own, STRANGER)
    assert isinstance(own, Track)
    assert isinstance(routed, Track)
    assert replace(routed, subject=own.subject, key=own.key) == own
    assert routed.user == "user:u_1"


def test_an_identify_is_about_the_user_alone() -> None:
    """1: the traits are the user's."""
    assert routed_to(identify("who", T0, plan="pro"), MEMBER) is None


def test_a_group_event_tells_the_account_its_traits() -> None:
    """1: `traits` are the account's."""
    routed = routed_to(event(type="group", groupId="acct_9", traits={"plan": "pro"}, event=...), MEMBER)
    assert isinstance(routed, Identify)
    assert (routed.subject, routed.traits) == ("account:acct_9", {"plan": "pro"})


def test_two_users_of_one_account_may_use_the_same_message_id() -> None:
    """1: a messageId is the producer's key for its subject; copies of one user's event have one key."""
    keys = [
        routed.key
        for user in ("u_1", "u_2", "u_1")
        if (routed := routed_to(event(userId=user, **IN_ACCOUNT), STRANGER)) is not None
    ]
    assert keys[0] == keys[2] != keys[1]


# ----------------------------------------------------------------------------------- both are written


def test_an_event_counts_for_the_user_and_for_the_account() -> None:
    """1: each once, and in the metrics it is one event."""
    store = MemoryStore()
    result = ingest(store, received("a", **IN_ACCOUNT), received("b", **IN_ACCOUNT))
    assert counts(store) == (2, 2)
    assert (result.failed, result.tally["counted"], result.tally["duplicate"]) == (frozenset(), 2, 0)


def test_an_event_that_comes_again_counts_once_for_both() -> None:
    """3.1: in one batch as in two."""
    store = MemoryStore()
    for _ in range(2):
        ingest(store, received("a", **IN_ACCOUNT), Received("again", received("a", **IN_ACCOUNT).body, T0))
    assert counts(store) == (1, 1)


def test_a_group_event_and_what_follows_may_come_in_one_batch_in_any_order() -> None:
    """1, 3.1: who belongs where is asked when all of the batch has been folded for the user."""
    after = received("a", timestamp=format_instant(T0 + 1))
    for messages in ([group("g"), after], [after, group("g")]):
        store = MemoryStore()
        ingest(store, *messages)
        assert counts(store) == (1, 1)


def test_a_group_event_that_comes_again_writes_nothing() -> None:
    """3.1: neither to the user nor to the account."""
    store = MemoryStore()
    ingest(store, group("g", traits={"plan": "pro"}))
    before = [store.now(subject) for subject in ("user:u_1", "account:acct_7")]
    ingest(store, group("g", traits={"plan": "pro"}))
    assert [store.now(subject) for subject in ("user:u_1", "account:acct_7")] == before
    assert before[1].progress.traits["plan"].value == "pro"


def test_without_milestones_of_accounts_no_account_is_written() -> None:
    """Nobody pays for what nobody asks for."""
    store = MemoryStore()
    ingest(store, received("a", **IN_ACCOUNT), group("g"), used=catalog(OWN))
    assert store.subjects == {"user:u_1"}
    assert account_at(store.now("user:u_1").progress.memberships, T0) == "acct_7"


def test_users_of_one_account_are_folded_into_it_together() -> None:
    """One write for the account, whoever did something."""
    store = MemoryStore()
    users = [Received(f"of {user}", text(messageId="same", userId=user, **IN_ACCOUNT), T0) for user in ("u_1", "u_2")]
    ingest(store, *users)
    assert counted(store, "account:acct_7") == 2
    assert store.now("account:acct_7").version == 1


# ------------------------------------------------------------------------------- one of the two fails


def test_when_the_account_cannot_be_written_the_message_comes_again_and_counts_for_it_then() -> None:
    """Faults: the user is written and finds the copy in its ledger; the account counts it now."""
    store = MemoryStore(deque([None, Fault.REFUSE, Fault.REFUSE]))
    result = ingest(store, received("a", **IN_ACCOUNT))
    assert (result.failed, counts(store)) == (frozenset("a"), (1, 0))
    result = ingest(store, received("a", **IN_ACCOUNT))
    assert (result.failed, counts(store)) == (frozenset(), (1, 1))


def test_when_the_user_cannot_be_written_the_account_waits_with_it() -> None:
    """Faults: only the user's progress says which account it is, so neither is counted yet."""
    store = MemoryStore(deque([Fault.REFUSE, Fault.REFUSE]))
    result = ingest(store, received("a", **IN_ACCOUNT))
    assert (result.failed, counts(store)) == (frozenset("a"), (0, 0))
    ingest(store, received("a", **IN_ACCOUNT))
    assert counts(store) == (1, 1)


def test_a_failed_account_hands_back_its_own_messages_and_no_others() -> None:
    """Faults: neighbours of the same user in no account, or in another one, are done with."""
    store = MemoryStore(deque([None, Fault.REFUSE, None, Fault.REFUSE]))
    result = ingest(
        store, received("a", **IN_ACCOUNT), received("b"), received("c", context={"groupId": "acct_8"}), attempts=1
    )
    assert result.failed == {"a"}
    assert (counts(store), counted(store, "account:acct_8")) == ((3, 0), 1)
    assert result.tally["handed_back"] == 1


def test_a_lost_answer_for_the_account_counts_nothing_twice() -> None:
    """Faults: the write is done, its retry meets its own condition and finds the events in the ledger."""
    store = MemoryStore(deque([None, Fault.LOSE_ANSWER]))
    assert ingest(store, received("a", **IN_ACCOUNT)).failed == frozenset()
    assert counts(store) == (1, 1)


def test_a_lost_race_for_the_account_is_run_again() -> None:
    """Faults: a hot account is written by many at a time, and the metrics say so."""
    store = MemoryStore(deque([None, Fault.CONFLICT, Fault.CONFLICT]))
    result = ingest(store, received("a", **IN_ACCOUNT), attempts=5)
    assert (result.failed, counts(store), result.tally["conflict"]) == (frozenset(), (1, 1), 2)


def test_a_copy_still_goes_to_the_account_of_its_time_after_the_user_has_moved_on() -> None:
    """1: what was handed back is counted for the account that it was for, not for the one of today."""
    store = MemoryStore(deque([None, None, None, Fault.REFUSE, Fault.REFUSE]))
    ingest(store, group("g"))
    late = received("a", timestamp=format_instant(T0 + 1))
    assert ingest(store, late).failed == {"a"}
    ingest(store, group("h", "acct_8", timestamp=format_instant(T0 + 2)))
    assert ingest(store, late).failed == frozenset()
    assert (counts(store), counted(store, "account:acct_8")) == ((1, 1), 0)


def test_a_copy_counts_for_no_second_account_when_a_group_event_came_late() -> None:
    """3.1: duplicates change nothing, also if the user turns out to have belonged to another account at that time."""
    store = MemoryStore()
    event_ = received("a", timestamp=format_instant(T0 + 5))
    ingest(store, group("g"), event_)
    ingest(store, group("h", "acct_8", timestamp=format_instant(T0 + 3)))
    assert (counts(store), counted(store, "account:acct_8")) == ((1, 1), 0)
    ingest(store, event_)
    assert (counts(store), counted(store, "account:acct_8")) == ((1, 1), 0)


def test_what_became_of_a_users_nudge_does_not_count_for_the_account() -> None:
    """Or one user's complaint would close the channel of all."""
    store = MemoryStore()
    about: dict[str, Any] = {"event": "nudge_complained", "properties": {"nudge_id": "n", "channel": "email"}}
    ingest(store, received("a", **IN_ACCOUNT), received("g", text(type="group", messageId="g", groupId="acct_7")))
    before = store.now("account:acct_7")
    ingest(store, received("r", **about, **IN_ACCOUNT), received("s", **about))
    assert store.now("account:acct_7") == before
    assert store.now("user:u_1").progress.closed == {"email": T0}


def test_what_became_of_an_accounts_nudge_is_the_accounts() -> None:
    """It is named by groupId, and nobody's user."""
    store = MemoryStore()
    about: dict[str, Any] = {"event": "nudge_bounced", "properties": {"nudge_id": "n", "channel": "email"}}
    result = ingest(store, received("r", userId=..., groupId="acct_7", **about))
    assert (result.failed, result.refused, store.subjects) == (frozenset(), (), frozenset({"account:acct_7"}))
    assert store.now("account:acct_7").progress.closed == {"email": T0}


def test_an_event_that_is_spilled_while_those_of_another_id_are_folded_counts_for_the_account() -> None:
    """Seed 14350: the user was written, a rival spilled the event, and what the device had done came after it."""
    store = MemoryStore(most=1)
    store.put(Progress("user:d_1", catalog_version=1, forward="user:u_1"))
    store.unread["user:d_1"] = 1
    later = [received(name, timestamp=format_instant(T0 + MINUTE)) for name in ("r1", "r2", "r3")]
    store.rivals += [lambda: None, lambda: [ingest(store, each) for each in later]]
    newest = received("theirs", userId="d_1", timestamp=format_instant(T0 + 2 * MINUTE))  # It needs no recall.
    ingested = ingest(store, received("own", **IN_ACCOUNT), newest, attempts=9)
    assert ingested.failed == frozenset()
    assert event(messageId="own").key in {key for key, _ in store.spilled["user:u_1"]}
    assert counts(store) == (5, 1)
