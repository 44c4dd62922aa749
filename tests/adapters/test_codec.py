from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from json import loads
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from milepost.adapters import keys
from milepost.adapters.codec import (
    FORMAT,
    OPTIONAL,
    USUAL,
    Attributes,
    Codec,
    NewerFormatError,
    UnreadableItemError,
)
from milepost.adapters.names import MILESTONE_BYTES, milestone_key
from milepost.adapters.pack import pack, write_row
from milepost.adapters.unpack import read_row
from milepost.domain.advance import advance
from milepost.domain.caps import Use
from milepost.domain.instant import DAY, HOUR, SECOND
from milepost.domain.ledger import REDELIVERY, Entry, Ledger
from milepost.domain.outbox import Joined, Nudge, Outcome, Parted, stable_id
from milepost.domain.progress import Progress, Standing, Trait
from milepost.domain.schedule import Pending
from milepost.domain.totals import Kept
from milepost_tools.bench.core import CATALOG as BENCH_CATALOG
from milepost_tools.bench.workload import events
from milepost_tools.catalog import load_catalog
from milepost_tools.engine.capacity import bytes_as_billed
from tests.adapters.examples import CATALOG, GOLDEN, NOW, NUDGE, SUBJECT, catalog, nudge, progress
from tests.adapters.strategies import progresses, totals

CODEC = Codec.of(CATALOG)
CLOSED = {"email": NOW - HOUR, "in_app": -1}
ERASED = {
    "tombstone": Progress(SUBJECT, erased=NOW),
    "erased": progress(SUBJECT)._replace(erased=NOW - DAY, outbox=(Joined(NOW),), due=NOW + HOUR, closed=CLOSED),
}
"""What the other golden items hold."""
GOLDEN_FILE = Path(__file__).parent / "golden" / "aggregate.json"


@given(progresses("first", "second"))
def test_any_progress_comes_back_as_it_was(progress: Progress) -> None:
    """Outbox entries of every kind, exact decimals, instants before 1970 and unknown milestones included."""
    present, _ = CODEC.encode(progress)
    assert CODEC.decode(progress.subject, present) == progress


@given(totals)
def test_any_totals_come_back_as_they_were(kept: Mapping[int, Kept]) -> None:
    """Numbers, exact sums and dates, whether the catalog knows what they are of or not."""
    present, _ = CODEC.encode(GOLDEN._replace(totals=kept))
    assert CODEC.decode(SUBJECT, present).totals == kept


@given(progresses("first"))
def test_every_attribute_that_may_be_absent_is_set_or_removed(progress: Progress) -> None:
    """Never both and never neither, or an update would leave what an earlier one wrote."""
    present, absent = CODEC.encode(progress)
    assert absent == OPTIONAL - present.keys()
    assert (keys.OUTBOX in present) is bool(progress.outbox)
    assert (keys.DUE in present) is (keys.DUE_SHARD in present) is (progress.due is not None)


@given(progresses("first", "second"))
def test_what_one_catalog_does_not_know_survives_its_write(progress: Progress) -> None:
    """A catalog that has lost all its milestones reads, writes, and the one that has them reads again."""
    ignorant = Codec.of(catalog("other"))
    present, _ = CODEC.encode(progress)
    decoded = ignorant.decode(progress.subject, present)
    assert all(name.startswith("#") for name in decoded.standings)
    assert ignorant.encode(decoded) == CODEC.encode(progress)


def test_an_item_of_a_newer_major_version_is_not_read() -> None:
    """Nothing of it may be believed, so nothing of it may be overwritten."""
    present, _ = CODEC.encode(GOLDEN)
    newer = {**present, keys.FORMAT: {"N": str(FORMAT + 1)}}
    with pytest.raises(NewerFormatError):
        CODEC.decode(GOLDEN.subject, newer)


def test_attributes_of_a_newer_release_are_looked_past() -> None:
    """A release may add attributes without raising the major version."""
    present, _ = CODEC.encode(GOLDEN)
    assert CODEC.decode(GOLDEN.subject, {**present, "zz": {"S": "later"}}) == GOLDEN


