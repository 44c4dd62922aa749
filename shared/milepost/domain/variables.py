"""The variables of a template: what a nudge is about and what is known of its subject, under the names of the language.

What there is nothing of is left out, so that a template that needs it fails instead of saying nothing.
"""

from collections.abc import Mapping
from decimal import Decimal

from milepost.domain.catalog import Catalog
from milepost.domain.fold import Fold
from milepost.domain.instant import Instant, to_datetime
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress

MILESTONE_KEYS = ("title", "stage", "tier")
"""Facts that a template calls `milestone.title` and so on."""
FACT_KEYS = ("totals", "progress", "members", "reward", "call_to_action", "card")
"""Facts that a template calls by their own names."""


def variables_of(nudge: Nudge, progress: Progress, catalog: Catalog, facts: Mapping[str, object]) -> dict[str, object]:
    """The variables for one nudge; `facts` are the keys of `data` that are known of it."""
    kind, _, id_ = nudge.subject.partition(":")
    variables = {
        "subject": {"id": id_, "kind": kind},
        "traits": {name: trait.value for name, trait in progress.traits.items()},
        "milestone": {"id": nudge.milestone, **{key: facts[key] for key in MILESTONE_KEYS}},
        "path": nudge.path,
        "n": nudge.n,
        "at": _local_time(progress, catalog, nudge.at),
        "variant": nudge.variant,
        **{key: facts[key] for key in FACT_KEYS},
    }
    return {name: as_plain(value) for name, value in variables.items() if value is not None}


def as_plain(value: object) -> object:
    """A value as JSON has it: whole numbers as such, others as the nearest double; an object without empty keys."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: as_plain(each) for key, each in value.items() if each is not None}
    return [as_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _local_time(progress: Progress, catalog: Catalog, instant: Instant) -> str:
    """The instant by the subject's clock, with its offset."""
    return to_datetime(instant).astimezone(Fold(progress, catalog, instant).local.zone).isoformat()
