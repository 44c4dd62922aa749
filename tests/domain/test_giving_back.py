"""What a nudge has used up is given back if it could not go."""

from dataclasses import replace

from milepost.domain.advance import acknowledge, advance
from milepost.domain.caps import Cap, Use
from milepost.domain.catalog import Catalog
from milepost.domain.guardrails import Guardrails
from milepost.domain.instant import DAY
from milepost.domain.milestone import Step
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from tests.domain.build import IN_APP, SUBJECT, T0, catalog, count, milestone, track

ONE_A_WEEK = Guardrails(caps=(Cap(1, 7 * DAY, defers=False, channels=frozenset({"in_app"})),))
EVERY = replace(catalog(milestone(count(1, repeats=True), reached=[IN_APP])), guardrails=ONE_A_WEEK)


def nudged(used: Catalog = EVERY) -> tuple[Progress, list[Nudge]]:
    """Somebody after an event, and the nudges that wait for publish."""
    progress = advance(Progress(SUBJECT), [track("a", T0)], used, T0).progress
    return progress, [each for each in progress.outbox if isinstance(each, Nudge)]


def verdicts(progress: Progress) -> list[str]:
    """What becomes of the next one, a day later."""
    return [each.verdict for each in advance(progress, [track("b", T0 + DAY)], EVERY, T0 + DAY).nudges]


def test_what_could_not_go_leaves_room_for_the_next() -> None:
    """Under a cap of one a week; what did go leaves none."""
    progress, [nudge] = nudged()
    booked = frozenset({nudge.id})
    assert verdicts(acknowledge(progress, booked, EVERY, T0, told=booked)) == ["suppressed"]
    assert verdicts(acknowledge(progress, booked, EVERY, T0, unsent=booked)) == ["sent"]


def test_what_could_not_go_is_out_of_the_outbox() -> None:
    """It is final: nothing is tried again."""
    progress, [nudge] = nudged()
    after = acknowledge(progress, frozenset({nudge.id}), EVERY, T0, unsent=frozenset({nudge.id}))
    assert nudge not in after.outbox
    assert after.used == ()


def test_of_two_at_an_instant_each_gives_back_its_own() -> None:
    """Of another tier: caps count by it."""
    majors = Guardrails(caps=(Cap(9, 7 * DAY, defers=False),))
    minor = milestone(count(1), name="minor", reached=[IN_APP])
    major = replace(milestone(count(1), name="major", reached=[Step(("in_app",), "t")]), tier="major")
    both = replace(catalog(minor, major), guardrails=majors)
    progress, nudges = nudged(both)
    assert sorted(each.tier for each in progress.used) == ["major", "minor"]
    for nudge in nudges:
        after = acknowledge(progress, frozenset({nudge.id}), both, T0, unsent=frozenset({nudge.id}))
        assert [each.tier for each in after.used] == [{"minor": "major", "major": "minor"}[nudge.milestone]]


def test_what_was_used_up_under_another_catalog_is_given_back_too() -> None:
    """By its time and channel, where no use is quite what the milestone would use up today."""
    progress, [nudge] = nudged()
    was = progress._replace(used=(Use(T0, 99, "email", "minor", None), Use(T0, 99, "in_app", "major", "old")))
    after = acknowledge(was, frozenset({nudge.id}), EVERY, T0, unsent=frozenset({nudge.id}))
    assert [each.channel for each in after.used] == ["email"]
