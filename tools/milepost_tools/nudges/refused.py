"""Why an operator's wish was not granted, in words."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from milepost.adapters.clock import worker_clock
from milepost.application.decisions import Recorded
from milepost.application.operate import NotDoneError, Why
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.gates import Closed
from milepost.domain.instant import format_instant
from milepost_tools.explain.known import Decision
from milepost_tools.explain.person import calendar_of
from milepost_tools.explain.reasons import why
from milepost_tools.explain.stored import look_up
from milepost_tools.explain.view import View
from milepost_tools.local.stack import Stack
from milepost_tools.problem import ProblemError

Words: TypeAlias = tuple[Callable[[NotDoneError], str], str]
"""What is wrong, and what to do about it."""


def problem_of(error: NotDoneError, stack: Stack, subject: Subject, catalog: Catalog) -> ProblemError:
    """What to tell the operator."""
    if error.closed is not None and error.recorded is not None:
        return _closed(error.closed, error.recorded, stack, subject, catalog)
    what, remedy = WORDS[error.why]
    return ProblemError(what(error), remedy)


def _closed(closed: Closed, first: Recorded, stack: Stack, subject: Subject, catalog: Catalog) -> ProblemError:
    known, seen = look_up(stack, subject, catalog), catalog.seen_by(subject)
    because: str = closed.reason
    if first.milestone in seen.milestones:
        view = View(known, seen, seen.milestones[first.milestone], calendar_of(known.progress, seen))
        because = why(view, _asked_now(closed, first))
    remedy = "Ask again then, or with --now." if closed.reason in _MAY_PASS else "Nothing was sent; mend that first."
    return ProblemError(f"It would be {closed.verdict} ({closed.reason}): {because}.", remedy)


def _asked_now(closed: Closed, first: Recorded) -> Decision:
    return Decision(
        id="",
        milestone=first.milestone,
        path=first.path,
        step=first.step,
        n=first.n,
        channel=first.channel,
        template=first.template,
        verdict=closed.verdict,
        reason=closed.reason,
        at=first.at,
        decided_at=worker_clock(),
        until=closed.until,
        pending=True,
    )


def _decided(error: NotDoneError) -> str:
    recorded = error.recorded
    if recorded is None:
        return "It was not decided."
    reason = f" ({recorded.reason})" if recorded.reason else ""
    return f"It was {recorded.verdict}{reason} at {format_instant(recorded.decided_at)}"


_MAY_PASS: Final = frozenset({"arbitration", "cap", "quiet_hours", "send_window", "unknown_zone"})
"""Reasons that --now does not ask for."""
WORDS: Final[Mapping[Why, Words]] = {
    "unknown": (
        lambda _: "The subject has no such nudge.",
        "Compare id and subject with 'milepost explain SUBJECT --json'.",
    ),
    "merged": (
        lambda _: "The subject has become another one.",
        "'milepost explain SUBJECT' says whom: name that one, and its nudge.",
    ),
    "newer_catalog": (
        lambda _: "A newer catalog than this has judged the subject.",
        "Name the one that is deployed with --catalog.",
    ),
    "not_waiting": (
        lambda error: f"{_decided(error)}: it does not wait any more.",
        "There is nothing to cancel.",
    ),
    "waits": (
        lambda _: "It is about to go, or to be recorded.",
        "Ask again in a minute, if it has not come by then.",
    ),
    "not_sent": (
        lambda error: f"{_decided(error)}: only what went out can be sent again.",
        "'milepost explain SUBJECT' says why it did not go.",
    ),
    "other_catalog": (
        lambda _: "By this catalog, that nudge would have another id.",
        "Name the catalog of the stack with --catalog.",
    ),
    "other_channel": (
        lambda _: "Its step does not have that channel.",
        "Name one of the step's channels; another one was never asked for consent.",
    ),
    "closed": (_decided, "Nothing was sent."),
    "busy": (
        lambda _: "Others kept writing the subject, or it could not be read.",
        "Nothing was done; try again.",
    ),
}
"""Every way in which it is not done."""
