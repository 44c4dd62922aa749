"""What channels report back: which channels it closes, until when, and that it is no activity."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.catalog import Catalog
from milepost.domain.event import REPORTS, Identify, Track
from milepost.domain.instant import DAY, HOUR, Instant
from milepost.domain.merge import merge
from milepost.domain.milestone import Step
from milepost.domain.progress import Progress
from milepost.domain.reports import shut
from milepost.domain.rules.count import Count
from milepost.domain.rules.silence import Silence
from tests.domain.build import SUBJECT, T0, Life, catalog, count, identify, matcher, milestone, track
from tests.domain.laws.histories import LAW

EMAIL, SMS, IN_APP = (Step((channel,), "t") for channel in ("email", "sms", "in_app"))
EITHER = Step(("email", "sms"), "t")
OPERATIONAL = Step(("email",), "t", operational=True)
YES = {"email_opt_in": True, "sms_opt_in": True}
OPEN, SHUT = ("sent", None), ("suppressed", "channel_closed")
LATER = T0 + 10 * DAY


def of(step: Step) -> Catalog:
    """A catalog in which a purchase brings about this step."""
    return catalog(milestone(count(1, repeats=True), reached=[step]))


def report(name: str, at: Instant = T0 + HOUR, channel: object = "email", **more: Any) -> Track:
    """A channel's report on some nudge."""
    return track(f"{name} {channel} {at}", at, f"nudge_{name}", nudge_id="n", channel=channel, **more)


def verdict(*events: Track | Identify, step: Step = EMAIL) -> tuple[str, str | None]:
    """What becomes of a nudge to somebody who said yes at first, after these events."""
    life = Life(of(step))
    for event in (identify("yes", T0, **YES), *events):
        life.get(event, now=T0 + DAY)
    life.get(track("bought", LATER))
    nudge = life.nudges[-1]
    return nudge.verdict, nudge.reason


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([report("bounced")], SHUT),
        ([report("bounced", bounce_type="hard")], SHUT),
        ([report("bounced", bounce_type=None)], SHUT),
        ([report("bounced", bounce_type="soft")], OPEN),
        ([report("complained")], SHUT),
        ([report("complained", bounce_type="soft")], SHUT),
        ([report("unsubscribed")], SHUT),
        *(([report(name)], OPEN) for name in ("delivered", "opened", "clicked")),
        ([report("unsubscribed", channel="sms")], OPEN),
        ([report("unsubscribed", channel="EMAIL")], OPEN),
        ([report("unsubscribed", channel=None)], OPEN),
        ([report("unsubscribed", channel=["email"])], OPEN),
        ([report("unsubscribed", channel="carrier_pigeon")], OPEN),
        ([report("unsubscribed"), report("delivered", T0 + 2 * HOUR)], SHUT),
        ([report("unsubscribed"), identify("again", T0 + HOUR + 1, email_opt_in=True)], OPEN),
        ([report("unsubscribed"), identify("again", T0 + HOUR, email_opt_in=True)], SHUT),
        ([report("unsubscribed"), identify("before", T0 + 1, email_opt_in=True)], SHUT),
        ([report("unsubscribed"), identify("text", T0 + DAY, email_opt_in="true")], SHUT),
        ([report("unsubscribed"), identify("sms", T0 + DAY, sms_opt_in=True)], SHUT),
        ([report("unsubscribed"), identify("no", T0 + DAY, email_opt_in=False)], SHUT),
        (
            [report("unsubscribed"), identify("a", T0 + DAY, email_opt_in=True), report("bounced", T0 + 2 * DAY)],
            SHUT,
        ),
        (
            [report("unsubscribed"), identify("a", T0 + DAY, email_opt_in=True), report("bounced", T0 + DAY - 1)],
            OPEN,
        ),
    ],
)
def test_a_channel_is_closed_from_a_report_to_a_later_yes(
    events: list[Track | Identify], expected: tuple[str, str | None]
) -> None:
    """By the times at which they happened; only a yes to that channel counts, and only an explicit one."""
    assert verdict(*events) == expected