def test_a_milestone_that_is_not_known_is_named_by_its_hash() -> None:
    """And its name leads back to the same place."""
    key = milestone_key("first")
    assert milestone_key(f"#{key:08x}") == key
    assert 0 <= key < 2**32


def test_what_waits_has_the_name_of_its_milestone_by_any_catalog() -> None:
    """One that does not know it finds it in the item, and its standing where it has all that it does not know."""
    present, _ = CODEC.encode(GOLDEN)
    known, unknown = Codec.of(catalog("other")).decode(SUBJECT, present).pending
    assert (known.milestone, known.standing) == ("second", f"#{milestone_key('second'):08x}")
    assert (unknown.milestone, unknown.standing) == ("#00000003", "#00000003")
    assert [each.known_as for each in CODEC.decode(SUBJECT, present).pending] == [None, None]


def test_an_item_of_a_release_that_kept_no_names_of_what_waits_is_read_as_it_was() -> None:
    """By a catalog that has the milestone nothing is lost; by another one it has the hash of its name."""
    item = {name: value for name, value in _golden().items() if name != keys.WAITING}
    assert CODEC.decode(SUBJECT, item) == GOLDEN
    waits, _ = Codec.of(catalog("other")).decode(SUBJECT, item).pending
    assert waits.milestone == f"#{milestone_key('second'):08x}"


def test_names_are_kept_once_each_of_what_waits_alone() -> None:
    """An older release leaves those of before, which do no harm, and writes none: the next write puts it right."""
    waits = GOLDEN.pending[0]
    several = GOLDEN._replace(pending=(waits, waits._replace(n=2), waits._replace(milestone="first")))
    present, _ = CODEC.encode(several)
    assert present[keys.WAITING] == {"S": "first second"}
    for stale in ("second", "first gone second"):
        found = CODEC.decode(SUBJECT, {**present, keys.WAITING: {"S": stale}})
        assert (found, CODEC.encode(found)[0][keys.WAITING]) == (several, {"S": "first second"})


def test_the_due_shard_depends_on_the_subject_alone() -> None:
    """A settle on another worker finds the row where this one put it."""
    shards = {CODEC.encode(GOLDEN._replace(due=due))[0][keys.DUE_SHARD]["S"] for due in (-1, 0, NOW)}
    assert shards == {keys.shard_name(keys.shard_of(GOLDEN.subject, keys.DUE_SHARDS))}


def test_the_subject_is_stored_once() -> None:
    """As the key: neither the aggregate nor an entry of its outbox says it again."""
    present, _ = CODEC.encode(GOLDEN)
    assert GOLDEN.subject.encode() not in present[keys.OUTBOX]["B"]
    assert {
        entry.subject for entry in CODEC.decode("user:other", present).outbox if isinstance(entry, Outcome | Nudge)
    } == {"user:other"}


@pytest.mark.parametrize(
    ("standing", "row"),
    [
        (Standing(), ()),
        (Standing(1, NOW), (1, NOW)),
        (Standing(memo=()), (0, None, 0, ())),
        (Standing(1, NOW, shape=7), (1, NOW, 7)),
    ],
)
def test_a_standing_is_stored_without_the_defaults_at_its_end(standing: Standing, row: tuple[object, ...]) -> None:
    """Most milestones are reached once and for all, and need two numbers."""
    present, _ = CODEC.encode(GOLDEN._replace(standings={"first": standing}))
    assert read_row(present[keys.STANDINGS]["B"], 4)[0] == row


def test_the_golden_item_is_read() -> None:
    """An item that an earlier build wrote means today what it meant then."""
    assert CODEC.decode(GOLDEN.subject, _golden()) == GOLDEN


@pytest.mark.parametrize(("version", "ledger"), [(2, Ledger(dict(GOLDEN.ledger.entries))), (3, GOLDEN.ledger)])
def test_an_item_of_an_older_format_is_read(version: int, ledger: Ledger) -> None:
    """2 is from before ledgers spilled. 3 has longer integers. Both are from before nudges waited."""
    item = _from_json(loads(GOLDEN_FILE.with_name(f"aggregate-{version}.json").read_text(encoding="utf-8")))
    before = GOLDEN._replace(ledger=ledger, outbox=GOLDEN.outbox[:-1], pending=(), used=(), recent={}, totals={})
    assert CODEC.decode(GOLDEN.subject, item) == before


