"""Advice on what costs without doing anything: events that nobody looks at, and clocks that ring too often."""

from collections.abc import Iterator
from typing import Final

from milepost.domain.instant import DAY
from milepost.domain.local import parse_calendar
from milepost_tools.catalog.advice.kind import Advice
from milepost_tools.catalog.language import Catalog
from milepost_tools.catalog.matching import ANY_EVENT, Matcher
from milepost_tools.catalog.problems import Place, quoted
from milepost_tools.catalog.rules.date import Date
from milepost_tools.catalog.walk import rules_of

NAMED: Final = 3
"""So many events are named, and the others counted."""


def unused_event(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """Events of the tracking plan that no milestone looks at, all in one line."""
    used = {name for name in _used(catalog) if name}
    unused = [] if ANY_EVENT in used else [name for name in catalog.events or () if name not in used]
    if not unused:
        return
    others = f" and {len(unused) - NAMED} more" if len(unused) > NAMED else ""
    what = f"no milestone and no total looks at {', '.join(map(quoted, unused[:NAMED]))}{others}"
    why = "every event that is sent is counted and costs a write"
    remedy = "Leave out what nobody will ask for; keep what a milestone to come shall know of."
    yield ("events", unused[0]), Advice(what, why, remedy)


def _used(catalog: Catalog) -> Iterator[str]:
    """Names that a rule, a deadline, a total or a retraction looks at; `*` where one looks at any event."""
    for name, milestone in catalog.milestones.items():
        yield from milestone.names
        for held in rules_of(milestone.reach, ("milestones", name, "reach")):
            if isinstance(held.rule, Matcher) and held.rule.event == ANY_EVENT:
                yield ANY_EVENT
        if milestone.within and milestone.within.start.event == ANY_EVENT:
            yield ANY_EVENT
    for total in catalog.totals.values():
        yield from [ANY_EVENT] if total.looks_at_any else total.names
    yield from (event.retracted_by for event in (catalog.events or {}).values() if event and event.retracted_by)


def costly_date(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """A date that comes round more than once a day, for every subject and for ever."""
    for name, milestone in catalog.milestones.items():
        for held in rules_of(milestone.reach, ("milestones", name, "reach")):
            if isinstance(held.rule, Date) and held.rule.repeat and held.rule.after is not None:
                span = parse_calendar(held.rule.after)
                if not span.months and not span.days and span.elapsed < DAY:
                    why = "each time is a read and a write for every subject there ever was"
                    remedy = "Write `after: 1d` or more, or leave out `every`."
                    yield (*held.place, "every"), Advice(f"it comes round every {held.rule.after}", why, remedy)
