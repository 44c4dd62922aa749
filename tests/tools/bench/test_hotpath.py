import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from milepost.domain.event import Track
from milepost.domain.instant import MINUTE
from milepost_tools.bench.design import Contender, Counts, in_batches_of, records_of, truth_of, user_id, wrong_users
from milepost_tools.bench.hotpath import EXPONENT, floor_of, rival_of
from milepost_tools.bench.hotpath_chaos import torment
from milepost_tools.bench.hotpath_cpu import write_units
from milepost_tools.bench.hotpath_goals import BATCHES, CPU, Judged, gate_passes, judge
from milepost_tools.bench.ours import MILEPOST
from milepost_tools.bench.rivals.idempotency import IDEMPOTENCY
from milepost_tools.bench.rivals.transaction import TRANSACTION
from milepost_tools.bench.workload import BEGIN, events
from milepost_tools.cli import main
from milepost_tools.engine import Engine
from milepost_tools.local.connection import Connection

DESIGNS = [MILEPOST, IDEMPOTENCY, TRANSACTION]
SMALL = ["bench", "hotpath", "--no-cpu", "--events", "400", "--users", "50"]
GOOD = {
    "write_units_to_floor": 1.0,
    "write_units_to_idempotency": 0.1,
    "write_units_to_transaction": 0.1,
    "requests_per_event": 0.01,
    "wrong_subjects": 0,
    CPU: 0.02,
}

each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)


def happened(user: str, name: str, message_id: str) -> Track:
    """An event of a user, minutes after the begin."""
    instant = BEGIN + int(message_id) * MINUTE
    return Track(f"user:{user}", message_id, 0, 0, instant, instant, name, {"amount": 5}, f"user:{user}")


def counted(design: Contender, *batches: Sequence[Track]) -> Counts:
    """What a design has stored after these batches; nothing is handed back."""
    engine = Engine()
    design.create(engine, "")
    worker = design.worker(engine, "")
    for number, batch in enumerate(batches):
        assert not worker.receive(records_of(batch, f"{number}-"))
    return worker.counts(sorted({event.subject.removeprefix("user:") for batch in batches for event in batch}))


# ----------------------------------------------------------------------------------------- the designs' contract


@each_design
def test_events_are_counted_by_user_and_name(design: Contender) -> None:
    """Several users, several names."""
    batch = [happened("a", "opened", "1"), happened("b", "opened", "2"), happened("a", "ordered", "3")]
    more = [happened("a", "opened", "4")]
    assert counted(design, batch, more) == {"a": {"opened": 2, "ordered": 1}, "b": {"opened": 1}}


@each_design
def test_a_copy_in_the_same_batch_counts_once(design: Contender) -> None:
    """The producer sent it twice: two messages of the queue."""
    event = happened("a", "opened", "1")
    assert counted(design, [event, happened("a", "opened", "2"), event]) == {"a": {"opened": 2}}


@each_design
def test_a_copy_in_a_later_batch_counts_once(design: Contender) -> None:
    """Even after other events."""
    event = happened("a", "opened", "1")
    assert counted(design, [event], [happened("a", "opened", "2")], [event]) == {"a": {"opened": 2}}


@each_design
def test_a_batch_that_comes_again_changes_nothing(design: Contender) -> None:
    """Under the queue's own ids as well."""
    found = events(60, 12, user_id=user_id)
    engine = Engine()
    design.create(engine, "")
    worker = design.worker(engine, "")
    for batch in in_batches_of(20, records_of(found)):
        assert not worker.receive(batch)
        assert not worker.receive(batch)
    truth = truth_of(found)
    assert wrong_users(worker.counts(truth), truth) == 0


@pytest.mark.parametrize("design", [IDEMPOTENCY, TRANSACTION], ids=lambda design: design.name)
def test_a_rival_spends_the_same_whatever_the_batch(design: Contender) -> None:
    """It goes event by event, which is why it is measured at one batch size."""
    found = events(200, 30, user_id=user_id)
    assert rival_of(design, found, 10) == rival_of(design, found, 100)


def test_the_idempotency_design_writes_three_times_and_the_transaction_four_units() -> None:
    """In progress, counter, completed; and two items at twice the price. A copy is refused at one unit, or at four."""
    found = [happened("a", "opened", str(number)) for number in range(10)]
    found.append(found[0])
    spent = [rival_of(design, found, 10).cost for design in (IDEMPOTENCY, TRANSACTION)]
    assert [(cost.write, cost.requests) for cost in spent] == [(31, 31), (44, 11)]


@each_design
def test_ministack_bills_the_writes_that_the_engine_bills(design: Contender, connection: Connection) -> None:
    """Two engines written apart, one of them the benchmark's."""
    found = events(60, 20, user_id=user_id)
    assert write_units(design, Engine(), found) == write_units(design, connection.dynamodb, found)


# ----------------------------------------------------------------------------------------- workload and floor


