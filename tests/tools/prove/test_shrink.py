import pytest

from milepost_tools.cli import main
from milepost_tools.prove import shrink
from milepost_tools.prove.faults import MOST
from milepost_tools.prove.planted import planted
from milepost_tools.prove.seed import run_seed
from milepost_tools.prove.shrink import less_than


def test_what_goes_well_is_not_shrunk() -> None:
    """There is nothing to find."""
    assert less_than(3) == frozenset()


def test_a_failing_seed_is_left_with_what_it_needs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ignored ledger shows as soon as anything comes twice: most faults and messages can go, and it still fails."""
    with planted("ignores the ledger"):
        without = less_than(0)
        assert run_seed(0, without=without).wrong
        monkeypatch.setattr(shrink, "less_than", lambda seed: {0: without}[seed])  # It takes long enough once.
        assert main(["prove", "--seed", "0", "--shrink"]) == 1
    assert len(without & MOST.keys()) > len(MOST) / 2
    assert any(isinstance(each, int) for each in without)
    assert capsys.readouterr().out.startswith("It fails as well without ")
