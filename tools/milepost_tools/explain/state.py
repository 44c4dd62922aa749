"""The states in which a subject can be before a milestone, as a table: the first that applies is the state."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from milepost.domain.instant import Instant, format_duration
from milepost_tools.explain.view import View
from milepost_tools.explain.wording import number_text, start_text

if TYPE_CHECKING:
    from milepost.domain.milestone import Within


class State(NamedTuple):
    """A state: its name, when a subject is in it, and what that means."""

    name: str
    applies: Callable[[View], bool]
    says: Callable[[View], str]


def state_of(view: View) -> tuple[str, str]:
    """The name of the state, and what it means here."""
    state = next(each for each in STATES if each.applies(view))
    return state.name, state.says(view)


def so_far_text(view: View) -> str | None:
    """`7 of 10 events, 3 to go`."""
    if view.so_far is None:
        return None
    have, need, unit = view.so_far
    if unit == "value":
        return f"{', '.join(sorted(view.milestone.rule.traits))} has not taken the value"
    left = max(need - have, 0)
    recovery = " to be recovered" if view.standing.missed else ""
    return f"{number_text(have)} of {number_text(need)} {unit}, {number_text(left)} to go{recovery}"


def _reached(view: View) -> str:
    times = view.standing.occurrences
    often = (
        "" if times == 1 and not view.milestone.rule.repeats else f" {times:,} time{'' if times == 1 else 's'}, last"
    )
    taken = f"; {view.lacking:,} of them would not be any more: what counted was taken back" if view.lacking else ""
    return f"reached{often} at {_last(view)}{taken}"


def _baseline(view: View) -> str:
    return f"met before it was introduced or changed, and marked as baseline at {_last(view)}: nobody is told"


def _last(view: View) -> str:
    return "an unknown instant" if view.standing.at is None else str(view.at(view.standing.at))


def _held(view: View) -> str:
    at, _ = cast("tuple[Instant, Instant | None]", view.standing.held)
    return f"met at {view.at(at)}, and held: it counts once the subject takes part"


def _missed(view: View) -> str:
    if view.ends is None or view.milestone.within is None:
        return "missed under a deadline that has changed since"
    have, need, unit = view.milestone.rule.so_far(view.course.inside)
    span = format_duration(view.milestone.within.duration)
    return f"missed at {view.at(view.ends)}: {number_text(have)} of {number_text(need)} {unit} in the {span} before it"


def _recovered(view: View) -> str:
    late = "later" if view.course.late is None else f"at {view.at(view.course.late)}"
    return f"{_missed(view)}; recovered {late}"


def _overdue(view: View) -> bool:
    now, until = view.known.now, view.waits_until
    due = now is not None and until is not None and until + view.catalog.grace <= now
    return due and not (view.failing and view.milestone.within is not None)


def _decision_waits(view: View) -> str:
    until = view.at(cast("Instant", view.waits_until))
    return f"due since {until}, and not decided: that waits for the sweep, and for the event queue to be worked off"


def _outside(view: View) -> str:
    deadline = ", and no deadline is decided" if view.milestone.within is not None else ""
    return f"does not take part: it is counted, but nobody is told{deadline}, until the subject does"


STATES: Final = (
    State("held", lambda view: view.standing.held is not None, _held),
    State("baseline", lambda view: view.standing.occurrences > 0 and bool(view.standing.baseline), _baseline),
    State("reached", lambda view: view.standing.occurrences > 0, _reached),
    State("recovered", lambda view: bool(view.standing.recovered), _recovered),
    State("missed", lambda view: bool(view.standing.missed), _missed),
    State(
        "closed",
        lambda view: bool(view.standing.closed),
        lambda _: "never judged: it was introduced or changed after the subject may have begun on its deadline",
    ),
    State(
        "changed",
        lambda view: view.outdated,
        lambda _: "rule or deadline have changed since it was last judged: it is judged anew with what comes next",
    ),
    State("due", _overdue, _decision_waits),
    State("outside", lambda view: bool(view.failing), _outside),
    State(
        "not_begun",
        lambda view: view.milestone.within is not None and view.ends is None,
        lambda view: f"open: its deadline has not begun; {start_text(cast('Within', view.milestone.within))} starts it",
    ),
    State(
        "untouched",
        lambda view: view.standing.memo is None,
        lambda _: "open: nothing that it looks at has been seen yet",
    ),
    State("open", lambda _: True, lambda _: "open: not reached yet"),
)
"""Every state. The last applies to whoever is in no other."""
