"""Stored items decoded attribute by attribute, each with what it means: `milepost explain --raw`."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from boto3.dynamodb.types import TypeDeserializer

from milepost.adapters import keys
from milepost.adapters.codec import Attributes, Codec
from milepost.adapters.entries import decode_entries
from milepost.domain import deadline
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.instant import Instant, format_instant
from milepost.domain.ledger import Entry
from milepost.domain.progress import Progress, Standing, Trait
from milepost.domain.schedule import Pending
from milepost_tools.explain.item import decoded
from milepost_tools.explain.plain import Json, plain

Read: TypeAlias = Callable[[Progress, Catalog], Json]
"""An attribute's value, out of the progress that was decoded."""
_BINARY: Final = frozenset(
    {keys.TRAITS, keys.STANDINGS, keys.LEDGER, keys.COUNTED, keys.ZONE, keys.MEMBERSHIPS, keys.OUTBOX, keys.ORIGINS}
    | {keys.PENDING, keys.USED, keys.RECENT, keys.CLOSED, keys.TOTALS}
)
_READ: Final[Any] = TypeDeserializer()
_KEYS: Final = (keys.PARTITION, keys.SORT)
_UNKNOWN: Final = "no attribute of an aggregate that this release knows; left alone"


def raw_item(subject: Subject, item: Attributes, catalog: Catalog) -> Json:
    """An item, the aggregate or one beside it, with every attribute decoded and explained.

    Raises:
        ProblemError: see `decoded`.
    """
    sort = item.get(keys.SORT, {}).get("S", keys.AGGREGATE)
    if sort != keys.AGGREGATE:
        return {name: _beside(name, value) for name, value in item.items()}
    progress = decoded(subject, item, Codec.of(catalog))
    names = [*(name for name in _MEANINGS if name in item), *sorted(item.keys() - _MEANINGS.keys() - {*_KEYS})]
    return {
        **{name: item[name]["S"] for name in _KEYS if name in item},
        **{name: _attribute(name, item[name], progress, catalog) for name in names},
    }


def _attribute(name: str, value: Mapping[str, Any], progress: Progress, catalog: Catalog) -> Json:
    meaning, read = _MEANINGS.get(name, (_UNKNOWN, None))
    size = {"bytes": len(bytes(value["B"]))} if name in _BINARY else {}
    shown = plain(_as_stored(value)) if read is None else read(progress, catalog)
    return {"meaning": meaning, **size, "value": shown}


def _beside(name: str, value: Mapping[str, Any]) -> Json:
    """An attribute of a decision or of a segment; what is damaged is shown as it is."""
    if "B" not in value:
        return plain(_READ.deserialize(value))
    try:
        return _entries(decode_entries(value["B"])) if name == keys.LEDGER else _as_stored(value)
    except ValueError:
        return _as_stored(value)


def _as_stored(value: Mapping[str, Any]) -> Json:
    ((kind, content),) = value.items()
    if kind == "B":
        return bytes(content).hex()
    return plain(Decimal(content)) if kind == "N" else content


def _instant(instant: Instant | None) -> str | None:
    try:
        return None if instant is None else format_instant(instant)
    except OverflowError:
        return f"{instant}us"


def _trait(trait: Trait | None) -> Json:
    return None if trait is None else {"value": plain(trait.value), "since": _instant(trait.instant)}


def _standings(progress: Progress, catalog: Catalog) -> Json:
    return {name: _standing(name, standing, catalog) for name, standing in sorted(progress.standings.items())}


def _standing(name: str, standing: Standing, catalog: Catalog) -> Json:
    held = None if standing.held is None else [_instant(each) for each in standing.held]
    shown = {**standing._asdict(), "at": _instant(standing.at), "held": held, "memo": _memo(name, standing, catalog)}
    return {**shown, "shape": f"{standing.shape:07x}"}


def _memo(name: str, standing: Standing, catalog: Catalog) -> Json:
    """What the rule remembers: its own to understand. What the deadline around it does is named."""
    known = catalog.milestones.get(name)
    if known is None or known.within is None or known.shape != standing.shape or standing.memo is None:
        return plain(standing.memo)
    course = deadline.course_of(known.rule, standing.memo)
    loose = [[_instant(instant), plain(seen)] for instant, seen in course.loose]
    named = {**plain(course._asdict()), "anchor": _instant(course.anchor), "loose": loose}
    return {**named, "late": _instant(course.late)}


