import gzip
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from milepost_tools.history.cells import as_value, times_in
from milepost_tools.history.columns import Mapped, columns_of
from milepost_tools.history.csv_log import CsvLog
from milepost_tools.local.sending import Parcel, Unsent
from milepost_tools.problem import ProblemError

HEAD = "userId,event,timestamp"


def read(
    folder: Path, text: str | bytes, mapped: Mapped | None = None, zone: str | None = None
) -> list[Parcel | Unsent]:
    """The rows of a table as messages."""
    file = folder / "log.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    log = CsvLog(str(file), mapped or Mapped(), ZoneInfo(zone) if zone else None)
    return [log.parcel(entry) for entry in log.entries()]


def bodies(found: list[Parcel | Unsent]) -> list[dict[str, Any]]:
    """The messages, without the ids that were made for them."""
    assert all(isinstance(each, Parcel) for each in found), found
    read_ = [json.loads(each.body) for each in found if isinstance(each, Parcel)]
    return [{name: value for name, value in each.items() if name != "messageId"} for each in read_]


def reasons(folder: Path, found: list[Parcel | Unsent]) -> dict[int, str]:
    """The lines that cannot be read, and why."""
    refs = [(each.ref, each.reason) for each in found if isinstance(each, Unsent)]
    assert all(ref.startswith(f"{folder / 'log.csv'}:") for ref, _ in refs)
    return {int(ref.rpartition(":")[2]): reason for ref, reason in refs}


def test_columns_that_carry_a_fields_name_map_themselves_and_others_become_properties(tmp_path: Path) -> None:
    """An export of a warehouse needs no --map if its columns are called what everybody calls them."""
    table = (
        "USER_ID,event_name,created_at,message_id,amount,context.groupId\n007,bought,2026-01-05T00:00:00Z,m1,9.90,7\n"
    )
    (found,) = read(tmp_path, table)
    assert isinstance(found, Parcel)
    assert json.loads(found.body) == {
        "type": "track",
        "userId": "007",
        "event": "bought",
        "timestamp": "2026-01-05T00:00:00Z",
        "messageId": "m1",
        "context": {"groupId": "7"},
        "properties": {"amount": 9.9},
    }
    assert '"amount": 9.90' in found.body, "a number keeps every digit"


def test_the_best_name_wins_and_the_other_is_a_property(tmp_path: Path) -> None:
    """Two columns that could be the time are no reason to ask."""
    (found,) = bodies(read(tmp_path, f"{HEAD},created_at\nu,e,2026-01-05T00:00:00Z,2020-01-01\n"))
    assert (found["timestamp"], found["properties"]) == ("2026-01-05T00:00:00Z", {"created_at": "2020-01-01"})


def test_columns_are_mapped_and_constants_set(tmp_path: Path) -> None:
    """What --map and --set say comes before any name."""
    mapped = Mapped({"userId": "customer", "timestamp": "day", "properties.net.amount": "a"}, {"event": "bought"})
    table = "customer,day,a,event\nc1,2026-01-05,1e1,ignored by name\n"
    (found,) = bodies(read(tmp_path, table, mapped, "UTC"))
    assert found == {
        "type": "track",
        "event": "bought",
        "userId": "c1",
        "timestamp": "2026-01-05T00:00:00+00:00",
        "properties": {"net": {"amount": 10}, "event": "ignored by name"},
    }


def test_a_table_of_traits(tmp_path: Path) -> None:
    """Where every row is an identify, other columns are traits, and nothing needs to have happened."""
    mapped = Mapped({}, {"type": "identify"})
    (found,) = bodies(read(tmp_path, "userId,timestamp,email_opt_in\nu,2026-01-05T00:00:00Z,TRUE\n", mapped))
    assert found["traits"] == {"email_opt_in": True}


def test_other_columns_can_be_ignored(tmp_path: Path) -> None:
    """An export may hold what is nobody's business; a column without a name is an index."""
    (found,) = bodies(read(tmp_path, f",{HEAD},note\n0,u,e,2026-01-05T00:00:00Z,x\n", Mapped(rest="ignore")))
    assert "properties" not in found
    (found,) = bodies(read(tmp_path, f",{HEAD},note\n0,u,e,2026-01-05T00:00:00Z,x\n"))
    assert found["properties"] == {"note": "x"}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", "12"),
        ("-0.50", "-0.50"),
        ("1E5", "1E5"),
        ("true", "true"),
        ("FALSE", "false"),
        ("007", '"007"'),
        ("1,5", '"1,5"'),
        ("+1", '"+1"'),
        ("NaN", '"NaN"'),
        ("yes", '"yes"'),
        ('a"\u00e9\n', '"a\\"\u00e9\\n"'),
        ("\u0661", '"\u0661"'),
    ],
)
def test_cells_are_numbers_if_json_calls_them_so_else_flags_or_text(cell: str, value: str) -> None:
    """A postcode keeps its zero."""
    assert as_value(cell) == value


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2026-07-01", "2026-06-30T22:00:00+00:00"),
        ("20260701", "2026-06-30T22:00:00+00:00"),
        ("2026-07-01 10:00:00", "2026-07-01T08:00:00+00:00"),
        ("2026-07-01T10:00", "2026-07-01T08:00:00+00:00"),
        ("2026-07-01 10:00:00.25", "2026-07-01T08:00:00.250000+00:00"),
        ("2026-07-01 10:00:00 UTC", "2026-07-01T10:00:00Z"),
        ("2026-07-01 10:00:00+02", "2026-07-01T10:00:00+02:00"),
        ("2026-07-01 10:00:00.1 +0530", "2026-07-01T10:00:00.1+0530"),
        ("2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z"),
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00+00:00"),
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00+00:00"),
    ],
)
def test_times_without_an_offset_are_in_the_zone(cell: str, utc: str) -> None:
    """The last two: a time that does not exist moves by the gap, one that exists twice is the first."""
    assert json.loads(times_in(ZoneInfo("Europe/Berlin"))(cell)) == utc


