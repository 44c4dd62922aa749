"""What only the whole of a catalog shows of its nudges: conditions on milestones, and hours that never come."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from milepost_tools.catalog.clock import DAYS, never_opens
from milepost_tools.catalog.problems import Place, Problem, quoted, suggestion

if TYPE_CHECKING:  # The language asks this module.
    from milepost_tools.catalog.language import Catalog, Milestone, Step


def astray(catalog: "Catalog") -> Iterator[tuple[Place, Problem]]:
    """Steps that ask for what there is not, or for a time that never comes."""
    if never_opens(catalog.quiet_hours, [catalog.send_window]):
        yield ("send_window",), Problem("lies inside the `quiet_hours`", "Leave an hour between them.")
        return
    for name, milestone in catalog.milestones.items():
        yield from _next(catalog, name, milestone)
        for key in ("on_reached", "on_missed", "on_recovered"):
            steps: list[Step] = getattr(milestone, key)
            for number, step in enumerate(steps):
                place: Place = ("milestones", name, key, number)
                yield from _unknown(catalog, milestone, step, place)
                yield from _never(catalog, step, place)


def _next(catalog: "Catalog", name: str, milestone: "Milestone") -> Iterator[tuple[Place, Problem]]:
    """A way to a milestone that there is not, or that another kind of subject goes."""
    if milestone.next is None:
        return
    other, where = catalog.milestones.get(milestone.next), ("milestones", name, "next")
    if other is None:
        remedy = suggestion(milestone.next, catalog.milestones, "Name one of this catalog.")
        yield where, Problem(f"{quoted(milestone.next)} is not a milestone of this catalog", remedy)
    elif other.subject != milestone.subject:
        what = f"{quoted(milestone.next)} is a milestone of another kind of subject"
        yield where, Problem(what, "Name one of the same kind.")


def _unknown(catalog: "Catalog", milestone: "Milestone", step: "Step", place: Place) -> Iterator[tuple[Place, Problem]]:
    """Conditions on milestones that there are not, or that are another kind of subject's."""
    for key, demand in (("if", step.wanted), ("unless", step.unless)):
        for kind in ("reached", "missed") if demand else ():
            asked = getattr(demand, kind)
            other = catalog.milestones.get(asked)
            where = (*place, key, kind)
            if asked is not None and other is None:
                remedy = suggestion(asked, catalog.milestones, "Name one of this catalog.")
                yield where, Problem(f"{quoted(asked)} is not a milestone of this catalog", remedy)
            elif other is not None and other.subject != milestone.subject:
                what = f"{quoted(asked)} is a milestone of another kind of subject"
                yield where, Problem(what, "Name one of the same kind.")
            elif other is not None and kind == "missed" and other.within is None:
                yield where, Problem(f"{quoted(asked)} has no deadline, so nobody misses it", "Name one that has.")


def _never(catalog: "Catalog", step: "Step", place: Place) -> Iterator[tuple[Place, Problem]]:
    quiet = None if step.kind else catalog.quiet_hours
    window = step.send_window or (None if step.kind else catalog.send_window)
    if never_opens(quiet, [window], step.days or DAYS):
        what = "has no minute of the week at which it could go"
        yield place, Problem(what, "Change its `days` or its `send_window`, or the catalog's hours.")
