"""Why a nudge got its verdict, in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, cast

from milepost.domain.catalog import ALWAYS
from milepost.domain.demand import Demand
from milepost.domain.fold import Fold
from milepost.domain.gates import Question
from milepost.domain.instant import format_duration
from milepost.domain.outbox import Reason
from milepost.domain.schedule import MOST_PENDING
from milepost_tools.explain.demands import demand_text
from milepost_tools.explain.known import Decision
from milepost_tools.explain.limits import (
    arbitration_text,
    cap_text,
    holdout_text,
    quiet_text,
    unknown_zone_text,
    window_text,
)
from milepost_tools.explain.moments import moment
from milepost_tools.explain.view import View
from milepost_tools.explain.wording import value_text
from milepost_tools.history.layout import elapsed

Words: TypeAlias = Callable[[View, Decision], str]


def why(view: View, decision: Decision) -> str:
    """The reason of a verdict; one that this release does not know stands as it is."""
    if decision.waits and decision.reason is None:
        until = "" if decision.not_after is None else f"; not after {view.at(decision.not_after)}"
        return f"waits in the outbox to be published{until}"
    if decision.reason is None:
        return f"published to the topic of {decision.channel}"
    words = REASONS.get(cast("Reason", decision.reason))
    said = decision.reason if words is None else words(view, decision)
    return f"{said}{_until(view, decision)}"


def _until(view: View, decision: Decision) -> str:
    """When it was, or is, to be asked about again."""
    if decision.until is None:
        return ""
    return f"; {'it waits' if decision.pending else 'it was to wait'} until {view.at(decision.until)}"


def _stale(view: View, decision: Decision) -> str:
    step = view.step(decision)
    if step is not None and step.lasting is not None:
        return f"it was not to go later than {format_duration(step.lasting)} after its time"
    if decision.attempt > 1:
        return "it could not be told in time after an operator sent it again"
    fresh = format_duration(view.milestone.fresh_for)
    age = elapsed(decision.decided_at - decision.at)
    return f"older than fresh_for {fresh}: it happened at {view.at(decision.at)}, {age} before this was decided"


def _no_consent(view: View, decision: Decision) -> str:
    return "; ".join(_consent(view, channel) for channel in _channels(view, decision))


def _channels(view: View, decision: Decision) -> Sequence[str]:
    step = view.step(decision)
    return (decision.channel,) if step is None else step.channels


def _consent(view: View, channel: str) -> str:
    needed = view.catalog.consent.get(channel)
    if needed is None:
        return f"the catalog names no consent for {channel}, so nobody is written to there"
    if needed == ALWAYS:
        return f"{channel} needs nobody's yes by this catalog; it did by the one that decided"
    trait = view.known.progress.traits.get(needed)
    if trait is None:
        return f"{channel} needs trait {needed} to be true, and it is unknown"
    since = moment(trait.instant, view.local)
    if trait.value is True:
        return f"{channel} needs trait {needed} to be true; it is now, since {since}, but was not known to be then"
    return f"{channel} needs trait {needed} to be true, and it is {value_text(trait.value)} since {since}"


def _channel_closed(view: View, decision: Decision) -> str:
    since = view.known.progress.closed.get(decision.channel)
    when = "" if since is None else f" at {view.at(since)}"
    needed = view.catalog.consent.get(decision.channel, ALWAYS)
    until = "it stays closed" if needed == ALWAYS else f"until trait {needed} is set to true by a later identify"
    return f"a bounce, a complaint or an unsubscribe{when} has closed {decision.channel}, {until}"


def _unless(view: View, decision: Decision) -> str:
    step = view.step(decision)
    asked = None if step is None else step.unless
    return f"it goes unless {_asked(asked)}, and that was so"


def _if(view: View, decision: Decision) -> str:
    step = view.step(decision)
    asked = None if step is None else step.when
    return f"it goes only if {_asked(asked)}, and that was not so"


def _asked(demand: Demand | None) -> str:
    return "something that this catalog does not ask any more" if demand is None else demand_text(demand)


def _audience(view: View, _: Decision) -> str:
    failing = "; ".join(view.failing)
    return f"the subject did not take part: {failing or 'it does now'}"


def _suppress(view: View, decision: Decision) -> str:
    """The rules that apply by what is known now; where none does, all that there are."""
    rules, step = view.catalog.guardrails.suppress, view.step(decision)
    if step is None or not rules:
        return "a suppression rule that this catalog does not have any more"
    addressee = Fold(view.known.progress, view.catalog, decision.decided_at).addressee
    at = decision.decided_at
    question = Question(view.catalog, view.milestone, step, addressee, at, at)
    holding = [demand_text(each) for each in rules if question.is_true(each)]
    if holding:
        return f"nobody is written to while {', or while '.join(holding)}"
    return f"a suppression rule applied then and does not now: {'; '.join(map(demand_text, rules))}"


def _merged(view: View, decision: Decision) -> str:
    if decision.verdict == "cancelled":
        return "the id it waited for turned out to be another subject, for whom it waits now if it is news to them"
    return f"it waited for another id, which turned out to be {view.known.subject}"


def _preview(view: View) -> str:
    return f"'milepost preview {view.milestone.id} --subject {view.known.subject}'"


REASONS: Final[Mapping[Reason, Words]] = {
    "stale": _stale,
    "unless": _unless,
    "if": _if,
    "audience": _audience,
    "no_consent": _no_consent,
    "channel_closed": _channel_closed,
    "no_address": lambda _, decision: f"nothing says where {decision.channel} reaches the subject",
    "suppress": _suppress,
    "arbitration": arbitration_text,
    "cap": cap_text,
    "quiet_hours": quiet_text,
    "send_window": window_text,
    "unknown_zone": unknown_zone_text,
    "holdout": holdout_text,
    "not_yet": lambda _, __: "its time had not come",
    "merged": _merged,
    "not_in_catalog": lambda _, __: "the catalog has no such step any more",
    "too_many_waiting": lambda view, _: (
        f"more than {MOST_PENDING} nudges waited for the subject, and its priority {view.milestone.priority} was the "
        "lowest, or it was the last of those that have it"
    ),
    "retracted": lambda _, __: "what it was about has been taken back since",
    "template_failed": lambda view, _: f"its template fails for them: {_preview(view)} says where",
    "too_large": lambda view, _: f"it is more than the 256 KB of a message: {_preview(view)} shows it",
    "reached_after_all": lambda _, __: "a late event showed that the milestone was reached in time after all",
    "erased": lambda _, __: "the subject was erased",
    "cancelled_by_operator": lambda _, __: "an operator called it back",
}
"""Every reason that the core gives."""