def test_rows_that_cannot_be_read_are_named_by_their_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Rows may span lines; the line is the one on which the row begins."""
    table = (
        f'{HEAD},note\nu,e,2026-01-05T00:00:00Z,"two\nlines"\n\nu,e,2026-01-05\nu,e,2026-01-06,x\n'
        'u,e,2026-01-06T00:00:00Z,"a"b\nu,e,2026-02-30T00:00:00Z,x\nu,e,,x\nu,e,noon,x\nu,e,2026-01-07T00:00:00Z,last\n'
    )
    found = read(tmp_path, table)
    assert [each["properties"]["note"] for each in bodies([each for each in found if isinstance(each, Parcel)])] == [
        "two\nlines",
        "last",
    ]
    why = reasons(tmp_path, found)
    assert list(why) == [5, 6, 7, 8, 9, 10]
    assert "has 3 cells for 4 columns" in why[5]
    assert "--timezone" in why[6]
    assert "is not CSV" in why[7]
    assert "does not exist" in why[8]
    assert "timestamp is empty" in why[9]
    assert "is not a time such as" in why[10]


def test_a_quote_that_is_never_closed_says_up_to_where_it_goes(tmp_path: Path) -> None:
    """It swallows what follows, and nobody else says so."""
    found = read(tmp_path, f'{HEAD}\nu,e,"2026-01-05\nu,e,2026-01-05T00:00:00Z\n')
    assert "(up to line 3)" in reasons(tmp_path, found)[2]


def test_rows_without_an_id_get_the_same_one_in_every_run_and_equal_rows_different_ones(tmp_path: Path) -> None:
    """So that a run again counts the same, and two equal purchases are two."""
    rows = ["u,e,2026-01-05T00:00:00Z", "u,e,2026-01-05T00:00:00Z", "u,f,2026-01-05T00:00:00Z"]
    ids = [
        [
            json.loads(each.body)["messageId"]
            for each in read(tmp_path, "\n".join([HEAD, *order]))
            if isinstance(each, Parcel)
        ]
        for order in (rows, rows, rows[::-1])
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3
    assert set(ids[2]) == set(ids[0])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_byte_order_mark_and_gzip_are_known_by_the_content(tmp_path: Path, delimiter: str) -> None:
    """Spreadsheets save in many ways and say nothing of it."""
    table = b"\xef\xbb\xbf" + f"{HEAD}\r\nu,e,2026-01-05T00:00:00Z\r\n".replace(",", delimiter).encode()
    for content in (table, gzip.compress(table)):
        assert bodies(read(tmp_path, content))[0]["userId"] == "u"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "has no header"),
        (b"\n", "has no header"),
        (b'"userId\n', "header of"),
        (b"a,a\n", "two columns named 'a'"),
        (b"event,timestamp\n", "no column for userId"),
        (b"userId,timestamp\n", "--set event=NAME"),
        (b"userId,event\n", "no column for timestamp"),
        (b"userId,event,timestamp,a,a.b\n", "a value and an object"),
        (b"userId,event,timestamp\nu,\xe9,2026-01-05T00:00:00Z\n", "not UTF-8"),
        (b"\xff\xfeu\x00", "UTF-16"),
        (gzip.compress(b"userId,event,timestamp\n", mtime=0)[:-4], "cut short"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence_with_a_remedy(tmp_path: Path, table: bytes, words: str) -> None:
    """Said before anything is run."""
    with pytest.raises(ProblemError, match=words):
        read(tmp_path, table)


def test_a_column_that_does_not_exist_is_told_with_those_that_do() -> None:
    """A slip in --map is the commonest mistake."""
    with pytest.raises(ProblemError, match=r"no column 'user' for userId\. It has uid, event\."):
        columns_of("log.csv", ["uid", "event"], Mapped({"userId": "user"}))


def test_a_constant_time_is_read_like_a_cell(tmp_path: Path) -> None:
    """And one that is none is refused at once."""
    table = "userId,event\nu,e\n"
    (found,) = bodies(read(tmp_path, table, Mapped({}, {"timestamp": "2026-01-05"}), "UTC"))
    assert found["timestamp"] == "2026-01-05T00:00:00+00:00"
    with pytest.raises(ProblemError, match="--set timestamp: 2026-01-05 has no offset"):
        read(tmp_path, table, Mapped({}, {"timestamp": "2026-01-05"}))