def test_the_golden_item_is_written_byte_by_byte() -> None:
    """A change of the encoding needs a new FORMAT and a new golden file; one more attribute is added to this one."""
    present, absent = CODEC.encode(GOLDEN)
    assert _in_json(present) == loads(GOLDEN_FILE.read_text(encoding="utf-8"))
    assert absent == {keys.FORWARD, keys.ERASED, keys.EXPIRES, keys.CLOSED}


@pytest.mark.parametrize("name", sorted(ERASED))
def test_a_golden_item_of_somebody_erased_is_read_and_written_byte_by_byte(name: str) -> None:
    """A tombstone, and one on which a new life has begun."""
    item = _from_json(loads(GOLDEN_FILE.with_name(f"{name}.json").read_text(encoding="utf-8")))
    present, absent = CODEC.encode(ERASED[name])
    assert (present, CODEC.decode(SUBJECT, item)) == (item, ERASED[name])
    assert absent == OPTIONAL - item.keys()


def test_an_older_release_hands_back_whom_it_would_bring_back_and_nobody_else() -> None:
    """It does not know that anything is forgotten; everybody else it must be able to go on with."""
    formats = {name: CODEC.encode(each)[0][keys.FORMAT] for name, each in {**ERASED, "golden": GOLDEN}.items()}
    assert formats == {"tombstone": {"N": "5"}, "erased": {"N": "5"}, "golden": {"N": "4"}}


def test_a_tombstone_goes_when_nothing_that_it_keeps_away_can_come_and_a_new_life_never() -> None:
    """DynamoDB deletes what has an `x` in the past: later than max_age and both queues' retentions, if at all."""
    tombstone, life, forward = (
        CODEC.encode(each)[0]
        for each in (ERASED["tombstone"], ERASED["erased"], ERASED["tombstone"]._replace(forward="user:other"))
    )
    expires = int(tombstone[keys.EXPIRES]["N"]) * SECOND
    assert expires > NOW + CATALOG.max_age + REDELIVERY
    assert keys.EXPIRES not in {*life, *forward}


def _in_json(item: Attributes) -> Any:
    return {
        name: {kind: b64encode(v).decode() if kind == "B" else v for kind, v in value.items()}
        for name, value in item.items()
    }


def _golden() -> Attributes:
    item = loads(GOLDEN_FILE.read_text(encoding="utf-8"))
    return _from_json(item)


def _from_json(item: Mapping[str, Any]) -> Attributes:
    return {
        name: {kind: b64decode(v) if kind == "B" else v for kind, v in value.items()} for name, value in item.items()
    }


def _typical() -> tuple[Codec, Progress]:
    """The subject of design.md, section 5: 36-byte id, 8 traits, 10 milestones reached, 3 caps used, 2 nudges waiting.

    The ledger is full.
    """
    names = [f"milestone-number-{number}" for number in range(10)]
    traits: dict[str, object] = {
        "plan": "professional",
        "region": "eu-central",
        "timezone": "Europe/Berlin",
        "email_opt_in": True,
        "push_opt_in": False,
        "created_at": "2024-02-29T12:00:00Z",
        "seats": 25,
        "source": "newsletter",
    }
    progress = Progress(
        subject=f"user:{'01234567-89ab-4cde-8f01-23456789abcd'}",
        catalog_version=12,
        traits={name: Trait(value, NOW - 30 * DAY) for name, value in traits.items()},
        standings={name: Standing(1, NOW - place * DAY) for place, name in enumerate(names)},
        ledger=Ledger({_hash(place): Entry(NOW - place * DAY, place) for place in range(16)}),
        used=tuple(
            Use(NOW - place * HOUR - 777, 50 + place, channel, "minor", f"stage-{place}")
            for place, channel in enumerate(("email", "push", "in_app"))
        ),
        pending=tuple(
            Pending(names[place], "missed", 1, 1, 1, NOW - place * DAY - 777, NOW + DAY, NOW + DAY + place * HOUR)
            for place in range(2)
        ),
    )
    return Codec.of(catalog(*names)), progress


