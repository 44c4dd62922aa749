"""An operator's cancel and re-send: one conditional write each, and no race tells anything twice."""

from collections import deque
from collections.abc import Callable

import pytest

from milepost.application.operate import NotDoneError, Operate, Underway
from milepost.domain.advance import advance
from milepost.domain.catalog import Catalog
from milepost.domain.instant import DAY, Instant
from milepost.domain.local import Span
from milepost.domain.milestone import Step
from milepost.domain.operator import CANCELLED
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from tests.application.test_publish import publish
from tests.domain.build import SUBJECT, T0, catalog, count, identify, milestone, track
from tests.fakes.decisions import MemoryDecisions
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics

SENT, LATER = Step(("email", "sms"), "t"), Step(("email",), "u", after=Span(elapsed=3 * DAY))
SHOP = catalog(milestone(count(1), reached=[SENT, LATER]))
SAYS_YES = identify("yes", T0, email_opt_in=True, sms_opt_in=True)


class Desk:
    """An operator before a subject that has bought once: step 0 has been sent, step 1 waits."""

    def __init__(self, used: Catalog = SHOP) -> None:
        self.store, self.topics = MemoryStore(), MemoryTopics()
        self.used = used
        self.now: Instant = T0 + DAY
        self.decisions = MemoryDecisions(self.store)
        self.store.put(advance(Progress(SUBJECT), [SAYS_YES, track("a", T0)], used, T0).progress)
        self.first, self.later = (each.id for each in self.outbox)
        publish(self.store, self.topics, used)
        self.operate = Operate(self.store, self.decisions, used, lambda: self.now)

    @property
    def outbox(self) -> list[Nudge]:
        """The nudges in the outbox."""
        return [each for each in self.store.now(SUBJECT).progress.outbox if isinstance(each, Nudge)]

    @property
    def told(self) -> list[str]:
        """Ids of the nudges that subscribers were given, once for each time."""
        return [each.id for each in self.topics.published if isinstance(each, Nudge)]

    def cancel(self, nudge: str | None = None) -> None:
        """Cancel what waits, or another one."""
        self.operate.cancel(SUBJECT, nudge or self.later, InstantBackoff(9))

    def again(self, nudge: str | None = None, channel: str | None = None) -> Underway:
        """Send step 0 again, or another one."""
        return self.operate.send_again(SUBJECT, nudge or self.first, InstantBackoff(9), channel=channel)

    def refused(self, ask: Callable[[], object]) -> NotDoneError:
        """Why it is not done; nothing is written then."""
        before = self.store.now(SUBJECT)
        with pytest.raises(NotDoneError) as raised:
            ask()
        assert self.store.now(SUBJECT) == before
        return raised.value


def test_what_is_cancelled_is_booked_and_never_told() -> None:
    """Its decision takes the place of the deferral; the clock finds nothing to send."""
    desk = Desk()
    desk.cancel()
    publish(desk.store, desk.topics, SHOP)
    desk.store.put(advance(desk.store.now(SUBJECT).progress, [], SHOP, T0 + 9 * DAY).progress)
    publish(desk.store, desk.topics, SHOP, now=T0 + 9 * DAY)
    assert [(each.verdict, each.reason) for each in desk.decisions.of(SUBJECT)] == [
        ("sent", None),
        ("cancelled", CANCELLED),
    ]
    assert desk.told == [desk.first]
    assert desk.store.statistics["m", "cancelled.email"] == 1


def test_what_was_sent_is_told_again_under_another_id_and_booked_beside_the_first() -> None:
    """Subscribers that remember ids deliver it; the first decision stays as it was."""
    desk = Desk()
    assert desk.again() == Underway(desk.outbox[0].id, 2, "email")
    publish(desk.store, desk.topics, SHOP, now=desk.now)
    assert desk.told == [desk.first, desk.decisions.of(SUBJECT)[-1].id]
    assert len(set(desk.told)) == 2
    assert [(each.attempt, each.verdict, each.step) for each in desk.decisions.of(SUBJECT)] == [
        (1, "sent", 0),
        (1, "deferred", 1),
        (2, "sent", 0),
    ]


def test_each_time_it_is_sent_again_counts_one_attempt_more() -> None:
    """Whichever attempt is named."""
    desk = Desk()
    second = desk.again()
    publish(desk.store, desk.topics, SHOP, now=desk.now)
    third = desk.again(second.nudge, channel="sms")
    publish(desk.store, desk.topics, SHOP, now=desk.now)
    assert [desk.again().attempt, third.attempt, third.channel] == [4, 3, "sms"]
    assert len({desk.first, second.nudge, third.nudge}) == 3


@pytest.mark.parametrize("fault", Fault)
def test_neither_a_lost_answer_nor_a_lost_race_sends_it_twice(fault: Fault) -> None:
    """The retry finds the attempt in the outbox, or makes it, once."""
    desk = Desk()
    desk.store.faults = deque([fault])
    assert desk.again().attempt == 2
    assert [each.attempt for each in desk.outbox] == [2]


