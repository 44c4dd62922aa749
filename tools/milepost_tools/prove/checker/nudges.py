"""The laws of nudges: what may go, and why something did not.

Every step of every occurrence ends, in one final verdict and under one id. Nothing goes before its time or after it
has expired, in hours that are shut, without consent, beyond a cap, beside one of higher priority, in spite of a
suppression, or when what it was conditional on is untrue; nothing at all to those held out. And what did not go, or
waited, has a reason that holds. Judged is by the clock of whoever decided, which may be wrong by as much as the
evidence says; what was decided and went later must still not go long after it had to be asked about again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from milepost_tools.prove.checker import plan
from milepost_tools.prove.checker.evidence import Evidence
from milepost_tools.prove.checker.plan import MINUTE
from milepost_tools.prove.checker.reasons import REASONS
from milepost_tools.prove.checker.tales import FINAL, Story, Tale, Tell

_SENDING: Final = MINUTE
"""How long publish can take from when it looked at the clock."""


def nudges(evidence: Evidence) -> Iterator[str]:
    """Whatever contradicts these laws."""
    story = Story(evidence)
    for law in _OF_ALL:
        yield from law(story)
    for tale in story.tales.values():
        for tell in tale.tells:
            yield from _went(story, tale, tell)
            if not tale.step.operational and plan.is_held_out(tale.milestone, tale.subject):
                yield f"{tale} went though they are held out"
        if tale.end.verdict == "held_out":  # Recorded when it would have gone.
            yield from _went(story, tale, Tell(tale.end.decided, tale.end.channel, tale.end.decided))
        for record in tale.records:
            if record.verdict != "sent" and not REASONS[record.reason](story, tale, record):
                yield f"{tale} was {record.verdict}, {record.reason}, for no reason"


def _ends(story: Story) -> Iterator[str]:
    by_step = {(each.subject, each.milestone, each.path, each.n, each.at, each.number) for each in story.tales.values()}
    for (subject, milestone), outcomes in story.outcomes.items():
        for told in outcomes.values():
            for number in range(len(plan.STEPS.get((milestone, told.kind), ()))):
                if (subject, milestone, told.kind, told.n, told.at, number) not in by_step:
                    yield f"nobody has decided on step {number} of {milestone} {told.kind} #{told.n} of {subject}"
    for tale in story.tales.values():
        if any(each.verdict in FINAL for each in tale.records[:-1]):
            yield f"{tale} has had several final verdicts: {[each.verdict for each in tale.records]}"
        if tale.end.verdict not in FINAL and tale.end.until <= story.now:
            yield f"{tale} was to be asked about again, and was not"


def _one_id(story: Story) -> Iterator[str]:
    seen: dict[tuple[object, ...], str] = {}
    for each in story.tales.values():
        key = (each.subject, each.milestone, each.path, each.n, each.at, each.number)
        if seen.setdefault(key, each.id) != each.id:
            yield f"{each} is on record under two ids"


def _caps(story: Story) -> Iterator[str]:
    for subject, uses in story.uses.items():
        zone = story.zones.get(subject, "UTC")
        emails = sorted(use.at for use in uses if use.channel == "email" and not use.tale.step.operational)
        ends = zip(emails, emails[plan.EMAILS :], strict=False)
        if any(last - first < plan.ROLLING - story.skew for first, last in ends):
            yield f"{subject} was due more than {plan.EMAILS} emails in three hours"
        days: defaultdict[object, int] = defaultdict(int)
        for use in uses:
            if use.tale.is_minor:
                days[plan.wall(use.at, zone).date()] += 1
        for day, number in days.items():
            if number > plan.MINORS:
                yield f"{subject} was due {number} minor nudges on {day}"


def _arbitration(story: Story) -> Iterator[str]:
    for uses in story.uses.values():
        for use in uses:
            for other in uses:
                before = other.at == use.at or use.at - plan.WINDOW + story.skew < other.at < use.at - story.skew
                if before and other.tale.priority > use.tale.priority:
                    yield f"{use.tale} did not wait for {other.tale}"


def _adopted(story: Story) -> Iterator[str]:
    """What waited for somebody who became another waits for that other, unless they have been told of it."""
    theirs = {(each.subject, each.milestone, each.path, each.number, each.at) for each in story.tales.values()}
    for tale in story.tales.values():
        head = story.evidence.aliases.get(tale.subject)
        *_, before, end = tale.records if len(tale.records) > 1 else (tale.end, tale.end)
        waited = end.reason == "merged" and before.until > end.decided  # Not on its way, when it was cancelled.
        if not waited or head is None or (head, *_about(tale)) in theirs:
            continue
        own = story.outcomes.get((head, tale.milestone), {}).values()
        told = any(int(each.n) >= int(tale.n) for each in own if each.kind in (tale.path, "reached"))
        theirs_too = any(
            each.subject == head and (each.milestone, each.path, each.number, each.n) == _occasion(tale)
            for each in story.tales.values()
        )
        if not told and not theirs_too:
            yield f"{tale} was lost when {tale.subject} became {head}"


_OF_ALL: Final[Sequence[Callable[[Story], Iterator[str]]]] = (_ends, _one_id, _caps, _arbitration, _adopted)


def _about(tale: Tale) -> tuple[str, str, int, int]:
    return tale.milestone, tale.path, tale.number, tale.at


def _occasion(tale: Tale) -> tuple[str, str, int, str]:
    return tale.milestone, tale.path, tale.number, tale.n


def _went(story: Story, tale: Tale, tell: Tell) -> Iterator[str]:
    step, zone, decided = tale.step, tale.zone, tell.decided
    ends = tale.planned + step.lasts
    wrong = {
        "before its time": decided < tale.planned and tale.planned > tale.at,
        "after it had expired": decided >= ends,
        "at a time that is shut": plan.shut(step, decided, zone),
        "long after it had to be asked about again": tell.when
        > min(ends, plan.closes(step, decided, zone)) + story.skew + _SENDING,
        "by a channel that is not the step's": tell.channel not in step.channels,
        "without consent": tell.channel == "email" and story.knew(tale.subject, "withdrew", decided),
        "though they have a complaint": story.knew(tale.subject, "complained", decided),
        "right after what suppresses it": _noted(story, tale.subject, decided),
        "though they had reached it": tale.path == "missed"
        and story.knew(tale.subject, "onboarded", decided, ("reached",)),
        "though what it was to come before had come": step.unless is not None
        and story.knew(tale.subject, step.unless, decided),
        "in another variant": {each.variant for each in tale.records} != {plan.variant(tale.milestone, tale.subject)},
    }
    for what in (what for what, found in wrong.items() if found):
        yield f"{tale} went {what}"


def _noted(story: Story, subject: str, decided: int) -> bool:
    """Whether something that suppresses all nudges was surely known, and not long ago.

    The outcome of an event has the instant of the latest that was known by then. So once there are as many outcomes up
    to an instant as events, all of these events are known, and one of that instant with an outcome of that instant.
    """
    counted = story.outcomes.get((subject, "each"), {}).values()
    events = [each for each in story.sent.get(subject, ()) if each.name]
    for each in events:
        at = each.instant
        if each.name == "noted" and at is not None and 0 <= decided - at < plan.NOTED:
            before = sum((other.sent if other.instant is None else other.instant) <= at for other in events)
            known = sum(told.at <= at for told in counted) >= before
            since = [told.decided for told in counted if told.at == at]
            if known and since and all(then == decided or then + story.skew < decided for then in since):
                return True
    return False
