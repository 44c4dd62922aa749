"""That a run in parts comes to what a run over everybody does, whatever the log holds."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.application.intake import Intake
from milepost_tools.catalog import Compiled
from milepost_tools.history import parallel
from milepost_tools.history.clock import RunningClock
from milepost_tools.history.columns import Mapped
from milepost_tools.history.glance import glance, part_of_subject
from milepost_tools.history.parallel import processes_for, run_job
from milepost_tools.history.part import Job, Run, merged, run_part
from milepost_tools.history.source import Source
from milepost_tools.problem import ProblemError
from tests.tools.history.logs import compiled_shop, message, ndjson

USERS = ["u_1", "u_2", "u_3", "u_4", "jos\u00e9", "jose\u0301", 42, "42"]
"""Two of them twice: a name in two normal forms, and a number that is read as text."""

times = st.integers(1, 90).map(lambda day: f"2026-{1 + (day - 1) // 28:02d}-{1 + (day - 1) % 28:02d}T00:00:00Z")
amounts = st.integers(0, 30)


@st.composite
def good(draw: st.DrawFn) -> dict[str, Any]:
    """A message as it should be, sometimes late, sometimes a repeat of another."""
    found: dict[str, Any] = {
        "type": "track",
        "messageId": draw(st.integers(1, 40)),
        "userId": draw(st.sampled_from(USERS)),
        "event": draw(st.sampled_from(["signed_up", "ordered", "ordered", "other"])),
        "timestamp": draw(times),
        "properties": {"amount": draw(amounts)},
    }
    if draw(st.booleans()):
        found["receivedAt"] = draw(times)
    if draw(st.integers(0, 5)) == 0:
        found |= {"type": "identify", "traits": {"email_opt_in": draw(st.booleans())}}
    return found


WRONG: list[dict[str, Any]] = [
    {"messageId": ""},
    {"messageId": None},
    {"messageId": True},
    {"messageId": "x" * 257},
    {"messageId": 1.5},
    {"userId": ["u_1"]},
    {"userId": "\u00e9" * 129},
    {"userId": 10**30},
    {"userId": 10**40},
    {"type": "group"},
    {"type": ["track"]},
    {"event": ""},
    {"event": 5},
    {"context": "here"},
    {"context": None},
    {"timestamp": "2026-02-01T00:00:00"},
    {"timestamp": "yesterday"},
    {"timestamp": 5},
    {"timestamp": None},
    {"receivedAt": "2026-02-31T00:00:00Z"},
    {"receivedAt": None},
    {"receivedAt": 2026},
    {"properties": []},
    {"properties": {"amount": float("nan")}},
    {"properties": {"amount": 10**50}},
    {"properties": {"amount": 1e200}},
    {"properties": {"amount": 1e-5}},
    {"properties": {"note": "\ud800"}},
    {"properties": {"note": "\U0001f3c1 \\u \x7f"}},
    {"specversion": "1.0"},
    {"batch": []},
]
raw = st.sampled_from(
    [
        b"{",
        b"[]",
        b"7",
        b"null",
        b"\xff",
        b'{"type": "track", "type": "track"}',
        b"[" * 50 + b"]" * 50,
        b"[" * 100_000,
        b'{"a": "\x01"}',
        '{"a": "\ufffe"}'.encode(),
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"a": Infinity}',
    ]
)


def spoiled(found: dict[str, Any], wrong: dict[str, Any]) -> dict[str, Any]:
    """A message with something wrong in it, or something odd."""
    return {**found, **wrong}


def doubled(found: dict[str, Any], where: str) -> bytes:
    """A message with a key twice, at the top or further in."""
    text = json.dumps(found)
    if where == "top":
        return text.replace("{", '{"userId": "u_9", ', 1).encode()
    return text.replace('"amount":', '"amount": 1, "amount":').encode()


def enveloped(batch: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """Messages of several subjects on one line."""
    envelopes: dict[str, dict[str, Any]] = {
        "segment": {"batch": batch},
        "sns": {"Type": "Notification", "Message": json.dumps({"batch": batch})},
        "eventbridge": {"detail-type": "x", "detail": {"batch": batch}},
        "cloudevent": {"specversion": "1.0", "data": batch[0], "type": "track"},
    }
    return envelopes[kind]


lines = st.one_of(
    good().map(json.dumps).map(str.encode),
    good().map(json.dumps).map(str.encode),
    good().map(json.dumps).map(str.encode),
    st.builds(spoiled, good(), st.sampled_from(WRONG)).map(json.dumps).map(str.encode),
    st.builds(doubled, good(), st.sampled_from(["top", "inside"])),
    st.builds(
        enveloped,
        st.lists(st.builds(spoiled, good(), st.sampled_from([{}, {}, {"event": ""}])), min_size=1, max_size=4),
        st.sampled_from(["segment", "sns", "eventbridge", "cloudevent"]),
    )
    .map(json.dumps)
    .map(str.encode),
    raw,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for logs."""
    return tmp_path_factory.mktemp("parallel")


@pytest.fixture(scope="module")
def catalog(folder: Path) -> Compiled:
    """A shop with deadlines, sums and consent."""
    return compiled_shop(folder)


def in_parts(job: Job, parts: int) -> Run:
    """All parts of a job, here, one after the other."""
    return merged([run_part(replace(job, parts=parts), part) for part in range(parts)])


