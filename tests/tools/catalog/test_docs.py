"""docs/catalog.md says what the language is: no more, no less, and with the right numbers."""

import re
from pathlib import Path
from typing import Final

import pytest

from milepost.domain.rules import KINDS, build
from milepost.domain.schedule import MOST_PENDING
from milepost_tools.catalog.advice import ADVICE
from milepost_tools.catalog.budget import MOST_BYTES, memory_of, most_bytes
from milepost_tools.catalog.facts import MOST_TOTALS, CallToAction, Total
from milepost_tools.catalog.language import MOST_MILESTONES, MOST_STEPS, Catalog, Event, Milestone, Step, Within
from milepost_tools.catalog.matching import Comparison
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.rules import Reach, count, days, distinct, members, sequence, streak
from tests.tools.catalog.catalogs import compile_text, found

PAGE: Final = Path(__file__).parents[3] / "docs/catalog.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
MAX_AGE: Final = "35d"


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its own head."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def compiled_rule(rule: str) -> dict[str, object]:
    """An example as the core reads it; without a tracking plan any event may be used."""
    text = f"catalog: c\nversion: 1\nmax_age: {MAX_AGE}\nmilestones: {{m: {{reach: {{{rule}}}}}}}\n"
    reach: dict[str, object] = compile_text(text)["milestones"]["m"]["reach"]
    return reach


def test_there_is_one_row_for_every_kind_of_rule() -> None:
    """With exactly the keys that it has."""
    rows = {kind.strip("`"): re.findall("`([a-z_]+)`", keys) for kind, keys, _ in table("Rules")}
    assert set(rows) == set(KINDS)
    assert len(table("Rules")) == len(KINDS)
    for kind, keys in rows.items():
        part: type[Part] = next(iter(parts(kind)))
        assert sorted(keys) == sorted(part.keys()), kind


def parts(kind: str) -> list[type[Part]]:
    """The part of the language that a kind of rule is."""
    annotation = Reach.model_fields[kind].annotation
    return [each for each in getattr(annotation, "__args__", ()) if isinstance(each, type) and issubclass(each, Part)]


def test_every_kind_says_what_it_remembers() -> None:
    """And no kind is left out."""
    assert {row[0].strip("`") for row in table("What it costs to remember")} == set(KINDS)


@pytest.mark.parametrize("row", table("What it costs to remember"), ids=lambda row: row[2])
def test_the_bytes_of_an_example_are_those_that_count_against_the_budget(row: list[str]) -> None:
    """As `milepost validate` reckons."""
    kind, _, example, told = row
    options = compiled_rule(example.strip("`"))
    assert options["kind"] == kind.strip("`")
    assert f"{most_bytes(build(options), memory_of(MAX_AGE)):,}" == told


def test_the_budget_is_that_of_the_code() -> None:
    """In bytes."""
    assert f"may take {MOST_BYTES:,} bytes" in TEXT.replace("\n", " ")


def test_all_catalogs_of_the_page_are_right() -> None:
    """They are copied."""
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert blocks
    assert [found(block) for block in blocks] == [[]] * len(blocks)


@pytest.mark.parametrize(
    "part", [Catalog, Milestone, Event, Step, Within, Comparison, Total, CallToAction], ids=lambda part: part.__name__
)
def test_every_key_is_explained(part: type[Part]) -> None:
    """Those of later releases are named as such."""
    explained = re.sub(r"```yaml\n.*?```", "", TEXT, flags=re.DOTALL)
    named = set(re.findall(r"[`{ ]([a-z_]+)[:`]", explained))
    assert {*part.keys(), *part.later} <= named


def test_every_piece_of_advice_has_its_reason() -> None:
    """Under the name that the code gives it."""
    assert [row[0] for row in table("Advice")] == list(ADVICE)
    assert all(len(row) == 3 and row[2] for row in table("Advice"))


def test_the_limits_are_those_of_the_code() -> None:
    """Each in the row of what it limits."""
    assert sequence.MOST == members.MOST_MEMBERS
    assert distinct.MOST == streak.MOST
    assert {row[0]: row[1] for row in table("Limits")} == {
        "milestones": f"{MOST_MILESTONES}",
        "steps on one path": f"{MOST_STEPS}",
        "nudges of one subject that wait": f"{MOST_PENDING}",
        "members of `all` and `any`, steps of a `sequence`": f"{members.MOST_MEMBERS}",
        "conditions in one `where` or `audience`": "20",
        "totals": f"{MOST_TOTALS}",
        "`at_least` of `count`": f"{count.MOST:,}",
        "`at_least` of `days`": f"{days.MOST:,}",
        "`at_least` of `distinct` and `streak`": f"{streak.MOST:,}",
        "`freezes`": f"{streak.MOST_FREEZES}",
    }


def test_the_page_is_one_that_people_read() -> None:
    """A reference, not a book."""
    assert len(TEXT.splitlines()) <= 250
