"""Why a nudge did not go, or had to wait: for every reason that can be on record what has to be true for it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from milepost_tools.prove.checker import plan
from milepost_tools.prove.checker.tales import GOT_THERE, Record, Story, Tale


def _is_stale(_: Story, tale: Tale, record: Record) -> bool:
    return record.decided - tale.planned >= tale.step.lasts


def _is_early(_: Story, tale: Tale, record: Record) -> bool:
    return record.until == tale.planned > record.decided


def _is_shut(_: Story, tale: Tale, record: Record) -> bool:
    opens = plan.opens(tale.step, record.decided, tale.zone)
    return plan.shut(tale.step, record.decided, tale.zone) and record.until == opens


def _lacks_consent(story: Story, tale: Tale, record: Record) -> bool:
    agreed = story.knew(tale.subject, "agreed", record.decided)
    withdrew = any(each.decided <= record.decided + story.skew for each in story.happened(tale.subject, "withdrew"))
    return tale.step.channels == ("email",) and (withdrew or not agreed)


def _is_suppressed(story: Story, tale: Tale, record: Record) -> bool:
    whose = [each for who in story.same(tale.subject) for each in story.sent.get(who, ()) if each.name == "noted"]
    noted = any(each.instant is None or record.decided - each.instant < plan.NOTED for each in whose)
    return noted or _may_be_known(story, tale, "complained", record)


def _may_be_known(story: Story, tale: Tale, milestone: str | None, record: Record) -> bool:
    found = story.happened(tale.subject, milestone or "", GOT_THERE)
    return any(each.decided <= record.decided + story.skew for each in found)


def _loses(story: Story, tale: Tale, record: Record) -> bool:
    since = record.decided - plan.WINDOW
    others = (other for other in _others(story, tale) if other.priority > tale.priority)
    within = record.until <= record.decided + plan.WINDOW + story.skew
    return within and any(_used_since(story, other, since, record.decided) for other in others)


def _is_capped(story: Story, tale: Tale, record: Record) -> bool:
    if tale.step.operational:
        return False
    others, decided = list(_others(story, tale)), record.decided
    if record.verdict == "deferred":
        emails = (other for other in others if "email" in other.step.channels)
        used = sum(_used_since(story, each, decided - plan.ROLLING, decided) for each in emails)
        return used >= plan.EMAILS and record.channel == "email" and record.until <= decided + plan.ROLLING + story.skew
    then = plan.wall(decided, tale.zone)
    midnight = decided - ((then.hour * 60 + then.minute) * 60 + then.second) * 1_000_000 - then.microsecond
    used = sum(_used_since(story, each, midnight - 1, decided) for each in others if each.is_minor)
    return tale.is_minor and used >= plan.MINORS


def _others(story: Story, tale: Tale) -> Iterator[Tale]:
    same = story.same(tale.subject)
    return (each for each in story.tales.values() if each.subject in same and each.id != tale.id)


def _used_since(story: Story, other: Tale, since: int, decided: int) -> bool:
    """Whether it counted then, or may have: it was on its way, and is known to have been called back only later.

    What another had on its way who became this one counts on, for it may have gone.
    """
    end, until = other.end, decided + story.skew
    known = since if end.reason == "merged" else max(since, decided - story.skew - 1)
    if end.verdict in ("sent", "held_out") and since < end.decided <= until:
        return True
    return any(
        begins <= until and ends > known
        for begins, ends in other.in_flight()
        if (ends, end.verdict) != (end.decided, "held_out")
    )


def _is_drawn(_: Story, tale: Tale, record: Record) -> bool:
    return record.verdict == "held_out" and not tale.step.operational and plan.is_held_out(tale.milestone, tale.subject)


REASONS: Final[Mapping[str, Callable[[Story, Tale, Record], bool]]] = {
    "stale": _is_stale,
    "not_yet": _is_early,
    "quiet_hours": _is_shut,
    "send_window": _is_shut,
    "no_consent": _lacks_consent,
    "suppress": _is_suppressed,
    "arbitration": _loses,
    "cap": _is_capped,
    "unless": lambda story, tale, record: _may_be_known(story, tale, tale.step.unless, record),
    "reached_after_all": lambda story, tale, record: (
        tale.path != "reached" and _may_be_known(story, tale, tale.milestone, record)
    ),
    "holdout": _is_drawn,
    "merged": lambda story, tale, _: len(story.same(tale.subject)) > 1,
    "too_many_waiting": lambda story, tale, _: len(list(_others(story, tale))) >= 8,  # noqa: PLR2004  # May wait.
}
"""Every reason that can be on record here, and what has to be true for it."""