@LAW
@given(
    at=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["bounced", "unsubscribed", "yes", "no"])), max_size=4, unique=True
    )
)
def test_the_order_in_which_reports_and_consent_arrive_makes_no_difference(at: list[tuple[int, str]]) -> None:
    """The last one by event time has the word; of a report and a yes of one instant it is the report."""
    by_instant = {instant: kind for instant, kind in at if kind in {"yes", "no"}}
    events: list[Track | Identify] = [
        identify(f"{kind} {instant}", T0 + HOUR + instant, email_opt_in=kind == "yes")
        for instant, kind in by_instant.items()
    ]
    reports = [report(kind, T0 + HOUR + instant) for instant, kind in at if kind not in {"yes", "no"}]
    found = {verdict(*order, step=OPERATIONAL) for order in permutations([*events, *reports])}
    written = max(by_instant, default=-1)
    reported = max((instant for instant, kind in at if kind in {"bounced", "unsubscribed"}), default=-1)
    is_open = by_instant.get(written, "yes") == "yes" and (written > reported or reported < 0)
    assert found == {OPEN if is_open else SHUT if reported >= 0 else ("suppressed", "no_consent")}


def test_a_channel_that_needs_no_yes_stays_closed() -> None:
    """There is no trait that could open it."""
    opened = identify("again", T0 + DAY, in_app=True, always=True)
    assert verdict(report("unsubscribed", channel="in_app"), opened, step=IN_APP) == SHUT


def test_operational_nudges_respect_it_too() -> None:
    """They pass caps and hours, never consent."""
    assert verdict(report("complained"), step=OPERATIONAL) == SHUT


def test_the_next_channel_of_a_step_takes_the_place_of_one_that_is_closed() -> None:
    """As where there is no consent."""
    life = Life(of(EITHER))
    life.get(identify("yes", T0, **YES), report("bounced"), track("bought", LATER), now=LATER)
    assert [(each.verdict, each.channel) for each in life.nudges] == [("sent", "sms")]


def test_without_a_yes_in_the_first_place_that_is_the_reason() -> None:
    """Unless a report has closed it as well: then that is."""
    for events, reason in (([], "no_consent"), ([report("bounced")], "channel_closed")):
        life = Life(of(EMAIL))
        life.get(*events, track("bought", LATER), now=LATER)
        assert [each.reason for each in life.nudges] == [reason]


def test_a_report_that_names_no_channel_of_the_catalog_is_metered() -> None:
    """And closes nothing: channels that somebody makes up must not fill an item."""
    for channel in (None, "carrier_pigeon", 7):
        found = Life(of(EMAIL)).get(report("bounced", channel=channel))
        assert (found.tally["unusable_property"], found.progress.closed) == (1, {})


def test_reports_are_known_without_being_in_the_tracking_plan() -> None:
    """None is counted as unknown, and a copy counts nothing."""
    found = Life(of(EMAIL)).get(*[report(name.removeprefix("nudge_")) for name in sorted(REPORTS)] * 2)
    assert found.tally == {"counted": 6, "duplicate": 6}
    assert found.progress.counted == {}


@pytest.mark.parametrize("planned", [False, True])
def test_a_report_is_no_activity(*, planned: bool) -> None:
    """`*` is any event of the subject's own doing, also where reports are in the tracking plan."""
    life = Life(
        Catalog.of(
            "shop",
            [
                milestone(Count(matcher(), 2), name="any"),
                milestone(Silence(matcher(), 3 * DAY), name="quiet"),
                milestone(Count(matcher("nudge_clicked"), 1), name="clicked"),
            ],
            version=1,
            max_age=35 * DAY,
            grace=0,
            events=REPORTS | {"bought"} if planned else frozenset({"bought"}),
            consent={"email": "email_opt_in"},
        )
    )
    life.get(track("bought", T0))
    life.get(*(report(name.removeprefix("nudge_"), T0 + 2 * DAY) for name in sorted(REPORTS)), now=T0 + 2 * DAY)
    life.tick(T0 + 4 * DAY)
    found = [(each.milestone, each.at) for each in life.outcomes]
    assert found == [("clicked", T0 + 2 * DAY), ("quiet", T0 + 3 * DAY)]


def test_of_two_who_turn_out_to_be_one_the_later_report_counts() -> None:
    """Whichever of the two was written to."""
    used = of(EMAIL)
    one, other = (
        Progress(SUBJECT, 1, closed={"email": T0, "sms": T0 + 1}),
        Progress("user:d", 1, closed={"email": T0 + 2}),
    )
    assert merge(one, other, used, T0).progress.closed == {"email": T0 + 2, "sms": T0 + 1}
    assert merge(other, one, used, T0).progress.closed == {"email": T0 + 2, "sms": T0 + 1}


def test_what_is_shut_is_what_nobody_has_opened_since() -> None:
    """By the catalog's own names for consent."""
    assert shut({}, {}, {}) == frozenset()
    assert shut({"email": T0}, {}, {}) == {"email"}
