"""Publish: told at least once under one id, booked exactly once."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from milepost.application.ports import Unfit
from milepost.application.publish import MOST_IDLE, PER_BOOKING, Publish, Published
from milepost.domain.advance import advance
from milepost.domain.caps import Cap
from milepost.domain.catalog import Catalog
from milepost.domain.event import Identify, Tick, Track
from milepost.domain.guardrails import Guardrails
from milepost.domain.instant import DAY, Instant
from milepost.domain.milestone import Step
from milepost.domain.outbox import Nudge, Outcome, Parted
from milepost.domain.progress import Progress
from milepost.domain.rules.silence import Silence
from tests.domain.build import GRACE, IN_APP, SUBJECT, T0, catalog, count, identify, matcher, milestone, track, within
from tests.fakes.composer import MemoryComposer
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics

EMAIL = Step(("email",), "t")
EVERY = catalog(milestone(count(1, repeats=True), reached=[IN_APP]))
BOTH_CHANNELS = catalog(milestone(count(1, repeats=True), reached=[EMAIL, IN_APP]))
WEEK = catalog(
    milestone(
        count(2), deadline=within(7 * DAY), fresh_for=30 * DAY, reached=[IN_APP], missed=[IN_APP], recovered=[IN_APP]
    )
)
DECIDED = T0 + 7 * DAY + GRACE


def fold(store: MemoryStore, used: Catalog, *stimuli: Track | Identify | Tick, now: Instant = T0) -> None:
    """Another worker folds these."""
    store.put(advance(store.now(SUBJECT).progress, stimuli, used, now).progress)


def with_outbox(*stimuli: Track | Identify, used: Catalog = EVERY) -> MemoryStore:
    """A store whose subject has been through these events."""
    store = MemoryStore()
    fold(store, used, *stimuli)
    return store


def publish(  # noqa: PLR0913  # One argument for each thing a test may want to differ.
    store: MemoryStore,
    topics: MemoryTopics,
    used: Catalog = EVERY,
    *,
    now: Instant = T0,
    attempts: int = 9,
    composer: MemoryComposer | None = None,
) -> Published:
    """Publish the subject's outbox."""
    service = Publish(store, topics, used, lambda _: now, composer or MemoryComposer())
    return service.publish([SUBJECT], InstantBackoff(attempts))


def outbox(store: MemoryStore) -> list[str]:
    """The ids that wait."""
    return [each.id for each in store.now(SUBJECT).progress.outbox]


def by_email(entry: Outcome | Nudge) -> bool:
    """Whether an entry goes to the topic `email`."""
    return isinstance(entry, Nudge) and entry.channel == "email"


ONE_REACHED = {("*", "members"): 1, ("m", "reached"): 1, ("m", "sent.in_app"): 1}


def test_what_waits_is_told_and_booked() -> None:
    """Design 2: outcome and nudge go out; the decision and the statistics are written; the outbox is empty."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    assert publish(store, topics).unfinished == frozenset()
    assert [type(each) for each in topics.published] == [Outcome, Nudge]
    assert [(each.verdict, each.reason) for each in store.decisions] == [("sent", None)]
    assert store.statistics == ONE_REACHED
    assert (outbox(store), store.now(SUBJECT).progress.due) == ([], None)


def test_what_was_counted_for_two_is_taken_off_and_told_to_nobody() -> None:
    """3.14: a member less, and of a milestone what was counted too often."""
    store, topics = MemoryStore(), MemoryTopics()
    parted = (Parted("parted", T0), Parted("parted m", T0, "m", (("reached", 2), ("missed", 1))))
    store.put(Progress(SUBJECT, 1, outbox=parted, forward="user:u_2"))
    assert publish(store, topics).unfinished == frozenset()
    assert topics.published == []
    assert store.statistics == {("*", "members"): -1, ("m", "reached"): -2, ("m", "missed"): -1}
    assert store.now(SUBJECT).progress == Progress(SUBJECT, 1, forward="user:u_2")


def test_an_outbox_is_read_consistently() -> None:
    """Design 2: a stale outbox would be told again."""
    store = with_outbox(track("a", T0))
    publish(store, MemoryTopics())
    assert [consistent for _, consistent in store.reads] == [True]


def test_an_empty_outbox_is_nothing_to_do() -> None:
    """A stream record delivered twice is harmless."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    publish(store, topics)
    assert publish(store, topics).unfinished == frozenset()
    assert (len(topics.published), store.bookings) == (2, 1)


