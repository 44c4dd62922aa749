"""The inputs that were kept, and some hundreds of new ones from seeds; `make fuzz` tries a million."""

from collections import Counter
from json import loads
from pathlib import Path

import pytest

from milepost.application import ingest, ports
from tests.fuzz.trying import BOUNDARIES, tried

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*/*.json"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_was_kept_is_still_served_as_it_was(path: Path) -> None:
    """Each stands for a reason that an input can be refused for, or was once not handled."""
    kept = loads(path.read_text(encoding="utf-8"))
    assert BOUNDARIES[path.parent.name].check([kept["input"]]) == [kept["becomes"]]


def test_something_was_kept_for_every_boundary() -> None:
    """Otherwise the test above could be about nothing."""
    assert {path.parent.name for path in CORPUS} == set(BOUNDARIES)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_no_law_is_broken_by_new_inputs(boundary: str) -> None:
    """And they are no trifle: some are taken, and some are not."""
    found = [tried((boundary, f"{boundary}-{number}", 50)) for number in range(4)]
    assert [each.unhandled for each in found] == [[], [], [], []]
    assert len(sum((each.codes for each in found), Counter[str]())) > 1


def test_the_input_that_breaks_a_law_is_named_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a reason that quotes what it refuses."""
    monkeypatch.setattr(ingest, "Refusal", lambda id_, body, reason: ports.Refusal(id_, body, f"{reason} {body}"))
    found = tried(("events", "planted", 50))
    assert 0 < len(found.unhandled) < 50
    assert all("AssertionError" in told for _, told in found.unhandled)
