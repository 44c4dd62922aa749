"""The tables of faults and threats name tests that there are."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
COMING = {"tools/prove/test_seeds.py", "tools/prove/test_planted.py", "e2e/test_prove_local.py"}
"""Of the simulation and of the run with killed processes: not looked into as long as they are not there."""
REASON = re.compile(r"not covered: \w.{15,}")


def rows(document: str) -> list[list[str]]:
    """The cells of each row of a document's only table, without its head."""
    lines = (DOCS / document).read_text(encoding="utf-8").splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return table[2:]


def by_layer(cell: str) -> Mapping[str, str]:
    """What a cell says for each layer that it names."""
    parts = re.split(r"\*\*([PSMET])\*\*", cell)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests of a file."""
    parsed = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in parsed.body if isinstance(node, ast.FunctionDef))


def missing(text: str) -> Iterator[str]:
    """The tests that a text names and that there are not."""
    for path, name in NAMED.findall(text):
        if not (TESTS / path).exists():
            yield from () if path in COMING else [path]
        elif name not in names_in(path):
            yield f"{path}::{name}"


@pytest.mark.parametrize("row", rows("faults.md"), ids=lambda row: row[0][:40])
def test_each_fault_is_shown_at_each_of_its_layers(row: list[str]) -> None:
    """By tests that there are, or it says why by none."""
    _, _, layers, shown = row
    said = by_layer(shown)
    assert list(said) == layers.split()
    assert not [layer for layer, tests in said.items() if not (NAMED.search(tests) or REASON.search(tests))]
    assert list(missing(shown)) == []


@pytest.mark.parametrize("row", rows("threat-model.md"), ids=lambda row: row[1][:40])
def test_each_control_is_held_by_a_test(row: list[str]) -> None:
    """That there is."""
    assert NAMED.search(row[3])
    assert list(missing(row[3])) == []


def test_a_name_that_is_wrong_is_found() -> None:
    """Else the tests above could not fail."""
    text = "`test_faults.py::test_that_never_was` `nowhere/test_x.py::test_y`"
    assert list(missing(text)) == ["test_faults.py::test_that_never_was", "nowhere/test_x.py"]
    assert not REASON.search("not covered:")
