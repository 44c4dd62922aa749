"""What one event did to one subject: found by folding it once more, and comparing what was with what is."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from milepost.domain import deadline, judge
from milepost.domain.advance import Advance, advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Group, Identify, Message, Track
from milepost.domain.fold import Fold
from milepost.domain.instant import Instant
from milepost.domain.local import Local
from milepost.domain.merge import merge
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Progress, Standing
from milepost_tools.explain.known import Effect

WORDS: Final[Mapping[str, str]] = {
    "reached": "reached",
    "recovered": "recovered",
    "missed": "missed",
    "baseline": "baseline for",
    "retracted": "took an occurrence back of",
    "held": "met, but held while the subject does not take part:",
    "begun": "started the deadline of",
    "counted": "counted for",
    "kept": "kept until the deadline begins of",
    "too_early": "before the deadline began of",
    "too_late": "too late for",
    "no_change": "changed nothing for",
    "unusable": "lacks the property that matters to",
    "looked_past": "not what is asked for by",
    "over": "not looked at any more by",
}
"""What an event can do to a milestone, in the words that precede its name."""


class Folded(NamedTuple):
    """The subject afterwards, what the event did, and whether it was counted: a duplicate is not."""

    progress: Progress
    note: str | None
    effects: tuple[Effect, ...]
    counted: bool = True


def fold(progress: Progress, event: Message, catalog: Catalog, now: Instant) -> Folded:
    """Fold one event into a subject, by the clock of `now`, and say what it does."""
    advanced = advance(progress, [event], catalog, now)
    if advanced.tally.get("duplicate"):
        differs = ", though it says something else" if advanced.tally.get("conflicting_body") else ""
        return Folded(advanced.progress, f"a duplicate, counted before{differs}", (), counted=False)
    effects = tuple(_effects(progress, event, advanced, catalog, now))
    return Folded(advanced.progress, _note(progress, event, advanced, noticed=bool(effects)), effects)


def merged(user: Progress, other: Progress, catalog: Catalog, now: Instant) -> Folded:
    """Make the other one with the user, by the clock of `now`, and say what that does."""
    if user.subject == other.subject:
        return Folded(user, "an alias of who is this user already", (), counted=False)
    advanced = merge(user, other, catalog, now)
    told = tuple(Effect(each.outcome, each.milestone) for each in advanced.outcomes)
    added = [
        Effect("counted", name)
        for name, standing in advanced.progress.standings.items()
        if standing != user.standings.get(name) and name not in {each.milestone for each in told}
    ]
    return Folded(advanced.progress, f"{other.subject} became this user", (*told, *added))


def _effects(before: Progress, event: Message, advanced: Advance, catalog: Catalog, now: Instant) -> Iterator[Effect]:
    local = Fold(advanced.progress, catalog, now).local
    found = [(each.milestone, each.outcome) for each in advanced.outcomes]
    for milestone in catalog.seen_by(before.subject).roster(before.subject).milestones:
        told = [kind for name, kind in found if name == milestone.id]
        yield from (Effect(kind, milestone.id) for kind in told)
        was = before.standings.get(milestone.id, Standing(shape=milestone.shape))
        after = advanced.progress.standings.get(milestone.id, was)
        if not told and (did := _did(milestone, was, after, event, local)):
            yield Effect(did, milestone.id)


def _did(milestone: Milestone, was: Standing, after: Standing, event: Message, local: Local) -> str | None:
    if after.held is not None and after.held != was.held:
        return "held"
    if isinstance(event, Track):
        return _tracked(milestone, was, after, event, local) if milestone.concerned_by(event.name) else None
    if after == was:
        return None
    return "begun" if _anchor(milestone, after) != _anchor(milestone, was) else "counted"


def _tracked(milestone: Milestone, was: Standing, after: Standing, event: Track, local: Local) -> str:
    if judge.is_over(milestone, was):
        return "over"
    if _starts(milestone, event) and _anchor(milestone, after) == event.instant != _anchor(milestone, was):
        return "begun"
    if milestone.rule.observe(event, local) is None:
        return "unusable" if milestone.rule.unusable(event) else "looked_past"
    if milestone.within is None:
        return "no_change" if after.memo == was.memo else "counted"
    return _on_course(milestone, was, after, event.instant)


def _on_course(milestone: Milestone, was: Standing, after: Standing, instant: Instant) -> str:
    before, course = (deadline.course_of(milestone.rule, each.memo) for each in (was, after))
    ends = None if milestone.within is None else deadline.deadline_of(milestone.within, course)
    if course.anchor is None or ends is None:
        return "kept"
    if instant < course.anchor:
        return "too_early"
    if instant > ends:
        return "too_late"
    return "no_change" if course.inside == before.inside else "counted"


def _starts(milestone: Milestone, event: Track) -> bool:
    within = milestone.within
    return within is not None and within.start is not None and within.start.matches(event)


def _anchor(milestone: Milestone, standing: Standing) -> Instant | None:
    return None if milestone.within is None else deadline.course_of(milestone.rule, standing.memo).anchor


def _note(before: Progress, event: Message, advanced: Advance, *, noticed: bool) -> str | None:
    if isinstance(event, Identify):
        return _traits(before, event, advanced.progress)
    if isinstance(event, Group):
        return f"belongs to account {event.account} from here on"
    planned = "not in the tracking plan" if advanced.tally.get("unknown_event") else None
    return planned if noticed else f"no milestone looks at it{'; ' + planned if planned else ''}"


def _traits(before: Progress, event: Identify, after: Progress) -> str:
    written = [name for name in event.traits if after.traits.get(name) != before.traits.get(name)]
    left = [name for name in event.traits if name not in written]
    said = [f"sets {', '.join(sorted(written))}"] if written else []
    said += [f"leaves {', '.join(sorted(left))}: known from later, or too many traits"] if left else []
    return "; ".join(said) or "has no traits"
