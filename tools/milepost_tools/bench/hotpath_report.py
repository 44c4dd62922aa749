"""The hot path's figures as a table for people and as one row for programs."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from platform import python_version
from typing import Final

from milepost_tools.bench.hotpath import CHAOS_EVENTS, EXPONENT, Cost, HotpathFigures, Row, WholePath, measure
from milepost_tools.bench.hotpath_cpu import CHECKED, EVENTS
from milepost_tools.bench.hotpath_goals import BATCHES, Judged, gate_passes, judge
from milepost_tools.bench.readme import holds, table_of, write
from milepost_tools.bench.report import Report
from milepost_tools.bench.workload import DUPLICATES

_DIGITS: Final = 4
_MILLISECONDS: Final = 1000
_OUTDATED: Final = "The table in the README says something else: run it with --readme and without --gate."


def report(arguments: argparse.Namespace) -> Report:
    """Measure; met unless a gate was asked for and something stands in its way."""
    figures = measure(arguments.events, arguments.users, cpu=not arguments.no_cpu, chaos=not arguments.no_chaos)
    judged = judge({batch: figures.ratios(batch) for batch in BATCHES})
    row = _row(figures, judged)
    lines = [*_table(figures, judged), *_in_readme(arguments, table_of(row))]
    passes = gate_passes(judged, figures.wrong_under_faults) and _OUTDATED not in lines
    return Report(lines, row, passes or not arguments.gate)


def _in_readme(arguments: argparse.Namespace, table: str) -> Iterator[str]:
    """See to the table in the README: a gate compares it, whoever else asks has it written."""
    if arguments.readme and arguments.gate:
        if not holds(arguments.readme, table):
            yield _OUTDATED
    elif arguments.readme:
        write(arguments.readme, table)
        yield f"Written into {arguments.readme}."


def _row(figures: HotpathFigures, judged: Sequence[Judged]) -> Mapping[str, object]:
    return {
        "bench": "hotpath",
        "python": python_version(),
        "events": figures.events,
        "subjects": figures.subjects,
        "zipf_exponent": EXPONENT,
        "duplicates": DUPLICATES,
        "floor": {str(batch): _round(floor) for batch, floor in figures.floor.items()},
        "designs": {
            name: {str(batch): _columns(figures, batch, name) for batch in figures.rows} for name in _names(figures)
        },
        "whole_path": {str(batch): _whole(figures, each) for batch, each in figures.whole.items()},
        "goals": [
            {
                "figure": each.figure,
                "batch": each.batch,
                "value": _round(each.value),
                "goal": each.goal,
                "met": each.met,
            }
            for each in judged
        ],
        "chaos": {name: asdict(each) for name, each in figures.chaos.items()},
        "write_units_checked": figures.checked,
    }


def _columns(figures: HotpathFigures, batch: int, name: str) -> Mapping[str, float | None]:
    row, seconds = figures.rows[batch][name], figures.cpu.get(batch, {}).get(name)
    return {
        **_per_event(row.cost, figures.events),
        "cpu_ms_per_event": None if seconds is None else _round(seconds * _MILLISECONDS),
        "largest_item_bytes": row.largest,
        "wrong_subjects": row.wrong,
    }


def _per_event(cost: Cost, events: int) -> dict[str, float]:
    return {
        "write_units_per_event": _round(cost.write / events),
        "read_units_per_event": _round(cost.read / events),
        "requests_per_event": _round(cost.requests / events),
    }


def _whole(figures: HotpathFigures, whole: WholePath) -> Mapping[str, float]:
    bookings = whole.booking.write - whole.booking.index - whole.statistics
    return {
        "outcomes_per_event": _round(whole.outcomes / figures.events),
        **_per_event(whole.all, figures.events),
        "write_units_index": _round(whole.all.index / figures.events),
        "write_units_bookings": _round(bookings / figures.events),
        "write_units_statistics": _round(whole.statistics / figures.events),
        "write_units_per_joining_member": _round(whole.joining.write / whole.members),
        "requests_per_joining_member": _round(whole.joining.requests / whole.members),
    }


def _table(figures: HotpathFigures, judged: Sequence[Judged]) -> Iterator[str]:
    yield f"{figures.events:,} events of {figures.subjects:,} subjects, {DUPLICATES:.0%} of them twice"
    yield ""
    yield "batch  design       WCU/event RCU/event  requests  CPU ms    item wrong"
    for batch, rows in figures.rows.items():
        yield from (_line(figures, batch, name, row) for name, row in rows.items())
        yield f"{batch:>5}  {'floor':12} {figures.floor[batch]:>9.3f}"
    yield ""
    yield "The whole path with acknowledgements, index, decisions and statistics, members having joined before:"
    for batch, whole in figures.whole.items():
        each = _whole(figures, whole)
        joining = each["write_units_per_joining_member"]
        yield (
            f"{batch:>5}  {each['write_units_per_event']:.3f} WCU, {each['requests_per_event']:.3f} requests an event "
            f"at {each['outcomes_per_event']:.1%} outcomes: index {each['write_units_index']:.3f}, "
            f"bookings and decisions {each['write_units_bookings']:.3f}, "
            f"statistics {each['write_units_statistics']:.3f}; a member who joins {joining:.2f} once"
        )
    yield from _under_faults(figures)
    yield from _checked(figures)
    yield ""
    for goal in judged:
        verdict = "met" if goal.met else "NOT MET"
        yield f"{goal.batch:>5}  {goal.figure:27} {goal.value:>7.3f}  goal {goal.goal:<6g} {verdict}"


def _line(figures: HotpathFigures, batch: int, name: str, row: Row) -> str:
    each, seconds = _per_event(row.cost, figures.events), figures.cpu.get(batch, {}).get(name)
    cpu = "" if seconds is None else f"{seconds * _MILLISECONDS:.3f}"
    return (
        f"{batch:>5}  {name:12} {each['write_units_per_event']:>9.3f} {each['read_units_per_event']:>9.3f} "
        f"{each['requests_per_event']:>9.3f} {cpu:>7} {row.largest:>7,} {row.wrong:>5,}"
    )


def _under_faults(figures: HotpathFigures) -> Iterator[str]:
    if figures.chaos:
        events = min(CHAOS_EVENTS, figures.events)
        yield ""
        yield f"Under faults, {events:,} events, four workers:"
    for name, each in figures.chaos.items():
        yield (
            f"  {name:12} {each.wrong_subjects:>4,} of {each.subjects:,} subjects wrong; "
            f"{each.invocations} invocations, {each.crashes} crashes, "
            f"{each.lost_answers} lost answers, {each.conflicts:,} conflicts"
        )


def _checked(figures: HotpathFigures) -> Iterator[str]:
    if figures.checked:
        cpu_events, checked = min(EVENTS, figures.events), min(CHECKED, figures.events)
        yield ""
        yield f"CPU: over {cpu_events:,} events, rivals at one batch size. Write units of {checked:,} events:"
    for name, each in figures.checked.items():
        same = "equal" if each["engine"] == each["ministack"] else "DIFFERENT"
        yield f"  {name:12} the engine says {each['engine']:,g}, MiniStack {each['ministack']:,g}: {same}"


def _names(figures: HotpathFigures) -> Sequence[str]:
    return list(next(iter(figures.rows.values())))


def _round(value: float) -> float:
    return round(value, _DIGITS)