def _hash(place: int) -> int:
    return int(stable_id("message", place)[:16], 16)


def _item(codec: Codec, progress: Progress) -> Attributes:
    present, _ = codec.encode(progress)
    return {"pk": {"S": progress.subject}, "sk": {"S": keys.AGGREGATE}, keys.VERSION: {"N": "1234"}, **present}


def test_a_typical_subject_costs_one_write_unit() -> None:
    """At most 1,024 bytes as DynamoDB counts them: one byte more would double the price of every event."""
    codec, progress = _typical()
    assert len(progress.subject.removeprefix("user:")) == 36
    assert len(progress.ledger.entries) == 16
    assert (len(progress.used), len(progress.pending)) == (3, 2)
    assert bytes_as_billed(_item(codec, progress._replace(due=NOW))) <= 1024


def test_the_name_of_a_milestone_that_a_nudge_waits_of_costs_its_length() -> None:
    """And a byte between two, and one for the attribute."""
    item = _item(*_typical())
    without = {name: value for name, value in item.items() if name != keys.WAITING}
    assert bytes_as_billed(item) - bytes_as_billed(without) == 1 + len("milestone-number-0 milestone-number-1")


def test_a_typical_subject_with_two_totals_costs_one_write_unit_too() -> None:
    """Each is a hash, a period and a number: 32 bytes for both, the attribute's name included."""
    codec, progress = _typical()
    totals = {0x9A3BFE11: Kept(2026, Decimal(2820)), 0x1A3BFE11: Kept(24311, 1234)}
    without, with_them = (_item(codec, progress._replace(due=NOW, totals=each)) for each in ({}, totals))
    assert bytes_as_billed(with_them) - bytes_as_billed(without) == 32
    assert bytes_as_billed(with_them) <= 1024


def test_who_has_no_caps_and_no_journeys_pays_nothing_for_them() -> None:
    """What is empty is not there; nor do totals cost where a catalog has none."""
    codec, progress = _typical()
    present, absent = codec.encode(progress._replace(used=(), pending=()))
    assert {keys.PENDING, keys.WAITING, keys.USED, keys.RECENT, keys.TOTALS} <= absent
    assert not {keys.PENDING, keys.WAITING, keys.USED, keys.RECENT, keys.TOTALS} & present.keys()


def test_a_typical_subject_in_the_middle_of_ten_mixed_milestones_costs_one_write_unit() -> None:
    """Two months of a user with 8 traits and nothing but the rules of the core's benchmark."""
    used, (_, typical) = load_catalog(BENCH_CATALOG), _typical()
    progress = typical._replace(standings={}, ledger=Ledger(), used=(), pending=())
    for event in events(60, 1):
        mine = replace(event, subject=progress.subject)
        progress = advance(progress, [mine], used, mine.arrived).progress._replace(outbox=())
    assert len(progress.standings) == len(used.milestones) == 10
    assert sum(standing.memo is not None for standing in progress.standings.values()) >= 5
    newest = sorted(progress.ledger.entries.items(), key=lambda each: each[1].instant)[-16:]
    assert bytes_as_billed(_item(Codec.of(used), progress._replace(ledger=Ledger(dict(newest))))) <= 1024


def test_sizes_are_counted_as_dynamodb_documents_them() -> None:
    """Names and texts in UTF-8, binary as it is, numbers by two digits a byte and one more."""
    assert bytes_as_billed({"ab": {"S": "ü"}}) == 4
    assert bytes_as_billed({"a": {"B": b"123"}}) == 4
    assert bytes_as_billed({"a": {"N": "7"}}) == 3
    assert bytes_as_billed({"a": {"N": "-123"}}) == 5


def test_a_typical_subject_with_two_nudges_to_publish_costs_one_write_unit() -> None:
    """Two that are about to go, whose ids are hashes of what else they hold, fit in place of two that wait."""
    codec, progress = _typical()
    waiting = tuple(replace(nudge(n), subject=progress.subject, milestone="milestone-number-1") for n in (1, 2))
    progress = progress._replace(outbox=waiting, pending=(), used=(), due=NUDGE.not_after)
    assert bytes_as_billed(_item(codec, progress)) <= 1024


