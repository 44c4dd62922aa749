"""The table of worked examples: rows in the catalog's own language, run the way that `milepost simulate` runs a log."""

from collections import Counter

import pytest

from milepost_tools.catalog.rules import Reach
from tests.examples.reading import Example, examples, expected_of, outcomes_of

ROWS = list(examples())


@pytest.mark.parametrize("example", ROWS, ids=[each.source for each in ROWS])
def test_what_an_example_says_comes_of_it(example: Example) -> None:
    """Each row names the reading of semantics.md that it pins."""
    assert outcomes_of(example.row) == expected_of(example.row), example.row["says"]


def test_the_table_covers_every_rule_kind() -> None:
    """At least 150 rows, at least 10 a kind, each saying something that no other row says."""
    kinds = Counter(next(iter(each.row["reach"])) for each in ROWS)
    assert len(ROWS) >= 150
    assert set(kinds) == set(Reach.keys())
    assert min(kinds.values()) >= 10
    assert len({each.row["says"] for each in ROWS}) == len(ROWS)