def test_a_topic_that_fails_keeps_its_entries_and_no_others() -> None:
    """Faults: only what succeeded is acknowledged; same id next time."""
    store = with_outbox(identify("who", T0, email_opt_in=True), track("a", T0), used=BOTH_CHANNELS)
    topics = MemoryTopics(refuses=by_email)
    result = publish(store, topics, BOTH_CHANNELS, attempts=2)
    (waiting,) = store.now(SUBJECT).progress.outbox
    assert result.unfinished == {SUBJECT}
    assert isinstance(waiting, Nudge)
    assert waiting.channel == "email"
    assert [each.channel for each in store.decisions] == ["in_app"]
    topics.refuses = lambda _: False
    assert publish(store, topics, BOTH_CHANNELS).unfinished == frozenset()
    assert topics.ids[-1] == waiting.id
    assert [each.channel for each in store.decisions] == ["in_app", "email"]
    assert store.statistics == ONE_REACHED | {("m", "sent.email"): 1}


def test_topics_that_take_nothing_keep_everything_that_must_be_told() -> None:
    """Faults: SNS fails: nothing is lost, and the clock brings the subject back."""
    store = with_outbox(track("a", T0))
    result = publish(store, MemoryTopics(refuses=lambda _: True), attempts=3)
    assert result.unfinished == {SUBJECT}
    assert (len(outbox(store)), store.decisions) == (2, [])
    assert store.now(SUBJECT).progress.due is not None
    assert result.tally["not_taken"] == 8


def test_after_the_most_idle_rounds_the_rest_is_left_to_the_clock() -> None:
    """Faults: a topic that is down stays so for longer than an invocation lasts."""
    store = with_outbox(track("a", T0))
    result = publish(store, MemoryTopics(refuses=lambda _: True), attempts=99)
    # The first round books the member; the five after it get nowhere.
    assert result.unfinished == {SUBJECT}
    assert len(store.reads) == 1 + MOST_IDLE == 1 + 5


def test_one_round_tells_everything_that_may_go_and_books_forty() -> None:
    """What is slow is booking: nobody waits for it to be told."""
    events = 2 * PER_BOOKING
    store, topics = with_outbox(*(track(f"e{place}", T0 + place) for place in range(events))), MemoryTopics()
    assert publish(store, topics, attempts=0).unfinished == {SUBJECT}
    assert (len(topics.ids), store.bookings, len(outbox(store))) == (2 * events, 1, 2 * events + 1 - PER_BOOKING)
    assert PER_BOOKING == 40


def test_a_lost_answer_of_a_topic_sends_again_under_the_same_id_and_books_once() -> None:
    """Faults: SNS succeeds and the answer is lost."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics(answers_to_lose=1)
    assert publish(store, topics).unfinished == frozenset()
    assert topics.ids == topics.ids[:2] * 2
    assert (len(store.decisions), store.statistics) == (1, ONE_REACHED)


@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_befalls_the_booking_it_is_booked_once_and_not_told_again(fault: Fault) -> None:
    """Faults: conflict, throttling and a lost answer: re-read, not sent twice in that call, booked once."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    store.faults = deque([fault, fault])
    assert publish(store, topics).unfinished == frozenset()
    assert len(topics.ids) == len(set(topics.ids)) == 2
    assert (len(store.decisions), store.statistics, outbox(store)) == (1, ONE_REACHED, [])


def test_two_publishers_book_once() -> None:
    """Faults: a record delivered twice, to two workers at once: told twice under one id, booked once."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    store.rivals.append(lambda: publish(store, topics))
    assert publish(store, topics).unfinished == frozenset()
    assert topics.ids == topics.ids[:2] * 2
    assert (len(store.decisions), store.statistics) == (1, ONE_REACHED)


def test_what_was_added_while_publishing_is_told_too() -> None:
    """Faults: an event between the read and the booking is neither lost nor overwritten."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    store.rivals.append(lambda: fold(store, EVERY, track("b", T0 + 1)))
    assert publish(store, topics).unfinished == frozenset()
    assert len(topics.ids) == len(set(topics.ids)) == 4
    assert store.statistics["m", "reached"] == len(store.decisions) == 2