@settings(max_examples=80)
@given(log=st.lists(lines, max_size=40), parts=st.integers(2, 5))
def test_a_run_in_parts_comes_to_what_one_over_everybody_does(
    log: list[bytes], parts: int, folder: Path, catalog: Compiled
) -> None:
    """Outcomes, nudges with their instants, refusals and their order, counts, the end of the clock."""
    job = Job(Source(ndjson(folder, *log)), catalog)
    assert in_parts(job, parts) == run_part(job)


def check_glance(body: str) -> None:
    """A glance names the arrival that the boundary would, or nothing; and no event of anybody else is in the line."""
    now = 1_000_000
    seen = glance(body, 1_000, now)
    clock = RunningClock(now=now)
    events = Intake(10**15, clock).read(body, now).events
    if seen is not None:
        assert clock.now == max(now, seen.arrival)
        assert {part_of_subject(event.subject, 1_000) for event in events} <= {seen.part}


@settings(max_examples=100)
@given(line=lines.filter(lambda line: b"\xff" not in line))
def test_a_glance_sees_what_the_boundary_finds_or_nothing(line: bytes) -> None:
    """Whatever a log may hold."""
    check_glance(line.decode())


@pytest.mark.parametrize("wrong", range(len(WRONG)))
def test_a_glance_is_not_deceived_by_what_the_boundary_would_not_take(wrong: int) -> None:
    """Each odd thing by itself, in a line that is right otherwise."""
    check_glance(json.dumps({**message("ordered", "01-05"), **WRONG[wrong]}))


@pytest.mark.parametrize(
    "envelope",
    [
        {"specversion": "1.0", "data": message("ordered", "01-06", "u_2")},
        {"detail-type": "x", "detail": message("ordered", "01-06", "u_2")},
        {"Type": "Notification", "Message": json.dumps(message("ordered", "01-06", "u_2"))},
    ],
)
def test_an_envelope_that_looks_like_a_message_is_read_strictly(envelope: dict[str, Any]) -> None:
    """What counts is inside, and may be of somebody else."""
    assert glance(json.dumps({**message("ordered", "01-05"), **envelope}), 4, 0) is None


def test_a_glance_understands_an_ordinary_line() -> None:
    """Otherwise nothing would be gained, and no test would notice."""
    ordinary = message("ordered", "01-05", properties={"amount": 12.5, "note": "\u00e9"}, context={"page": {}})
    assert glance(json.dumps(ordinary), 4, 0) is not None
    assert glance(json.dumps(ordinary, ensure_ascii=False), 4, 0) is not None
    assert glance(json.dumps({**ordinary, "receivedAt": "2026-01-06T00:00:00Z"}), 4, 0) is not None


@pytest.mark.parametrize("header", ["userId,event,timestamp,amount", "messageId,userId,event,timestamp,amount"])
def test_tables_in_parts_give_rows_the_same_ids(folder: Path, catalog: Compiled, header: str) -> None:
    """Rows that say the same are told apart by their number, which no part may count differently."""
    first = "m" if header.startswith("messageId") else None
    rows = [f"u_{n % 5},ordered,2026-01-{1 + n // 10:02d}T00:00:00Z,{n % 3}" for n in range(60)]
    rows += ["u_1,ordered,,1", "u_1,ordered,2026-01-09,1"]
    file = folder / "table.csv"
    given_ids = [f"{first}{n % 50},{row}" if first else row for n, row in enumerate(rows)]
    file.write_text("\n".join([header, *given_ids]), encoding="utf-8")
    job = Job(Source(str(file), Mapped()), catalog)
    whole = run_part(job)
    assert in_parts(job, 3) == whole
    assert whole.tally["counted"] == (60 if first is None else 50)
    assert [each.line for each in whole.refused] == [62, 63]


@pytest.mark.parametrize("strict", [False, True])
def test_processes_come_to_the_same(folder: Path, catalog: Compiled, *, strict: bool) -> None:
    """Once for real: two processes, and with --strict the first of all refused lines."""
    users = [f"u_{n}" for n in range(20)]
    log = [message("ordered", "01-05", user) for user in users] + [
        message("ordered", f"01-{6 + n:02d}", user, context=n) for n, user in enumerate(users[:10])
    ]
    job = Job(Source(ndjson(folder, *log, name="real.ndjson")), catalog, strict=strict)
    both = run_job(job, 2)
    if strict:
        assert [each.line for each in both.refused] == [21]
    else:
        assert both == run_job(job, 1)
        assert len(both.refused) == 10


def test_a_problem_of_another_process_comes_back_whole() -> None:
    """An exception of two arguments does not survive the way between processes by itself."""
    with pytest.raises(ProblemError, match=r"It broke\. Mend it\."):
        parallel._brought_back(("It broke.", "Mend it."))


def test_a_missing_log_is_a_problem_in_any_number_of_processes(folder: Path, catalog: Compiled) -> None:
    """It is found in the other process, which says so in a form that comes back."""
    job = Job(Source(str(folder / "none")), catalog, parts=2)
    assert parallel._run_elsewhere(job, 1) == (
        f"{folder / 'none'} cannot be read: No such file or directory.",
        "Check the name.",
    )


def test_short_logs_and_streams_are_run_in_one_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process takes half a second to start; a stream can be read once."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    short, long, pipe = str(folder / "short"), folder / "long", folder / "pipe"
    ndjson(folder, message("ordered", "01-05"), name="short")
    with long.open("wb") as file:
        file.truncate(parallel._SMALL)
    if not pipe.exists():
        os.mkfifo(pipe)
    assert processes_for(short) == 1
    assert processes_for(short, 3) == 3
    assert processes_for(str(long)) == parallel.MOST
    assert processes_for("-", 3) == processes_for(str(pipe), 3) == 1
