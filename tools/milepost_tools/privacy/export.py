"""All that is held of a person, under each id and by each integration that is asked, as JSON."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from milepost.adapters import keys
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost_tools.explain.plain import Json
from milepost_tools.explain.raw import raw_item
from milepost_tools.explain.stored import items_of
from milepost_tools.local.stack import Stack
from milepost_tools.privacy.integrations import Integration, is_nudge, shown
from milepost_tools.privacy.stored import erasing

_KINDS: Final = {
    keys.AGGREGATE: "aggregate",
    keys.DECISION: "decisions",
    keys.SEGMENT: "segments",
    keys.STRAGGLER: "late_events",
    keys.ALIAS: "aliases",
}
"""Where an item goes, by what its sort key begins with."""


def everything(stack: Stack, subject: Subject, catalog: Catalog, integrations: Sequence[Integration]) -> Json:
    """Each id of the person with what is stored under it; `held` is false where that is nothing but tombstones."""
    person = erasing(stack, catalog).person(subject)
    remembered = {each.name: each.items([one.subject for one in person]) for each in integrations}
    return {
        "subject": subject,
        "held": any(each.is_held or each.pieces for each in person)
        or any(is_nudge(item) for items in remembered.values() for item in items),
        "ids": [_under(stack, each.subject, catalog) for each in person],
        "integrations": {name: [shown(item) for item in items] for name, items in remembered.items()},
    }


def _under(stack: Stack, subject: Subject, catalog: Catalog) -> Json:
    found: defaultdict[str, list[Json]] = defaultdict(list)
    for item in items_of(stack, subject):
        found[_kind(item[keys.SORT]["S"])].append(raw_item(subject, item, catalog))
    return {"subject": subject, **{kind: found[kind] for kind in (*_KINDS.values(), "others") if kind in found}}


def _kind(sort: str) -> str:
    return _KINDS.get(sort) or next((kind for start, kind in _KINDS.items() if sort.startswith(start)), "others")
