from json import loads

import pytest

from milepost.application.folding import Folding
from milepost_tools.cli import main
from milepost_tools.commands import prove
from milepost_tools.prove import many, planted
from milepost_tools.prove.many import caught
from milepost_tools.prove.seed import Result

QUICK = (
    "takes a lost race for done",
    "ignores the ledger",
    "acknowledges whatever the topic says",
    "names a nudge by its time",
    "never arms what waits for the clock",
)
"""Some of each kind, that few seeds find; `make prove` plants all."""


@pytest.mark.parametrize("bug", QUICK)
def test_a_planted_bug_is_found(bug: str) -> None:
    """Else the simulation would not see that mistake in the code either."""
    found = caught(bug, 0, 30)
    assert found is not None
    assert found.wrong


def test_a_seed_that_goes_wrong_anyway_has_found_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would pass for having found each of them, and say nothing of any."""
    monkeypatch.setattr(many, "run_seed", lambda number: Result(number, ("wrong as it is",)))
    assert caught(QUICK[0], 0, 3) is None


@pytest.mark.parametrize("bug", planted.BUGS)
def test_a_bug_is_gone_once_it_was_tried(bug: str) -> None:
    """The next seed meets the code as it is."""
    owner, name, _ = planted.BUGS[bug]()
    real = getattr(owner, name)
    with planted.planted(bug):
        assert getattr(owner, name) is not real
    assert getattr(owner, name) is real


def test_the_command_names_the_seed_that_found_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And fails for one that was not found."""
    name = "takes a lost race for done"
    monkeypatch.setattr(prove, "_PATIENCE", 8)
    monkeypatch.setattr(planted, "BUGS", {name: planted.BUGS[name]})
    assert main(["prove", "--planted", "--processes", "1"]) == 0
    row = loads(capsys.readouterr().out.splitlines()[-1])
    assert (row["prove"], row["patience"], list(row["found"])) == ("planted", 8, [name])
    monkeypatch.setattr(planted, "BUGS", {"is none": lambda: (Folding, "fold", Folding.fold)})
    assert main(["prove", "--planted", "--processes", "1"]) == 1
    assert loads(capsys.readouterr().out.splitlines()[-1])["found"] == {"is none": None}
