"""`milepost explain --raw`: stored items decoded."""

import json
from base64 import b64encode
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from milepost.adapters import keys
from milepost.adapters.codec import FORMAT, OPTIONAL, USUAL, Codec
from milepost.domain.catalog import catalog_from_compiled
from milepost.domain.progress import Progress
from milepost.domain.totals import Kept
from milepost_tools.explain.item import read_item
from milepost_tools.explain.raw import raw_item
from milepost_tools.problem import ProblemError
from tests.adapters.examples import CATALOG, GOLDEN
from tests.tools.catalog.catalogs import compile_text
from tests.tools.explain.people import U1, catalog, moment, simulated, track

GOLDEN_FILE = Path(__file__).parents[2] / "adapters" / "golden" / "aggregate.json"


@pytest.fixture
def golden() -> Any:
    """The golden item, decoded."""
    return raw_item(GOLDEN.subject, read_item(str(GOLDEN_FILE)), CATALOG)


def exported(folder: Path, item: object) -> str:
    """An item in a file, as the console exports it."""
    file = folder / "item.json"
    file.write_text(json.dumps(item), encoding="utf-8")
    return str(file)


def test_what_is_elsewhere_is_said(golden: Any) -> None:
    """Semantics 3.14: of whom there are segments, and up to when."""
    item = read_item(str(GOLDEN_FILE))
    assert golden[keys.SPILLED]["value"].endswith("Z")
    assert golden[keys.ORIGINS]["bytes"] == len(item[keys.ORIGINS]["B"])
    assert {*golden[keys.ORIGINS]["value"][0]} == {"subject", "spilled"}


def test_every_attribute_is_explained(golden: Any) -> None:
    """What the golden item has, each with a meaning of its own; a packed one says its size."""
    assert set(golden) == json.loads(GOLDEN_FILE.read_text(encoding="utf-8")).keys()
    assert len({each["meaning"] for each in golden.values()}) == len(golden)
    assert golden[keys.STANDINGS]["bytes"] == len(read_item(str(GOLDEN_FILE))[keys.STANDINGS]["B"])
    assert set(golden) >= OPTIONAL - {keys.FORWARD, keys.ERASED, keys.EXPIRES, keys.CLOSED}, (
        "those that hardly anybody has"
    )


def test_traits_zone_and_accounts_are_told_with_their_instants(golden: Any) -> None:
    """Numbers are numbers, true is true, and instants are UTC."""
    traits = golden[keys.TRAITS]["value"]
    assert traits["plan"] == {"value": "pro", "since": "2026-11-21T08:00:00Z"}
    assert (traits["email_opt_in"]["value"], traits["credit"]["value"], traits["seats"]["value"]) == (True, -12.5, 300)
    assert traits["address"]["value"] == {"city": "Köln", "lines": ["a", None]}
    assert golden[keys.ZONE]["value"] == {"value": "Europe/Berlin", "since": "2026-11-22T08:00:00Z"}
    assert [each["account"] for each in golden[keys.MEMBERSHIPS]["value"]] == ["acct_7", "Zoë & Co"]


def test_standings_have_the_names_of_their_milestones(golden: Any) -> None:
    """One that the catalog does not know has the hash of its name."""
    standings = golden[keys.STANDINGS]["value"]
    assert list(standings) == ["#00000003", "#0badcafe", "first", "second"]
    assert (standings["first"]["occurrences"], standings["first"]["at"]) == (1, "2026-11-22T07:00:00Z")
    assert (standings["second"]["missed"], standings["second"]["shape"]) == (1, "000beef")
    assert standings["#00000003"]["held"] == ["2026-11-22T08:00:00Z", None]


def test_ledger_counters_and_clock_are_told(golden: Any) -> None:
    """Entries in the order of time, by the hash of the messageId."""
    assert golden[keys.LEDGER]["value"] == [
        {"instant": "1969-12-31T23:59:59.999999Z", "hash": "0000000000000000", "body": 0},
        {"instant": "2026-11-22T08:00:00Z", "hash": "000000000000004d", "body": 1},
        {"instant": "2026-11-22T08:00:00Z", "hash": "ffffffffffffffff", "body": 255},
    ]
    assert golden[keys.COUNTED]["value"] == {"#abcdef": 1, "happened": 300}
    assert golden[keys.DUE]["value"] == "2026-11-23T08:00:00Z"
    assert (golden[keys.FORMAT]["value"], golden[keys.CATALOG]["value"]) == (USUAL, 12)


def test_the_outbox_is_told_entry_by_entry(golden: Any) -> None:
    """Each with its kind and all of its fields."""
    joined, outcome, nudge, deferred = golden[keys.OUTBOX]["value"]
    assert (joined["kind"], joined["at"]) == ("joined", "2026-11-22T08:00:00Z")
    assert (outcome["kind"], outcome["undoes"], outcome["ref"]) == ("outcome", ["missed"], "2026-11-21T08:00:00Z")
    assert (nudge["kind"], nudge["reason"], nudge["not_after"]) == ("nudge", "no_consent", "2026-11-25T08:00:00Z")
    assert (deferred["verdict"], deferred["until"]) == ("deferred", "2026-11-23T08:00:00Z")


