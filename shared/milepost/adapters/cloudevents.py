"""What goes out: outcomes and nudges as CloudEvents 1.0 (semantics, section 6)."""

from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Final, cast

from milepost.application.ports import Outgoing
from milepost.domain.catalog import Catalog
from milepost.domain.instant import format_instant
from milepost.domain.milestone import Milestone
from milepost.domain.outbox import Nudge, Outcome

if TYPE_CHECKING:  # For a cold start they would be milliseconds of classes that nobody makes anything of.
    from milepost.adapters.contract.nudge import NudgeData, NudgeEvent
    from milepost.adapters.contract.outcome import OutcomeData, OutcomeEvent
    from milepost.adapters.contract.terms import Channel, Tier

NUDGE: Final = "milepost.nudge.v1"
OUTCOME: Final = "milepost.outcome.v1"


def cloud_event(outgoing: Outgoing, catalog: Catalog) -> str:
    """The message for one entry; the same entry with the same data gives the same message, whenever it is built."""
    entry = outgoing.entry
    event = _nudge_event(entry, catalog, outgoing.data) if isinstance(entry, Nudge) else _outcome_event(entry, catalog)
    text = dumps(event, ensure_ascii=False, separators=(",", ":"))
    # The only two characters beyond JSON's own that no queue carries: a subscriber's would never get the message.
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def attributes(entry: Outcome | Nudge, catalog: Catalog) -> Mapping[str, str]:
    """What subscribers filter by; an attribute that has no value is left out."""
    milestone = catalog.milestones.get(entry.milestone)
    path = entry.path if isinstance(entry, Nudge) else entry.outcome
    tier, stage = (milestone.tier, milestone.stage) if milestone else (None, None)
    found = {"milestone": entry.milestone, "path": path, "tier": tier, "stage": stage, "variant": entry.variant}
    return {name: value for name, value in found.items() if value}


def outcome_data(outcome: Outcome) -> "OutcomeData":
    """The outcome in the shape of semantics, section 7."""
    return {
        "subject": outcome.subject,
        "milestone": outcome.milestone,
        "outcome": outcome.outcome,
        "n": outcome.n,
        "at": format_instant(outcome.at),
        "ref": None if outcome.ref is None else format_instant(outcome.ref),
        "variant": outcome.variant,
        "catalog_version": outcome.catalog_version,
    }


def _outcome_event(outcome: Outcome, catalog: Catalog) -> "OutcomeEvent":
    return {
        "specversion": "1.0",
        "id": outcome.id,
        "source": f"/milepost/{catalog.name}",
        "type": OUTCOME,
        "subject": outcome.subject,
        "time": format_instant(outcome.decided_at),
        "datacontenttype": "application/json",
        "data": outcome_data(outcome),
    }


def _nudge_event(nudge: Nudge, catalog: Catalog, more: Mapping[str, object]) -> "NudgeEvent":
    data = {**_nudge_data(nudge, catalog.milestones.get(nudge.milestone)), **more}
    return {
        "specversion": "1.0",
        "id": nudge.id,
        "source": f"/milepost/{catalog.name}",
        "type": NUDGE,
        "subject": nudge.subject,
        "time": format_instant(nudge.decided_at),
        "datacontenttype": "application/json",
        "data": cast("NudgeData", data),
    }


def _nudge_data(nudge: Nudge, milestone: Milestone | None) -> "NudgeData":
    steps = () if milestone is None else milestone.steps[nudge.path]
    return {
        "subject": nudge.subject,
        "address": None,
        "milestone": nudge.milestone,
        "title": nudge.milestone if milestone is None else milestone.title,
        "stage": None if milestone is None else milestone.stage,
        "tier": None if milestone is None else cast("Tier", milestone.tier),
        "path": nudge.path,
        "step": nudge.step,
        "n": nudge.n,
        "attempt": nudge.attempt or 1,
        "at": format_instant(nudge.at),
        "channel": cast("Channel", nudge.channel),
        "operational": nudge.step < len(steps) and steps[nudge.step].operational,
        "template": nudge.template,
        "variant": nudge.variant,
        "catalog_version": nudge.catalog_version,
        "totals": {},
        "progress": None,
        "members": None,
        "reward": None,
        "call_to_action": None,
        "card": None,
        "content": None,
    }
