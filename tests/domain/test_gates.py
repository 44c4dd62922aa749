"""Gates: semantics, section 5, as far as this release has them."""

import pytest

from milepost.domain.instant import DAY, HOUR
from milepost.domain.milestone import Step
from tests.domain.build import T0, Life, catalog, count, identify, milestone, track

EMAIL, EMAIL_OR_SMS = Step(("email",), "t"), Step(("email", "sms"), "t")
IN_APP_STEP, UNDECLARED = Step(("in_app",), "t"), Step(("carrier_pigeon",), "t")


def verdict(step: Step, traits: dict[str, object], age: int = 0) -> tuple[str, str | None, str]:
    """Verdict, reason and channel of a nudge about something so old, to somebody with these traits."""
    lived = Life(catalog(milestone(count(1), reached=[step])))
    lived.get(identify("who", T0, **traits))
    lived.get(track("a", T0), now=T0 + age)
    (nudge,) = lived.nudges
    return nudge.verdict, nudge.reason, nudge.channel


@pytest.mark.parametrize("value", [False, None, "true", "yes", 1, [True], {"v": True}], ids=repr)
def test_only_an_explicit_yes_opens_a_channel(value: object) -> None:
    """5: no consent, unless the trait is true."""
    assert verdict(EMAIL, {"email_opt_in": value}) == ("suppressed", "no_consent", "email")


def test_an_unknown_trait_is_no_consent() -> None:
    """5: unknown is no."""
    assert verdict(EMAIL, {}) == ("suppressed", "no_consent", "email")


def test_an_explicit_yes_opens_its_channel() -> None:
    """5: with consent and nothing against it, a nudge is sent."""
    assert verdict(EMAIL, {"email_opt_in": True}) == ("sent", None, "email")


def test_a_channel_that_is_always_open_needs_no_trait() -> None:
    """2: `always` needs nobody's yes."""
    assert verdict(IN_APP_STEP, {}) == ("sent", None, "in_app")


def test_a_channel_without_a_consent_rule_stays_closed() -> None:
    """5: what the catalog says nothing about is not open."""
    assert verdict(UNDECLARED, {"carrier_pigeon": True})[0] == "suppressed"


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"email_opt_in": True, "sms_opt_in": True}, ("sent", None, "email")),
        ({"sms_opt_in": True}, ("sent", None, "sms")),
        ({"email_opt_in": False, "sms_opt_in": True}, ("sent", None, "sms")),
        ({}, ("suppressed", "no_consent", "email")),
    ],
    ids=["both", "second only", "first refused", "none"],
)
def test_a_list_of_channels_takes_the_first_that_has_consent(
    traits: dict[str, object], expected: tuple[str, str | None, str]
) -> None:
    """2: a list of channels takes the first that has consent."""
    assert verdict(EMAIL_OR_SMS, traits) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [(0, "sent"), (3 * DAY - 1, "sent"), (3 * DAY, "cancelled"), (3 * DAY + 1, "cancelled")],
    ids=["new", "a microsecond younger", "exactly as old", "a microsecond older"],
)
def test_a_nudge_goes_only_while_its_event_is_younger_than_fresh_for(age: int, expected: str) -> None:
    """4: sent only if the event is younger than `fresh_for`."""
    assert verdict(IN_APP_STEP, {}, age)[0] == expected


def test_freshness_is_asked_before_consent() -> None:
    """5: the first gate that does not open gives the verdict."""
    assert verdict(EMAIL, {}, 4 * DAY)[:2] == ("cancelled", "stale")


def test_a_stale_outcome_is_recorded_all_the_same() -> None:
    """4: else the outcome is recorded and nobody is written to."""
    lived = Life(catalog(milestone(count(1), reached=[IN_APP_STEP])))
    lived.get(track("a", T0, arrived=T0 + 20 * DAY))
    assert [each.outcome for each in lived.outcomes] == ["reached"]
    assert [each.verdict for each in lived.nudges] == ["cancelled"]


def test_consent_is_that_of_the_whole_batch() -> None:
    """5: gates are asked when the nudge is about to go, when all traits of the batch are known."""
    lived = Life(catalog(milestone(count(1), reached=[EMAIL])))
    lived.get(track("a", T0), identify("who", T0 + HOUR, email_opt_in=True))
    assert [each.verdict for each in lived.nudges] == ["sent"]


def test_the_last_word_on_consent_wins() -> None:
    """1: a no that is newer than a yes closes the channel, in whatever order they arrive."""
    lived = Life(catalog(milestone(count(1), reached=[EMAIL])))
    lived.get(identify("no", T0 + 1, email_opt_in=False))
    lived.get(identify("yes", T0, email_opt_in=True))
    lived.get(track("a", T0 + 2))
    assert [each.verdict for each in lived.nudges] == ["suppressed"]


def test_every_step_has_a_verdict_of_its_own() -> None:
    """5: the verdict of each nudge is recorded: nothing is dropped without a record."""
    lived = Life(catalog(milestone(count(1), reached=[EMAIL, IN_APP_STEP])))
    lived.get(track("a", T0))
    assert [(each.step, each.channel, each.verdict) for each in lived.nudges] == [
        (0, "email", "suppressed"),
        (1, "in_app", "sent"),
    ]