def test_an_answer_that_was_lost_until_publish_had_told_it_sends_it_once() -> None:
    """By then the outbox is empty and the decision says it."""
    desk = Desk()
    desk.store.faults = deque([Fault.LOSE_ANSWER])
    reads = iter(range(9))

    def publish_in_between() -> None:
        if next(reads) == 1:
            desk.store.faults.clear()
            publish(desk.store, desk.topics, SHOP, now=desk.now)

    desk.decisions.before_reading = publish_in_between
    assert desk.again().attempt == 2
    publish(desk.store, desk.topics, SHOP, now=desk.now)
    assert len(desk.told) == 2


def test_two_operators_at_a_time_send_it_once() -> None:
    """The second one's write is refused, and it finds the attempt there."""
    desk, other = Desk(), []

    def rival() -> None:
        desk.decisions.before_reading = lambda: None
        other.append(desk.again())

    desk.store.rivals = deque([rival])
    assert desk.again() == other[0]
    assert [each.attempt for each in desk.outbox] == [2]


@pytest.mark.parametrize("fault", Fault)
def test_a_cancellation_is_done_once_whatever_befalls_the_write(fault: Fault) -> None:
    """A lost answer looks like a lost race; what is there already is what was asked for."""
    desk = Desk()
    desk.store.faults = deque([fault])
    desk.cancel()
    assert [(each.verdict, each.reason) for each in desk.outbox] == [("cancelled", CANCELLED)]
    desk.cancel()
    publish(desk.store, desk.topics, SHOP, now=desk.now)
    desk.cancel()
    assert len([each for each in desk.store.decisions if each.reason == CANCELLED]) == 1


def test_what_publish_acknowledges_first_is_not_cancelled() -> None:
    """The operator is told that it has gone."""
    desk = Desk()
    underway = desk.again()
    desk.store.rivals = deque([lambda: publish(desk.store, desk.topics, SHOP, now=desk.now)])
    with pytest.raises(NotDoneError) as raised:
        desk.cancel(underway.nudge)
    assert (raised.value.why, raised.value.recorded and raised.value.recorded.verdict) == ("not_waiting", "sent")


def test_what_goes_out_while_it_is_cancelled_is_recorded_as_sent() -> None:
    """The topic has it: publish, which loses the race for the booking, says so in the next."""
    desk = Desk()
    underway = desk.again()
    desk.topics.refuses = lambda _: False
    desk.store.rivals = deque([lambda: desk.cancel(underway.nudge)])
    publish(desk.store, desk.topics, SHOP, now=desk.now)
    last = {each.id: each.verdict for each in desk.store.decisions}
    assert (last[underway.nudge], desk.told.count(underway.nudge)) == ("sent", 1)


def test_what_cannot_be_done_says_why_and_writes_nothing() -> None:
    """A reason for each."""
    desk = Desk()
    found = {
        "unknown": desk.refused(lambda: desk.cancel("0" * 32)),
        "not_waiting": desk.refused(lambda: desk.cancel(desk.first)),
        "not_sent": desk.refused(lambda: desk.again(desk.later)),
        "other_channel": desk.refused(lambda: desk.again(channel="push")),
        "nobody": desk.refused(lambda: desk.operate.cancel("user:nobody", desk.first, InstantBackoff(1))),
    }
    assert {name: each.why for name, each in found.items()} == {**{name: name for name in found}, "nobody": "unknown"}


def test_a_gate_that_stays_closed_is_told_with_its_reason() -> None:
    """Consent withdrawn since: no decision is made of it, for there is no nudge."""
    desk = Desk()
    away = identify("no", T0 + DAY, email_opt_in=False)
    desk.store.put(advance(desk.store.now(SUBJECT).progress, [away], SHOP, T0 + DAY).progress)
    error = desk.refused(desk.again)
    assert (error.why, error.closed and error.closed.reason) == ("closed", "no_consent")


def test_what_is_about_to_go_is_not_sent_again() -> None:
    """It is in the outbox: it goes as it is."""
    desk = Desk()
    underway = desk.again()
    assert desk.refused(lambda: desk.again(underway.nudge)).why == "waits"


def test_another_catalog_than_the_stacks_is_refused() -> None:
    """An older one does not know what the subject was judged by; one of another name makes other ids."""
    desk = Desk(catalog(milestone(count(1), reached=[SENT, LATER]), version=2))
    desk.operate = Operate(desk.store, desk.decisions, SHOP, lambda: desk.now)
    assert desk.refused(desk.again).why == "newer_catalog"


def test_who_has_become_another_subject_is_not_written_to() -> None:
    """Whatever waits, waits for the other one, under other ids."""
    desk = Desk()
    desk.store.put(desk.store.now(SUBJECT).progress._replace(forward="user:u_2"))
    assert desk.refused(desk.cancel).why == "merged"


def test_a_subject_that_others_keep_writing_is_given_up_in_the_end() -> None:
    """Nothing was done, and the operator knows it."""
    desk = Desk()
    desk.store.faults = deque([Fault.CONFLICT] * 99)
    with pytest.raises(NotDoneError) as raised:
        desk.cancel()
    assert raised.value.why == "busy"
    assert desk.outbox == []