def _ledger(progress: Progress, _: Catalog) -> Json:
    return _entries(progress.ledger.entries)


def _entries(found: Mapping[int, Entry]) -> Json:
    entries = sorted(found.items(), key=lambda each: (each[1].instant, each[0]))
    return [{"instant": _instant(entry.instant), "hash": f"{key:016x}", "body": entry.body} for key, entry in entries]


def _outbox(progress: Progress, _: Catalog) -> Json:
    return [{"kind": type(each).__name__.lower(), **_dated(plain(each))} for each in progress.outbox]


def _dated(entry: Json) -> Json:
    instants = ("at", "ref", "decided_at", "not_after", "until", "planned", "due")
    return {name: _instant(each) if name in instants else each for name, each in entry.items()}


def _waits(pending: Pending) -> Json:
    return _dated({name: each for name, each in plain(pending._asdict()).items() if each is not None})


def _counted(progress: Progress, _: Catalog) -> Json:
    return {name.replace("\0", "#"): count for name, count in sorted(progress.counted.items())}


def _totals(progress: Progress, catalog: Catalog) -> Json:
    names = {total.key: name for name, total in catalog.totals.items()}
    return {names.get(key, f"#{key:08x}"): plain(kept._asdict()) for key, kept in sorted(progress.totals.items())}


def _memberships(progress: Progress, _: Catalog) -> Json:
    return [{"account": each.account, "since": _instant(each.instant)} for each in progress.memberships]


def _traits(progress: Progress, _: Catalog) -> Json:
    return {name: _trait(trait) for name, trait in sorted(progress.traits.items())}


def _origins(progress: Progress, _: Catalog) -> Json:
    return [{"subject": each.subject, "spilled": _instant(each.spilled)} for each in progress.ledger.elsewhere.origins]


_MEANINGS: Final[Mapping[str, tuple[str, Read | None]]] = {
    keys.VERSION: ("how often the item was written", None),
    keys.FORMAT: ("major version of the encoding", None),
    keys.CATALOG: (
        "version of the catalog by which the subject was last judged",
        lambda known, _: known.catalog_version,
    ),
    keys.DUE: ("when the clock may matter next", lambda known, _: _instant(known.due)),
    keys.DUE_SHARD: ("shard of the due index", None),
    keys.FORWARD: ("whom the subject has become: its progress is there", None),
    keys.TRAITS: ("traits, each since the event that set it", _traits),
    keys.ZONE: ("time zone of the last event that said one", lambda known, _: _trait(known.zone)),
    keys.MEMBERSHIPS: ("accounts, each since the user belongs to it", _memberships),
    keys.COUNTED: ("events of the tracking plan; # is the hash of a name that this catalog does not have", _counted),
    keys.STANDINGS: ("milestones; # is the hash of one that this catalog does not have; see Standing", _standings),
    keys.OUTBOX: ("decided, and not yet told and booked", _outbox),
    keys.PENDING: (
        "nudges that wait, each until it is due; known_as is where the standing is if this catalog lacks the milestone",
        lambda known, _: [_waits(each) for each in known.pending],
    ),
    keys.WAITING: ("milestones that these nudges are of", None),
    keys.USED: (
        "nudges sent or held out lately, as far as caps and arbitration look back",
        lambda known, _: [_dated(plain(each._asdict())) for each in known.used],
    ),
    keys.RECENT: (
        "instants of events that conditions look back at, by a hash of what they ask",
        lambda known, _: {f"{key:08x}": [_instant(each) for each in seen] for key, seen in known.recent.items()},
    ),
    keys.TOTALS: ("what nudges tell; # is the hash of what this catalog does not count", _totals),
    keys.LEDGER: ("events that count no second time: hash of the messageId, checksum of the body", _ledger),
    keys.SPILLED: (
        "newest event among those that count no second time and are in segments",
        lambda known, _: _instant(known.ledger.elsewhere.spilled),
    ),
    keys.CLOSED: (
        "channels that a bounce, a complaint or an unsubscribe has closed, each since when",
        lambda known, _: {channel: _instant(since) for channel, since in sorted(known.closed.items())},
    ),
    keys.ERASED: (
        "the subject was erased: whatever happened up to then is dropped when it comes",
        lambda known, _: _instant(known.erased),
    ),
    keys.EXPIRES: ("seconds since 1970 at which the tombstone, nothing else being left, may go", None),
    keys.ORIGINS: ("who has become this subject and has segments, each with the newest event in them", _origins),
}
"""Attributes in the order in which they are shown."""