@pytest.mark.parametrize("name", [keys.FORMAT, keys.TRAITS, keys.STANDINGS, keys.LEDGER])
def test_an_item_without_what_every_item_has_is_not_taken_for_an_empty_one(name: str) -> None:
    """It would be begun anew, and everything that was counted would count again."""
    present, _ = CODEC.encode(GOLDEN)
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, {each: value for each, value in present.items() if each != name})


PACKED = 3
"""The last format whose standings are one mapping."""


@pytest.mark.parametrize("format_", [USUAL, PACKED])
@pytest.mark.parametrize("row", [("1", None, 5, (1,)), (1, {}, 5, (1,)), (1, NOW, (5,), (1,)), (True, NOW, 5, (1,))])
def test_a_standing_that_does_not_begin_with_numbers_is_damage(row: tuple[object, ...], format_: int) -> None:
    """It would be found only when the item is written, and then fail the batch of everybody in it."""
    present, _ = CODEC.encode(GOLDEN)
    key, data = milestone_key("first"), bytearray()
    write_row(data, row)
    standings = pack({key: row}) if format_ == PACKED else key.to_bytes(MILESTONE_BYTES, "big") + data
    damaged = {**present, keys.FORMAT: {"N": str(format_)}, keys.STANDINGS: {"B": bytes(standings)}}
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, damaged)


@pytest.mark.parametrize("forward", [SUBJECT, "", "user:" + "x" * 300])
def test_an_item_that_sends_its_events_nowhere_is_not_read(forward: str) -> None:
    """To itself they would go for ever, and a key that cannot be fails the whole request."""
    present, _ = CODEC.encode(GOLDEN)
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, {**present, keys.FORWARD: {"S": forward}})


@pytest.mark.parametrize("names", [{"N": "1"}, {"S": 5}, {"S": "second #zz"}, {"S": "\ud800"}])
def test_names_of_what_waits_that_are_none_are_damage(names: Any) -> None:
    """Whatever else it is, we have not written it."""
    present, _ = CODEC.encode(GOLDEN)
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, {**present, keys.WAITING: names})


PARTED = Parted("parted", NOW, "first", (("reached", 2),))


@pytest.mark.parametrize("surplus", [(((), 2),), (("reached", "2"),), (("reached",),), "reached", ("reached", 2)])
def test_what_is_taken_off_statistics_is_how_often_which(surplus: Any) -> None:
    """Anything else would fail the booking, and with it whoever else is booked in its transaction."""
    present, _ = CODEC.encode(GOLDEN._replace(outbox=(PARTED, replace(PARTED, surplus=surplus))))
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, present)


@pytest.mark.parametrize("kept", [("2026", 1), (1, "1"), (1, None), (1, True), (1, (1, 2)), (1, (1, 2, "3"))])
def test_a_total_that_could_not_be_told_is_not_read(kept: Any) -> None:
    """It would fail when a nudge goes out, and with it those that go together with it."""
    present, _ = CODEC.encode(GOLDEN._replace(totals={1: kept}))
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, present)


@pytest.mark.parametrize("damage", [{"at": "now"}, {"at": 2**62}, {"id": None}, {"n": True}, {"channel": "x" * 300}])
def test_an_outbox_that_could_not_be_told_is_not_read(damage: Mapping[str, Any]) -> None:
    """An entry with an instant that cannot be written, say, would fail whatever it is told together with."""
    present, _ = CODEC.encode(GOLDEN._replace(outbox=(replace(NUDGE, **damage),)))
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, present)


@pytest.mark.parametrize("closed", [{"email": "now"}, {"email": True}, {"email": None}, ("email",)])
def test_channels_that_are_closed_since_no_instant_are_not_read(closed: Any) -> None:
    """They would be compared with instants when a nudge is decided."""
    present, _ = CODEC.encode(GOLDEN)
    with pytest.raises(UnreadableItemError):
        CODEC.decode(SUBJECT, {**present, keys.CLOSED: {"B": pack(closed)}})