def test_out_of_time_the_subject_is_unfinished() -> None:
    """Faults: a time-out in the middle stops at a margin; what is booked stays booked."""
    store = with_outbox(track("a", T0))
    store.faults = deque([Fault.REFUSE])
    assert publish(store, MemoryTopics(), attempts=0).unfinished == {SUBJECT}
    assert len(outbox(store)) == 3


def test_a_subject_that_cannot_be_read_is_unfinished() -> None:
    """What could not be looked at is not done."""
    store = with_outbox(track("a", T0))
    store.unread[SUBJECT] = 9
    assert publish(store, MemoryTopics(), attempts=2).unfinished == {SUBJECT}


@pytest.mark.parametrize("events", [PER_BOOKING // 2, PER_BOOKING, 3 * PER_BOOKING])
def test_a_large_outbox_is_booked_in_several_transactions(events: int) -> None:
    """DynamoDB takes 100 items in one transaction: each entry is told once and booked once."""
    store, topics = with_outbox(*(track(f"e{place}", T0 + place) for place in range(events))), MemoryTopics()
    assert publish(store, topics).unfinished == frozenset()
    assert len(topics.ids) == len(set(topics.ids)) == 2 * events
    assert store.bookings == -(-(2 * events + 1) // PER_BOOKING)
    assert store.statistics == {("*", "members"): 1, ("m", "reached"): events, ("m", "sent.in_app"): events}


def test_entries_that_wait_for_a_failing_topic_do_not_hold_up_those_behind_them() -> None:
    """Faults: a topic that fails holds up its own entries, however many, and no others."""
    store = with_outbox(identify("who", T0, email_opt_in=True), used=EVERY)
    only_email = catalog(milestone(count(1, repeats=True), reached=[EMAIL]))
    fold(store, only_email, *(track(f"e{place}", T0 + place) for place in range(PER_BOOKING)))
    fold(store, EVERY, track("last", T0 + 99))
    topics = MemoryTopics(refuses=by_email)
    publish(store, topics, attempts=9)
    assert "in_app" in {each.channel for each in topics.published if isinstance(each, Nudge)}


def test_a_suppressed_nudge_is_booked_and_not_published() -> None:
    """5: the verdict of each nudge is recorded with its reason: nothing is dropped without a record."""
    store, topics = with_outbox(track("a", T0), used=BOTH_CHANNELS), MemoryTopics()
    assert publish(store, topics, BOTH_CHANNELS).unfinished == frozenset()
    assert not any(by_email(each) for each in topics.published)
    assert {(each.channel, each.verdict, each.reason) for each in store.decisions} == {
        ("email", "suppressed", "no_consent"),
        ("in_app", "sent", None),
    }
    assert store.statistics == ONE_REACHED | {("m", "suppressed.email"): 1}


def test_a_nudge_past_its_time_is_left_to_settle() -> None:
    """Design 2: what is past its `not_after` goes back to settle, never to SNS."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    publish(store, topics, now=T0 + 3 * DAY)
    assert [type(each) for each in topics.published] == [Outcome]
    assert store.decisions == []
    fold(store, EVERY, Tick(0), now=T0 + 3 * DAY)
    assert publish(store, topics, now=T0 + 3 * DAY).unfinished == frozenset()
    assert len(topics.published) == 1
    assert [(each.verdict, each.reason) for each in store.decisions] == [("cancelled", "stale")]
    assert store.statistics["m", "cancelled.in_app"] == 1


def test_a_nudge_that_is_not_yet_past_its_time_goes() -> None:
    """4: a microsecond younger than `fresh_for` is fresh."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    publish(store, topics, now=T0 + 3 * DAY - 1)
    assert [type(each) for each in topics.published] == [Outcome, Nudge]


def missed_then(undo: Callable[[MemoryStore], None]) -> tuple[MemoryStore, MemoryTopics]:
    """A miss whose booking is overtaken by this."""
    store = with_outbox(track("a", T0), used=WEEK)
    fold(store, WEEK, Tick(DECIDED), now=DECIDED)
    topics = MemoryTopics()
    store.rivals.append(lambda: undo(store))
    assert publish(store, topics, WEEK, now=DECIDED).unfinished == frozenset()
    return store, topics


def late_event(store: MemoryStore) -> None:
    """An event in time arrives after the miss was decided."""
    fold(store, WEEK, track("late", T0 + DAY, arrived=DECIDED + 1), now=DECIDED + 1)


def test_a_nudge_called_back_after_it_went_out_is_recorded_as_sent() -> None:
    """5: the record says what happened: it was told before it was called back."""
    store, topics = missed_then(late_event)
    told = [(each.path, each.verdict) for each in topics.published if isinstance(each, Nudge)]
    assert told == [("missed", "sent"), ("reached", "sent")]
    assert [(each.path, each.verdict, each.reason) for each in store.decisions] == [
        ("missed", "sent", None),
        ("reached", "sent", None),
    ]


def test_a_miss_that_was_undone_is_taken_out_of_the_statistics() -> None:
    """3.12: share of members who got this far stays exact."""
    store, _ = missed_then(late_event)
    counts = {name: store.statistics["m", name] for name in ("reached", "missed", "recovered")}
    assert counts == {"reached": 1, "missed": 0, "recovered": 0}


def test_missed_and_recovered_are_both_taken_out() -> None:
    """3.12: booked before they were undone, in another transaction."""
    store, topics = with_outbox(track("a", T0), track("after", T0 + 8 * DAY), used=WEEK), MemoryTopics()
    fold(store, WEEK, Tick(DECIDED), now=T0 + 8 * DAY)
    publish(store, topics, WEEK, now=T0 + 8 * DAY)
    assert (store.statistics["m", "missed"], store.statistics["m", "recovered"]) == (1, 1)
    fold(store, WEEK, track("late", T0 + DAY, arrived=T0 + 9 * DAY), now=T0 + 9 * DAY)
    publish(store, topics, WEEK, now=T0 + 9 * DAY)
    counts = [store.statistics["m", name] for name in ("reached", "missed", "recovered")]
    assert counts == [1, 0, 0]


def test_a_nudge_called_back_before_it_went_out_is_never_told() -> None:
    """3.12: telling people that they missed what they did is the worst thing this program can do."""
    store = with_outbox(track("a", T0), used=WEEK)
    fold(store, WEEK, Tick(DECIDED), now=DECIDED)
    late_event(store)
    topics = MemoryTopics()
    publish(store, topics, WEEK, now=DECIDED + 1)
    assert [each.path for each in topics.published if isinstance(each, Nudge)] == ["reached"]
    assert ("missed", "cancelled", "reached_after_all") in {(e.path, e.verdict, e.reason) for e in store.decisions}


def test_a_subject_nobody_has_stored_is_nothing_to_do() -> None:
    """A record of an item that is gone since is harmless."""
    store = MemoryStore()
    store.put(Progress(SUBJECT))
    assert publish(store, MemoryTopics()).unfinished == frozenset()
    assert store.bookings == 0


def test_an_outbox_that_the_core_cannot_clear_stays_alone() -> None:
    """Its neighbours are told and booked, and where it happened is told."""
    used = catalog(milestone(Silence(matcher("bought"), 3 * DAY)))
    store = with_outbox(track("a", T0), used=used)
    sound = store.now(SUBJECT).progress
    standings = {"m": sound.standings["m"]._replace(memo="u_42 was here")}
    store.put(sound._replace(subject="user:damaged", standings=standings))
    subjects = [SUBJECT, "user:damaged"]
    done = Publish(store, MemoryTopics(), used, lambda _: T0, MemoryComposer()).publish(subjects, InstantBackoff(9))
    assert done.unfinished == {"user:damaged"}
    assert [bool(store.now(each).progress.outbox) for each in subjects] == [False, True]
    [fault] = done.faults
    assert "Silence" in fault
    assert "u_42" not in fault


# ---------------------------------------------------------------------------------------- what cannot be composed


ONE_A_WEEK = replace(EVERY, guardrails=Guardrails(caps=(Cap(1, 7 * DAY, defers=False),)))


def failing(reason: Unfit = "template_failed") -> MemoryComposer:
    """Composes nothing."""
    return MemoryComposer(fails=lambda _: reason)


@pytest.mark.parametrize("reason", ["template_failed", "too_large"])
def test_a_nudge_that_cannot_be_composed_is_suppressed_with_the_reason(reason: Unfit) -> None:
    """It is never told, its outcome is, it is counted, and nothing of it is left."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    done = publish(store, topics, composer=failing(reason))
    assert [type(each) for each in topics.published] == [Outcome]
    assert [(each.verdict, each.reason) for each in store.decisions] == [("suppressed", reason)]
    assert (outbox(store), done.unfinished, done.tally["compose_failed"]) == ([], frozenset(), 1)
    assert store.statistics["m", "suppressed.in_app"] == 1
    assert store.statistics["m", "sent.in_app"] == 0


def test_all_others_go_out() -> None:
    """Those of other subjects and those of the same one."""
    store, topics = with_outbox(track("a", T0), track("b", T0 + 1)), MemoryTopics()
    store.put(advance(Progress("user:other"), [track("a", T0)], EVERY, T0).progress)
    first = next(each.id for each in store.now(SUBJECT).progress.outbox if isinstance(each, Nudge))
    composer = MemoryComposer(fails=lambda nudge: "too_large" if nudge.id == first else None)
    service = Publish(store, topics, EVERY, lambda _: T0, composer)
    assert service.publish([SUBJECT, "user:other"], InstantBackoff(9)).unfinished == frozenset()
    assert first not in topics.ids
    assert len(topics.ids) == 3 + 2


def test_what_it_used_up_is_given_back() -> None:
    """The next one has the room under a cap of one a week."""
    store, topics = with_outbox(track("a", T0), used=ONE_A_WEEK), MemoryTopics()
    publish(store, topics, ONE_A_WEEK, composer=failing())
    fold(store, ONE_A_WEEK, track("b", T0 + DAY), now=T0 + DAY)
    publish(store, topics, ONE_A_WEEK, now=T0 + DAY)
    assert [(each.n, each.verdict) for each in store.decisions] == [(1, "suppressed"), (2, "sent")]


def test_what_went_out_before_its_booking_was_lost_stays_sent_whatever_its_template_does_now() -> None:
    """It is composed once an invocation, so what was told is never found unfit after it."""
    store, topics, composer = with_outbox(track("a", T0)), MemoryTopics(), MemoryComposer()
    store.faults = deque([Fault.REFUSE])
    composer.fails = lambda _: "template_failed" if len(composer.asked) > 1 else None
    publish(store, topics, composer=composer)
    assert [each.verdict for each in store.decisions] == ["sent"]
    assert len(composer.asked) == 1


def test_a_lost_answer_of_the_topic_changes_no_text() -> None:
    """Under one id goes one text, though more is known of the subject by now."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics(answers_to_lose=1)
    store.rivals.append(lambda: fold(store, EVERY, identify("i", T0, name="Ada")))
    publish(store, topics)
    texts = [each.data for each in topics.messages if isinstance(each.entry, Nudge)]
    assert len(texts) == 2
    assert texts[0] == texts[1]


def test_a_nudge_that_failed_may_go_in_another_invocation_until_it_is_booked() -> None:
    """Its booking was refused, and by now there is what its template needs."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    store.faults = deque([Fault.REFUSE] * 9)
    publish(store, topics, attempts=1, composer=failing())
    assert [type(each) for each in topics.published] == [Outcome]
    store.faults.clear()
    publish(store, topics)
    assert [each.verdict for each in store.decisions] == ["sent"]


def test_a_composer_that_breaks_holds_up_its_own_subject_alone() -> None:
    """A mistake of ours: nothing is recorded as suppressed for it, and where it happened is told."""
    store, topics = with_outbox(track("a", T0)), MemoryTopics()
    store.put(advance(Progress("user:other"), [track("a", T0)], EVERY, T0).progress)

    class Broken(MemoryComposer):
        def compose(self, nudge: Nudge, progress: Progress) -> Mapping[str, object]:
            if progress.subject == SUBJECT:
                raise KeyError("u_1 was here")
            return {}

    service = Publish(store, topics, EVERY, lambda _: T0, Broken())
    done = service.publish([SUBJECT, "user:other"], InstantBackoff(9))
    assert done.unfinished == {SUBJECT}
    assert [each.verdict for each in store.decisions] == ["sent"]
    [fault] = done.faults
    assert "u_1" not in fault
