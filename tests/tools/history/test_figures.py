from collections import Counter
from fractions import Fraction
from pathlib import Path
from statistics import quantiles as reference
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.catalog import catalog_from_compiled
from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND
from milepost_tools.history.as_json import as_json
from milepost_tools.history.figures import Figures, figures_of
from milepost_tools.history.layout import clipped, elapsed
from milepost_tools.history.part import Job, run_part
from milepost_tools.history.pressure import pressure_of
from milepost_tools.history.quantiles import quantile, quantiles
from milepost_tools.history.source import Source
from milepost_tools.history.summary import summary
from tests.tools.history.logs import compiled_shop, message, ndjson


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Figures:
    """Four members: one in time, one too late, one never, one who only ordered."""
    log: list[dict[str, Any] | str] = [
        message("signed_up", "01-01", "in_time"),
        message("signed_up", "01-01", "late"),
        message("signed_up", "01-01", "never"),
        message("ordered", "01-03", "in_time", properties={"amount": 45}),
        message("ordered", "01-03", "other"),
        message("ordered", "01-05", "in_time"),
        message("ordered", "01-12", "late"),
        "broken",
    ]
    ndjson(tmp_path, *log)
    monkeypatch.chdir(tmp_path)
    catalog = compiled_shop(tmp_path)
    return figures_of(catalog_from_compiled(catalog), run_part(Job(Source("log.ndjson"), catalog)))


def test_a_milestone_tells_who_got_there_and_who_did_not(figures: Figures) -> None:
    """Without a deadline nobody can miss it."""
    first, second, spent = figures.milestones
    assert (figures.members, first.reached, first.missed, first.recovered) == (4, 1, 2, 1)
    assert (second.reached, second.missed, spent.reached) == (1, None, 1)


def test_the_time_to_a_milestone_is_from_the_first_event_and_counts_those_who_were_late(figures: Figures) -> None:
    """2 and 11 days; who only ordered never signed up, so that no deadline ran."""
    assert figures.milestones[0].times == (2 * DAY, 2 * DAY, 11 * DAY)
    assert figures.milestones[1].times == (4 * DAY, 4 * DAY, 4 * DAY)


def test_the_funnel_starts_anew_with_each_stage(figures: Figures) -> None:
    """Of those who got to the one before, how many got to this one; the first is compared with the members."""
    found = [(each.funnel.previous, each.funnel.before, each.funnel.after) for each in figures.milestones]
    assert found == [(None, 4, 2), ("first-order", 2, 1), (None, 4, 1)]


def test_pressure_counts_what_was_sent_by_member_and_day(figures: Figures) -> None:
    """Three to one member on one day, one to another; the other member-days have none."""
    sent = [("a", "2026-01-02T00:00:00Z", "sent")] * 3 + [("b", "2026-01-01T23:59:59.5Z", "sent")]
    rows = [
        {"subject": subject, "decided_at": at, "verdict": verdict}
        for subject, at, verdict in [*sent, ("a", "2026-01-03T00:00:00Z", "suppressed")]
    ]
    found = pressure_of(rows, {"a": 0, "b": 5 * DAY + HOUR}, 9 * DAY)
    assert (found.active.days, found.active.at) == (2, (1, 3, 3, 3))
    assert (found.every.days, found.every.at) == (10 + 5, (0, 3, 3, 3))
    assert figures.pressure.every.days == 12 + 12 + 12 + 10
    assert pressure_of([], {}, 0).every.at is None


def test_the_summary_is_aligned_and_fits(figures: Figures) -> None:
    """120 columns, and everything that was worked out is in it."""
    text = summary(figures)
    assert max(map(len, text.splitlines())) <= 120
    for line in (
        "Events: 7 counted, 0 sent again, 1 refused.",
        "  first-order   reached       1 ( 25.0%)  missed       2 ( 50.0%)  recovered       1 ( 25.0%)",
        "  second-order  reached       1 ( 25.0%)",
        "  first-order   median          2d   half of them          2d to         11d",
        "  activation",
        "    first-order         2 ( 50.0%) of 4 members",
        "    second-order        1 ( 50.0%) of 2 members with first-order",
        "  on days with at least one        p50   1  p95   3  p99   3  most   3  of 2 member-days",
    ):
        assert line in text.splitlines(), text
    assert "  log.ndjson:8: The message is not JSON" in text


def test_the_same_figures_for_programs(figures: Figures) -> None:
    """Durations in seconds."""
    found = as_json(figures)
    assert found["members"] == 4
    assert found["events"] == {"counted": 7, "duplicate": 0, "refused": 1}
    assert found["milestones"]["first-order"]["seconds_from_first_event"]["median"] == 2 * 86_400
    assert found["milestones"]["second-order"]["missed"] is None
    assert found["nudges_sent_per_member_day"]["all_days"]["member_days"] == 46


@given(st.lists(st.integers(-5, 5), min_size=1), st.integers(0, 100))
def test_a_quantile_is_the_least_value_that_enough_do_not_exceed(values: list[int], percent: int) -> None:
    """The definition itself."""
    found = quantile(Counter(values), Fraction(percent, 100))
    assert found in values
    assert 100 * sum(each <= found for each in values) >= percent * len(values)
    assert all(100 * sum(each <= lower for each in values) < percent * len(values) for lower in values if lower < found)


def test_quantiles_of_many_agree_with_the_library_and_of_none_are_none() -> None:
    """Where interpolation does not matter the two definitions are one."""
    values = list(range(1_001))
    assert quantiles(Counter(values), (25, 50, 75)) == tuple(map(int, reference(values, n=4, method="inclusive")))
    assert quantiles(Counter(), (50,)) is None


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0, "0s"),
        (SECOND // 2, "0s"),
        (59 * SECOND, "59s"),
        (MINUTE + SECOND, "1min 1s"),
        (2 * HOUR, "2h"),
        (DAY + 5 * MINUTE, "1d"),
        (136 * DAY + 23 * HOUR + MINUTE, "136d 23h"),
        (-DAY, "-1d"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(duration: int, text: str) -> None:
    """Nobody wants the seconds of a month."""
    assert elapsed(duration) == text


def test_names_in_tables_are_clipped_and_cannot_command_a_terminal() -> None:
    """They came from outside."""
    assert clipped("x" * 37) == "x" * 33 + "..."
    assert clipped("\x1b[2J") == "\\x1b[2J"
