"""Why it was too much, or the wrong time: caps, arbitration, hours and holdout in words.

What was used up is read off the decisions themselves: they reach farther back than what the core remembers.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from milepost.domain.caps import Cap, Use
from milepost.domain.hours import BUSINESS_HOURS, Hours, Minute, SendWindow
from milepost.domain.instant import format_duration
from milepost_tools.explain.known import Decision
from milepost_tools.explain.view import View
from milepost_tools.local.text import counted

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOUR: Final = 60
_USES: Final = ("sent", "held_out")


def cap_text(view: View, decision: Decision) -> str:
    """Which cap, and what had used it up."""
    used = _used_before(view, decision)
    tried = _use(view, decision)
    for cap in view.catalog.guardrails.caps:
        counting = [each for each, use in used if cap.covers(use)]
        uses = (use for _, use in used)
        if cap.covers(tried) and cap.opens(uses, view.local, decision.decided_at) != decision.decided_at:
            return f"the cap of {_cap(cap)} was used up by {_told(view, _last(cap, counting))}"
    return "a cap was used up, which this catalog does not have any more, or what used it up is not recorded any more"


def arbitration_text(view: View, decision: Decision) -> str:
    """Which nudge of higher priority went just before."""
    rule, own = view.catalog.guardrails.arbitration, view.milestone.priority
    span = 0 if rule is None else rule.window
    higher = [
        each for each, use in _used_before(view, decision) if use.priority > own and decision.decided_at - use.at < span
    ]
    if not higher:
        return f"another nudge had a higher priority than {own}, and this catalog does not tell which"
    names = ", ".join(f"{view.catalog.milestones[each.milestone].priority} of {each.milestone}" for each in higher)
    return (
        f"its priority {own} is less than {names}: within {format_duration(span)} of {_told(view, higher)} "
        "nothing of lower priority goes"
    )


def quiet_text(view: View, _: Decision) -> str:
    """From when to when nobody is disturbed."""
    quiet = view.catalog.guardrails.quiet
    if quiet is None:
        return "quiet hours, of which this catalog has none any more"
    return f"quiet hours are {_hours(quiet)} in {view.local.zone.key}"


def window_text(view: View, decision: Decision) -> str:
    """On which days, and from when to when, it may go."""
    step = view.step(decision)
    window = (None if step is None else step.window) or view.catalog.guardrails.window
    parts = [_window(window)] if window is not None else []
    parts += [f"on {_days(step.days)}"] if step is not None and step.days else []
    allowed = " and ".join(parts) or "inside a window, which this catalog does not have any more"
    return f"it may go only {allowed}, in {view.local.zone.key}"


def unknown_zone_text(_view: View, _decision: Decision) -> str:
    """Whom nobody knows the time of the day of."""
    return f"neither the subject nor the catalog names a time zone: it may go only {_window(BUSINESS_HOURS)}, in UTC"


def holdout_text(view: View, _: Decision) -> str:
    """Of how many, and whose."""
    rule = view.milestone.holdout or view.catalog.guardrails.holdout
    if rule is None:
        return "the subject was in the holdout, and this catalog has none any more"
    whose = f"of {view.milestone.id}" if view.milestone.holdout is not None else "of the catalog"
    share = f"{float(rule.share):.2%}".replace(".00%", "%")
    return f"it would have gone: the subject is in the holdout {whose}, the {share} of subjects who are told nothing"


def _used_before(view: View, decision: Decision) -> Sequence[tuple[Decision, Use]]:
    """What was sent or held out up to then, in this order."""
    earlier = [each for each in view.known.decisions if each.verdict in _USES and each.id != decision.id]
    return [
        (each, _use(view, each))
        for each in sorted(earlier, key=lambda each: each.decided_at)
        if each.decided_at <= decision.decided_at and each.milestone in view.catalog.milestones
    ]


def _use(view: View, decision: Decision) -> Use:
    milestone = view.catalog.milestones[decision.milestone]
    return Use(decision.decided_at, milestone.priority, decision.channel, milestone.tier, milestone.stage)


def _last(cap: Cap, counting: Sequence[Decision]) -> Sequence[Decision]:
    return counting[-cap.at_most :]


def _told(view: View, decisions: Iterable[Decision]) -> str:
    return " and ".join(
        f"{each.milestone} by {each.channel}, {each.verdict.replace('_', ' ')} at {view.at(each.decided_at)}"
        for each in decisions
    )


def _cap(cap: Cap) -> str:
    of = [*sorted(cap.channels), *(f"tier {each}" for each in sorted(cap.tiers))]
    of += [f"stage {each}" for each in sorted(str(stage) for stage in cap.stages)]
    per = f"calendar {cap.per}" if isinstance(cap.per, str) else format_duration(cap.per)
    return f"{counted(cap.at_most, 'nudge')} per {per}{' for ' + ', '.join(of) if of else ''}"


def _window(window: SendWindow) -> str:
    return f"{_days(window.days)} {_hours(window.hours)}"


def _days(days: Iterable[int]) -> str:
    return ", ".join(_DAYS[day] for day in sorted(days))


def _hours(hours: Hours) -> str:
    return f"{_clock(hours.begins)} to {_clock(hours.ends)}"


def _clock(minute: Minute) -> str:
    return f"{minute // _HOUR:02d}:{minute % _HOUR:02d}"
