"""Advice on what is said to whom: too much of it, too little, and on which channels."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from milepost.domain.instant import DAY, Duration, parse_duration
from milepost_tools.catalog.advice.climb import FEW_EVENTS, within_the_first_week
from milepost_tools.catalog.advice.kind import Advice
from milepost_tools.catalog.guardrails import Cap
from milepost_tools.catalog.language import Catalog, Milestone, Step
from milepost_tools.catalog.problems import Place, quoted
from milepost_tools.catalog.rules.count import Count

MOST_MINOR: Final = 5
"""About one a working day."""
_PERIODS: Final = {"day": DAY, "week": 7 * DAY}


def crowded(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """More minor nudges on one channel in a new user's first week than anybody wants to read."""
    told = Counter[str]()
    for name, milestone in catalog.milestones.items():
        if milestone.tier == "minor" and milestone.subject == "user" and within_the_first_week(milestone):
            for channel in sorted({step.channels[0] for step in milestone.on_reached}):
                before, told[channel] = told[channel], told[channel] + _times(milestone)
                if before <= MOST_MINOR < told[channel]:
                    what = f"it makes more than {MOST_MINOR} minor nudges that one week can bring by {channel}"
                    why = f"{FEW_EVENTS} events of each kind are enough, and who is told too much stops reading"
                    yield (
                        ("milestones", name, "on_reached"),
                        Advice(what, why, "Leave some untold, or repeat them less often."),
                    )


def _times(milestone: Milestone) -> int:
    """How often it can be reached with a few events."""
    rule = milestone.reach.rule
    return FEW_EVENTS // rule.at_least if isinstance(rule, Count) and rule.repeat else 1


def silent_about_a_miss(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """A deadline that says something to those who make it only."""
    for name, milestone in catalog.milestones.items():
        if milestone.within and _steps(milestone) and not milestone.on_missed:
            why = "those who need a hand are the ones who miss it"
            remedy = "Add `on_missed`, or leave out `within`."
            yield ("milestones", name, "within"), Advice("whoever misses the deadline is told nothing", why, remedy)


def silent(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """Milestones that tell nobody and start nothing, in one line where that goes for all of them."""
    if not any(_steps(each) for each in catalog.milestones.values()):
        if catalog.milestones:
            yield ("milestones",), _told_to_nobody("none of them tells anybody")
        return
    for name, milestone in catalog.milestones.items():
        if not _steps(milestone) and name not in _starting(catalog):
            yield ("milestones", name), _told_to_nobody("it tells nobody, and no deadline starts with it")


def _told_to_nobody(what: str) -> Advice:
    why = "its outcome goes to the topic `outcomes` and to nobody else"
    return Advice(what, why, "Add `on_reached`, if a person is to hear of it.")


def unused_channel(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """A channel that people are asked for, and that no step uses."""
    steps = [step for milestone in catalog.milestones.values() for step in _steps(milestone)]
    used = {channel for step in steps for channel in step.channels}
    for channel in catalog.consent if steps else ():
        if channel not in used:
            why = "what is said of its consent has no effect"
            remedy = "Use it, or leave it out."
            yield ("consent", channel), Advice(f"no step uses the channel {quoted(channel)}", why, remedy)


def outlasted(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """A cap that lets nudges wait for longer than they are fresh."""
    for number, cap in enumerate(catalog.caps):
        period = _PERIODS[cap.per] if cap.per in _PERIODS else parse_duration(cap.per)
        if cap.otherwise == "defer" and any(each <= period for each in _freshness(catalog, cap)):
            why = "they wait until it opens, are stale by then, and are cancelled"
            remedy = (
                "Raise their `fresh_for` or `expires`, shorten `per`, or write `else: suppress`, which says so at once."
            )
            yield ("caps", number, "per"), Advice("nudges that it holds back can be past their time", why, remedy)


def _freshness(catalog: Catalog, cap: Cap) -> Iterator[Duration]:
    """For how long each step that the cap holds back may go."""
    for milestone in catalog.milestones.values():
        for step in _steps(milestone):
            if step.kind is None and cap.covers(milestone.tier, milestone.stage, step.channels):
                yield parse_duration(step.expires or milestone.fresh_for)


def _starting(catalog: Catalog) -> set[str | None]:
    """The milestones that a deadline starts with."""
    return {each.within.start.milestone for each in catalog.milestones.values() if each.within}


def _steps(milestone: Milestone) -> list[Step]:
    return [*milestone.on_reached, *milestone.on_missed, *milestone.on_recovered]
