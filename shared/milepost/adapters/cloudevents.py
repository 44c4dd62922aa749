"""What goes out: outcomes and nudges as CloudEvents 1.0 (semantics, section 6)."""

from collections.abc import Mapping
from json import dumps
from typing import Final

from milepost.domain.catalog import Catalog
from milepost.domain.instant import format_instant
from milepost.domain.outbox import Nudge, Outcome

NUDGE: Final = "milepost.nudge.v1"
OUTCOME: Final = "milepost.outcome.v1"


def cloud_event(entry: Outcome | Nudge, catalog: Catalog) -> str:
    """The message for one entry; the same entry gives the same message, whenever it is built."""
    nudge = isinstance(entry, Nudge)
    data = _nudge_data(entry, catalog) if isinstance(entry, Nudge) else outcome_data(entry)
    event = {
        "specversion": "1.0",
        "id": entry.id,
        "source": f"/milepost/{catalog.name}",
        "type": NUDGE if nudge else OUTCOME,
        "subject": entry.subject,
        "time": format_instant(entry.decided_at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return dumps(event, ensure_ascii=False, separators=(",", ":"))


def attributes(entry: Outcome | Nudge, catalog: Catalog) -> Mapping[str, str]:
    """What subscribers filter by; an attribute that has no value is left out."""
    milestone = catalog.milestones.get(entry.milestone)
    path = entry.path if isinstance(entry, Nudge) else entry.outcome
    tier, stage = (milestone.tier, milestone.stage) if milestone else (None, None)
    found = {"milestone": entry.milestone, "path": path, "tier": tier, "stage": stage, "variant": entry.variant}
    return {name: value for name, value in found.items() if value}


def outcome_data(outcome: Outcome) -> Mapping[str, object]:
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


def _nudge_data(nudge: Nudge, catalog: Catalog) -> Mapping[str, object]:
    milestone = catalog.milestones.get(nudge.milestone)
    return {
        "subject": nudge.subject,
        "milestone": nudge.milestone,
        "title": nudge.milestone if milestone is None else milestone.title,
        "path": nudge.path,
        "step": nudge.step,
        "n": nudge.n,
        "attempt": nudge.attempt or 1,
        "at": format_instant(nudge.at),
        "channel": nudge.channel,
        "template": nudge.template,
        "variant": nudge.variant,
        "catalog_version": nudge.catalog_version,
    }
