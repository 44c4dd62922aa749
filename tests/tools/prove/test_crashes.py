from json import loads

import pytest

from milepost_tools.cli import main
from milepost_tools.prove import crashes
from milepost_tools.prove.planted import planted


@pytest.fixture(scope="module")
def calls() -> int:
    """Of the reference history, if nothing goes wrong in it."""
    return crashes.run_script({}).calls


def test_the_reference_history_has_in_it_what_a_crash_could_break() -> None:
    """A spill, a merge, a deadline that is missed, a booking."""
    assert crashes.missing() == []


def test_a_history_without_a_segment_is_no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a change of the history that takes something out of it is noticed."""
    monkeypatch.setattr(crashes, "_LEDGER", 100)
    assert crashes.missing() == ["a spill to a segment"]


def test_no_crash_at_any_call_does_harm(calls: int) -> None:
    """Before it, after it, or with its answer lost."""
    wrong = {
        str(script): result.wrong for script in crashes.singles(calls) if (result := crashes.run_script(script)).wrong
    }
    assert wrong == {}


def test_a_crash_changes_the_history(calls: int) -> None:
    """Each at its own call: else nothing would be tried."""
    usual = crashes.run_script({}).trace
    traces = [crashes.run_script({number: "crash before"}).trace for number in range(1, calls + 1)]
    assert usual not in traces
    assert len(set(traces)) == calls


def test_pairs_are_every_later_call_of_the_run_that_goes_on() -> None:
    """With a crash before it, and after it."""
    assert list(crashes.pairs({1: 3, 3: 4})) == [
        {1: "crash before", 2: "crash before"},
        {1: "crash before", 2: "crash after"},
        {1: "crash before", 3: "crash before"},
        {1: "crash before", 3: "crash after"},
        {3: "crash before", 4: "crash before"},
        {3: "crash before", 4: "crash after"},
    ]


def test_the_command_counts_what_was_tried_and_names_what_went_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And fails for it."""
    monkeypatch.setattr(crashes, "singles", lambda _: ({number: "crash after"} for number in range(1, 21)))
    monkeypatch.setattr(crashes, "pairs", lambda _: [{1: "crash before", 2: "crash after"}])
    monkeypatch.setattr(crashes, "missing", list)
    assert main(["prove", "--crashes", "--processes", "1"]) == 0
    row = loads(capsys.readouterr().out.splitlines()[-1])
    assert (row["prove"], row["singles"], row["pairs"], row["wrong"]) == ("crashes", 20, 1, [])
    with planted("ignores the ledger"):
        crashes.forget()
        assert main(["prove", "--crashes", "--processes", "1"]) == 1
    crashes.forget()
    assert loads(capsys.readouterr().out.splitlines()[-1])["wrong"]
