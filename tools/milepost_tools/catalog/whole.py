"""What only the whole of a catalog shows: parts that are each in order, and do not go together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pydantic.config import JsonDict

from milepost.adapters.names import event_key, milestone_key
from milepost.domain.rules.distinct import USER
from milepost_tools.catalog.budget import over_budget
from milepost_tools.catalog.matching import ANY_EVENT
from milepost_tools.catalog.nudging import astray
from milepost_tools.catalog.problems import Place, Problem, quoted, suggestion
from milepost_tools.catalog.walk import rules_of

if TYPE_CHECKING:  # The language asks this module.
    from milepost_tools.catalog.language import Catalog, Event, Milestone
    from milepost_tools.catalog.rules import Reach

RETRACTABLE: Final = ("count", "sum")
_CLOCKED: Final = ("silence", "drop", "date")
FIT_FOR_DEADLINE: Final[JsonDict] = {
    "not": {"anyOf": [{"required": [kind]} for kind in _CLOCKED]},
    "properties": {kind: {"properties": {"repeat": {"const": False}}} for kind in ("count", "sum", "streak")},
}
"""`unfit_for_deadline` for the JSON Schema, as far as it can tell: of the outermost rule."""


def unfit_for_deadline(reach: "Reach") -> Iterator[str]:
    """What of a rule does not go together with a deadline (semantics, section 2)."""
    if reach.rule.repeat and reach.kind not in _CLOCKED:
        yield "repeat"
    yield from (held.kind for held in rules_of(reach) if held.kind in _CLOCKED)


def retracting(event: str | list[str], events: "Mapping[str, Event | None]") -> list[str]:
    """The events that take back events of these names."""
    names = events if event == ANY_EVENT else event
    planned = (events.get(name) for name in names)
    return sorted({each.retracted_by for each in planned if each is not None and each.retracted_by is not None})


def askew(catalog: "Catalog") -> Iterator[tuple[Place, Problem]]:
    """Everything that is wrong between the parts of a catalog, and where."""
    for name, milestone in catalog.milestones.items():
        place: Place = ("milestones", name)
        yield from _start(catalog, name, milestone, place)
        yield from _retracted(catalog, milestone, place)
        yield from _users(milestone, place)
    yield from _untellable(catalog)
    yield from _taking_itself_back(catalog.events or {})
    yield from _alike(catalog.milestones, milestone_key, "milestones")
    yield from _alike(catalog.events or (), event_key, "events")
    yield from astray(catalog)
    yield from over_budget(catalog)


def _start(catalog: "Catalog", name: str, milestone: "Milestone", place: Place) -> Iterator[tuple[Place, Problem]]:
    start = milestone.within.start.milestone if milestone.within else None
    if start is None:
        return
    where = (*place, "within", "from", "milestone")
    other = catalog.milestones.get(start)
    if other is None:
        remedy = suggestion(start, catalog.milestones, "Name one of this catalog.")
        yield where, Problem(f"{quoted(start)} is not a milestone of this catalog", remedy)
    elif other.subject != milestone.subject:
        yield where, Problem(f"{quoted(start)} is a milestone of another kind of subject", "Name one of the same kind.")
    elif name in _before(catalog, name):
        yield where, Problem("waits for itself in the end", "Let one of them start with an event.")


def _before(catalog: "Catalog", name: str) -> Iterator[str]:
    """The milestones that must be reached before this one's deadline starts, up to the first that comes twice."""
    seen: set[str] = set()
    following: str | None = name
    while following is not None and following not in seen:
        seen.add(following)
        milestone = catalog.milestones.get(following)
        following = milestone.within.start.milestone if milestone is not None and milestone.within else None
        if following is not None:
            yield following


def _retracted(catalog: "Catalog", milestone: "Milestone", place: Place) -> Iterator[tuple[Place, Problem]]:
    """What `retracted_by` takes back, where nothing can be taken back (semantics, 3.10)."""
    for held in rules_of(milestone.reach, (*place, "reach")):
        options = held.compiled
        countable = held.kind in RETRACTABLE and not options.get("in")
        if "event" in options and not countable and retracting(options["event"], catalog.events or {}):
            what = "looks at an event that can be retracted, which only `count` and `sum` without `in` can take back"
            yield held.place, Problem(what, "Look at another event, or leave out its `retracted_by`.")


def _untellable(catalog: "Catalog") -> Iterator[tuple[Place, Problem]]:
    """Totals of what can be taken back, which dates cannot be."""
    for name, total in catalog.totals.items():
        if total.days is not None and retracting(total.compiled()["event"], catalog.events or {}):
            what = "looks at an event that can be retracted, which only `count` and `sum` can take back"
            yield ("totals", name, "days"), Problem(what, "Look at another event, or leave out its `retracted_by`.")


def _taking_itself_back(events: "Mapping[str, Event | None]") -> Iterator[tuple[Place, Problem]]:
    for name, event in events.items():
        if event is not None and event.retracted_by == name:
            what = "is taken back by itself, and so would never count"
            yield ("events", name, "retracted_by"), Problem(what, "Name the event that says it did not hold.")


def _users(milestone: "Milestone", place: Place) -> Iterator[tuple[Place, Problem]]:
    for held in rules_of(milestone.reach, (*place, "reach")):
        if milestone.subject == "user" and held.kind == "distinct" and held.compiled["of"] == USER:
            what = "counts the users of an account, and this milestone is a user's"
            yield (*held.place, "of"), Problem(what, "Add `subject: account`, or count another property.")


def _alike(names: Iterable[str], key: Callable[[str], int], where: str) -> Iterator[tuple[Place, Problem]]:
    """Two names that would share a place in a stored item: a matter of luck, and of one in millions."""
    places: dict[int, str] = {}
    for name in names:
        first = places.setdefault(key(name), name)
        if first != name:
            yield (where, name), Problem(f"has the same hash as {quoted(first)}", "Give one of them another name.")