def test_what_waits_and_what_was_used_up_is_told_with_its_times(golden: Any) -> None:
    """And what conditions look back at."""
    waits, unknown = golden[keys.PENDING]["value"]
    assert (waits["milestone"], waits["path"], waits["due"]) == ("second", "missed", "2026-11-24T09:00:00Z")
    assert unknown["milestone"] == "#00000003"
    assert golden[keys.WAITING]["value"] == "second"
    assert [each["at"] for each in golden[keys.USED]["value"]] == ["2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"]
    assert golden[keys.RECENT]["value"]["00000007"] == ["2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"]


def test_what_waits_of_a_milestone_that_this_catalog_lacks_has_its_name_and_where_its_standing_is() -> None:
    """Who looks for it among the milestones finds it there by its hash."""
    item = read_item(str(GOLDEN_FILE))
    shown = raw_item(GOLDEN.subject, item, replace(CATALOG, milestones={}))
    waits, unknown = shown[keys.PENDING]["value"]
    assert waits["milestone"] == "second"
    assert shown[keys.STANDINGS]["value"][waits["known_as"]]["missed"] == 1
    assert "known_as" not in unknown


def test_what_a_deadline_remembers_is_named() -> None:
    """Anchor, what is still loose, and what was met late, as instants."""
    cat = catalog(m="reach: {count: {event: ordered, at_least: 2}}, within: {from: {event: signed_up}, for: 7d}")
    progress = simulated(cat, track("signed_up", "03-01"), track("ordered", "03-02"))
    item, _ = Codec.of(cat).encode(progress)
    memo = raw_item(U1, item, cat)[keys.STANDINGS]["value"]["m"]["memo"]
    assert (memo["anchor"], memo["settled"], memo["late"]) == (moment("03-01"), 0, None)
    assert memo["loose"] == [[moment("03-02"), 1]]


def test_an_item_as_the_aws_cli_prints_it_is_read_too(tmp_path: Path) -> None:
    """Under `Item`, with its key; and what this release does not know is shown as it is."""
    bare = json.loads(GOLDEN_FILE.read_text(encoding="utf-8"))
    more = {"pk": {"S": "user:u_7"}, "sk": {"S": "a"}, "zz": {"B": b64encode(b"\x01\xff").decode()}}
    shown = raw_item("user:u_7", read_item(exported(tmp_path, {"Item": {**bare, **more}})), CATALOG)
    assert (shown["pk"], shown["sk"], shown["zz"]["value"]) == ("user:u_7", "a", "01ff")


def test_an_instant_beyond_the_calendar_is_shown_in_microseconds() -> None:
    """An item that makes no sense is what one wants to look at."""
    item = {**read_item(str(GOLDEN_FILE)), keys.DUE: {"N": str(10**18)}}
    assert raw_item(GOLDEN.subject, item, CATALOG)[keys.DUE]["value"] == f"{10**18}us"


def test_a_decision_is_shown_as_it_is_stored(tmp_path: Path) -> None:
    """Its attributes have names of their own."""
    item = {"pk": {"S": "user:u_7"}, "sk": {"S": "d#2026"}, "step": {"N": "0"}, "verdict": {"S": "sent"}}
    shown = raw_item("user:u_7", read_item(exported(tmp_path, item)), CATALOG)
    assert shown == {"pk": "user:u_7", "sk": "d#2026", "step": 0, "verdict": "sent"}


def test_an_item_of_a_newer_format_says_so(tmp_path: Path) -> None:
    """And nothing of it is believed."""
    newer = {**json.loads(GOLDEN_FILE.read_text(encoding="utf-8")), keys.FORMAT: {"N": str(FORMAT + 1)}}
    with pytest.raises(ProblemError, match=f"has format {FORMAT + 1}, and this release reads up to {FORMAT}"):
        raw_item(U1, read_item(exported(tmp_path, newer)), CATALOG)


@pytest.mark.parametrize("item", ["x", [], {"Item": 3}, {"t": {"B": "no base64!"}}, {"t": 3}, {"t": {}}])
def test_what_is_no_item_is_a_problem(tmp_path: Path, item: object) -> None:
    """Told in one sentence, without a traceback."""
    with pytest.raises(ProblemError, match="holds no item of DynamoDB"):
        read_item(exported(tmp_path, item))


def test_a_damaged_or_incomplete_item_is_a_problem(tmp_path: Path) -> None:
    """A whole attribute is missing, or its bytes are cut off."""
    bare = json.loads(GOLDEN_FILE.read_text(encoding="utf-8"))
    cut = {**bare, keys.TRAITS: {"B": b64encode(b"\x87").decode()}}
    missing = {name: value for name, value in bare.items() if name != keys.LEDGER}
    for item in (cut, missing):
        with pytest.raises(ProblemError, match="cannot be decoded"):
            raw_item(U1, read_item(exported(tmp_path, item)), CATALOG)


def test_totals_are_named_as_the_catalog_names_them() -> None:
    """And by their hash where it counts something else by now."""
    text = "catalog: c\nversion: 1\ntotals: {minutes: {sum: {event: a, of: b}, per: year}}\nmilestones: {}\n"
    cat = catalog_from_compiled(compile_text(text))
    totals = {cat.totals["minutes"].key: Kept(2026, Decimal("2820.5")), 7: Kept(0, 3)}
    item, _ = Codec.of(cat).encode(Progress(U1, 1, totals=totals))
    assert raw_item(U1, item, cat)[keys.TOTALS]["value"] == {
        "minutes": {"period": 2026, "amount": 2820.5},
        "#00000007": {"period": 0, "amount": 3},
    }
