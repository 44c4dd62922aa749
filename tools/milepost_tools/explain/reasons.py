"""Why a nudge got its verdict, in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from milepost.domain.catalog import ALWAYS
from milepost.domain.instant import format_duration
from milepost_tools.explain.known import Decision
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
    words = REASONS.get(decision.reason)
    return decision.reason if words is None else words(view, decision)


def _stale(view: View, decision: Decision) -> str:
    fresh = format_duration(view.milestone.fresh_for)
    age = elapsed(decision.decided_at - decision.at)
    return f"older than fresh_for {fresh}: it happened at {view.at(decision.at)}, {age} before this was decided"


def _no_consent(view: View, decision: Decision) -> str:
    return "; ".join(_consent(view, channel) for channel in _channels(view, decision))


def _channels(view: View, decision: Decision) -> Sequence[str]:
    steps = next((each for path, each in view.milestone.steps.items() if path == decision.path), ())
    return steps[decision.step].channels if decision.step < len(steps) else (decision.channel,)


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


REASONS: Final[Mapping[str, Words]] = {
    "stale": _stale,
    "no_consent": _no_consent,
    "channel_closed": _channel_closed,
    "retracted": lambda _, __: "what it was about has been taken back since",
    "reached_after_all": lambda _, __: "a late event showed that the milestone was reached in time after all",
}
"""Every reason that the core gives."""