def test_the_floor_is_one_unit_for_each_subject_of_a_batch() -> None:
    """Three of four, one of four, and two of the two that are left."""
    assert floor_of(["a", "b", "a", "c", "d", "d", "d", "d", "a", "b"], 4) == (3 + 1 + 2) / 10


def test_the_workload_has_the_floors_of_the_design() -> None:
    """0.907, 0.659 and 0.388, within half a per cent."""
    subjects = [event.subject for event in events(20_000, 2_000, exponent=EXPONENT, user_id=user_id)]
    assert [floor_of(subjects, batch) for batch in BATCHES] == pytest.approx([0.907, 0.659, 0.388], rel=0.005)


def test_a_user_id_is_36_bytes_and_nobody_elses() -> None:
    """As the goal for an item's size has it."""
    ids = [user_id(number) for number in range(2000)]
    assert {len(each.encode()) for each in ids} == {36}
    assert len(set(ids)) == 2000


def test_users_are_judged_one_by_one() -> None:
    """One count too many, one missing, one that is right."""
    truth = truth_of([happened(user, "opened", str(number)) for number, user in enumerate("abc")])
    assert wrong_users({"a": {"opened": 2}, "c": {"opened": 1}}, truth) == 2


# ----------------------------------------------------------------------------------------- faults


def test_milepost_counts_exactly_under_faults() -> None:
    """Four workers, crashes between the writes of a batch, lost answers, batches that come again."""
    figures = torment(MILEPOST, Engine(), events(7500, 200, user_id=user_id)[:1500])
    assert figures.wrong_subjects == 0
    assert figures.crashes
    assert figures.conflicts


# ----------------------------------------------------------------------------------------- goals and command


def judged(**worse: float) -> list[Judged]:
    """All goals at batches of 100 with these figures."""
    return judge({100: GOOD | worse})


def test_every_goal_that_was_measured_is_judged() -> None:
    """Without processor time one less."""
    assert {each.figure for each in judged()} == set(GOOD)
    assert gate_passes(judged(), 0)
    assert CPU not in {each.figure for each in judge({100: {name: 0 for name in GOOD if name != CPU}})}


@pytest.mark.parametrize("figure", sorted(GOOD.keys() - {CPU}))
def test_a_figure_above_its_goal_is_not_met_and_stops_the_gate(figure: str) -> None:
    """At the goal it is met."""
    [goal] = [each.goal for each in judged() if each.figure == figure]
    assert gate_passes(judged(**{figure: goal}), 0)
    worse = judged(**{figure: goal + 0.001})
    assert [each.figure for each in worse if not each.met] == [figure]
    assert not gate_passes(worse, 0)


def test_processor_time_stops_the_gate_at_three_times_its_goal() -> None:
    """Machines differ; that the goal is not met is told all the same."""
    slow = judged(**{CPU: 0.12})
    assert [each.figure for each in slow if not each.met] == [CPU]
    assert gate_passes(slow, 0)
    assert not gate_passes(judged(**{CPU: 0.16}), 0)


def test_a_wrong_count_under_faults_stops_the_gate() -> None:
    """Whatever the figures are."""
    assert not gate_passes(judged(), 1)


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Mapping[str, Any]]:
    """The exit status, and the last line."""
    status = main([*SMALL, *options])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_last_line_has_every_column_of_every_design(capsys: pytest.CaptureFixture[str]) -> None:
    """And the goals, the whole path and what became of each design under faults."""
    status, found = run(capsys)
    assert status == 0
    assert found["bench"] == "hotpath"
    columns = {
        "write_units_per_event",
        "read_units_per_event",
        "requests_per_event",
        "cpu_ms_per_event",
        "largest_item_bytes",
        "wrong_subjects",
    }
    for design in DESIGNS:
        for batch in BATCHES:
            row = found["designs"][design.name][str(batch)]
            assert row.keys() == columns
            assert row["wrong_subjects"] == 0
            assert row["cpu_ms_per_event"] is None
    for batch in BATCHES:
        ours, whole = found["designs"]["milepost"][str(batch)], found["whole_path"][str(batch)]
        parts = sum(whole[f"write_units_{part}"] for part in ("index", "bookings", "statistics"))
        assert whole["write_units_per_event"] == pytest.approx(ours["write_units_per_event"] + parts, abs=0.001)
        assert whole["outcomes_per_event"] > 0
    assert found["chaos"].keys() == {design.name for design in DESIGNS}
    assert {each["figure"] for each in found["goals"]} == GOOD.keys() - {CPU}


def test_a_goal_that_is_not_met_stops_the_gate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit status 1, and everything printed all the same."""
    monkeypatch.setattr("milepost_tools.bench.hotpath_goals._MOST", {"requests_per_event": (0.0, 0.0, 0.0)})
    status, found = run(capsys, "--gate", "--no-chaos")
    assert status == 1
    assert not any(each["met"] for each in found["goals"])
    assert found["chaos"] == {}
