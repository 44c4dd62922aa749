import ast
from collections.abc import Iterator, Mapping
from itertools import count
from json import loads
from pathlib import Path
from typing import Any

import pytest

from milepost.adapters.telemetry import METRICS, LogEvent, Telemetry

ROOT = Path(__file__).parents[2]
_NUMBERS = count()


pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service name for each test: powertools keeps a logger, and the stdout that it saw, for each name."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"telemetry-{next(_NUMBERS)}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Milepost")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")


def lines(capsys: pytest.CaptureFixture[str]) -> list[Mapping[str, Any]]:
    """What was written to stdout, every line of it JSON; nothing goes to stderr."""
    written = capsys.readouterr()
    assert written.err == ""
    return [loads(line) for line in written.out.splitlines()]


def test_metrics_leave_as_one_line_of_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    """CloudWatch Logs turns it into metrics, so there is no call to wait for."""
    telemetry = Telemetry()
    with telemetry.invocation():
        telemetry.count({"counted": 3, "duplicate": 0, "conflict": 2})
        telemetry.gauge_seconds("OverdueSeconds", 1.5)
    [line] = lines(capsys)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert directive["Namespace"] == "Milepost"
    assert directive["Dimensions"] == [["service"]]
    assert units == {
        "Invocations": "Count",
        "EventsCounted": "Count",
        "WriteConflicts": "Count",
        "OverdueSeconds": "Seconds",
    }
    assert {name: line[name] for name in units} == {
        "Invocations": [1.0],
        "EventsCounted": [3.0],
        "WriteConflicts": [2.0],
        "OverdueSeconds": [1.5],
    }


def test_metrics_are_flushed_whatever_happens(capsys: pytest.CaptureFixture[str]) -> None:
    """What was counted before an invocation failed was counted, and the next begins with nothing."""
    telemetry = Telemetry()

    def fail() -> None:
        with telemetry.invocation():
            telemetry.count({"counted": 1})
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    [line] = lines(capsys)
    assert line["EventsCounted"] == [1.0]
    with telemetry.invocation():
        pass
    [line] = lines(capsys)
    assert "EventsCounted" not in line


def test_two_counts_of_one_kind_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    """None replaces the other."""
    telemetry = Telemetry()
    with telemetry.invocation():
        telemetry.count({"counted": 1})
        telemetry.count({"counted": 2})
    [line] = lines(capsys)
    assert sum(line["EventsCounted"]) == 3


@pytest.mark.parametrize(("level", "name"), [("info", "INFO"), ("warning", "WARNING")])
def test_a_log_line_is_json_with_its_level_and_facts(capsys: pytest.CaptureFixture[str], level: str, name: str) -> None:
    """The message is one of the enumerated events, word for word."""
    telemetry = Telemetry()
    getattr(telemetry, level)(LogEvent.HANDED_BACK, messages=4)
    [line] = lines(capsys)
    assert (line["level"], line["message"], line["messages"]) == (name, "messages handed back", 4)


def test_every_log_event_is_its_own() -> None:
    """Two under one text could not be told apart."""
    assert len({event.value for event in LogEvent}) == len(LogEvent)


def test_a_count_without_a_metric_is_an_error() -> None:
    """Not silence: whoever adds one names its metric."""
    telemetry = Telemetry()
    with pytest.raises(KeyError):
        telemetry.count({"something_new": 1})


def _tallied(tree: ast.AST) -> Iterator[str]:
    """The keys of `tally[...]` and of `Counter(key=...)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(
                value=ast.Name(id="tally") | ast.Attribute(attr="tally"), slice=ast.Constant(value=str(key))
            ):
                yield key
            case ast.Call(func=ast.Name(id="Counter"), keywords=keywords):
                yield from (keyword.arg for keyword in keywords if keyword.arg)
            case ast.Call(func=ast.Attribute(attr="_count"), args=[ast.Constant(value=str(key))]):
                yield key
            case ast.Call(func=ast.Attribute(attr="count"), args=[ast.Dict(keys=names)]):
                yield from (
                    name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)
                )


def test_every_count_of_the_application_has_a_metric_and_every_metric_a_count() -> None:
    """Read from the source, so that a count nobody tested is found too."""
    sources = [*(ROOT / "shared" / "milepost").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    counted = {key for path in sources for key in _tallied(ast.parse(path.read_text(encoding="utf-8")))}
    assert counted == METRICS.keys()
    assert len(set(METRICS.values())) == len(METRICS)
