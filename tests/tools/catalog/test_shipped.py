"""The catalogs that the project ships, and the schema that editors check them with."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

from milepost_tools.catalog import CatalogError, compile_catalog, load_catalog
from milepost_tools.commands.build import CATALOG, INIT, LAYER, PACKAGE, rendered
from milepost_tools.commands.schema import catalog_schema
from tests.tools.catalog.catalogs import COUNT, with_milestone, with_reach

ROOT = Path(__file__).parents[3]
STARTER = ROOT / CATALOG
CDNOW = ROOT / "tests/data/cdnow/catalog.yaml"
SUPPORTED = ROOT / "tests/data/cdnow/catalog-count-sum.yaml"


def schema_errors(text: str) -> list[Any]:
    """What an editor would underline."""
    return list(Draft202012Validator(catalog_schema()).iter_errors(safe_load(text)))


def test_the_committed_layer_is_the_starter_catalog_compiled() -> None:
    """Whoever changes the catalog runs `milepost build`."""
    package = ROOT / LAYER / PACKAGE
    assert (package / "catalog.json").read_text(encoding="utf-8") == rendered(compile_catalog(STARTER))
    assert (package / "__init__.py").read_text(encoding="utf-8") == INIT


def test_the_starter_catalog_is_read_by_the_core() -> None:
    """It shows both rules, a deadline and all three paths."""
    milestones = load_catalog(STARTER).milestones.values()
    assert {type(each.rule).__name__ for each in milestones} == {"Count", "Sum"}
    assert any(all(each.steps.values()) for each in milestones if each.within)


def test_what_this_release_lacks_of_the_sample_is_found_line_by_line() -> None:
    """Five of the sixteen definitions are refused by name, and nothing else is."""
    with pytest.raises(CatalogError) as refused:
        compile_catalog(CDNOW)
    assert [(finding.line, finding.place[1], finding.place[-1]) for finding in refused.value.findings] == [
        (14, "days-7", "days"),
        (20, "streak-2d", "streak"),
        (27, "streak-4w", "streak"),
        (34, "anniversary-1y", "date"),
        (123, "inactive-30d", "silence"),
    ]


def test_the_rest_of_the_sample_is_read_by_the_core() -> None:
    """Its eleven counts and sums are supported."""
    assert len(load_catalog(SUPPORTED).milestones) == 11


def test_the_schema_takes_the_starter_catalog() -> None:
    """An editor underlines nothing in it."""
    Draft202012Validator.check_schema(catalog_schema())
    assert schema_errors(STARTER.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        with_reach(""),
        with_reach(f"{COUNT}, sum: {{event: bought, of: amount, at_least: 1}}"),
        with_reach("count: {event: bought, at_least: 1, in: 7 days}"),
        with_reach("days: {event: bought, at_least: 1}"),
        with_milestone(f"reach: {{{COUNT}}}\nwithin:"),
        with_milestone(f"reach: {{{COUNT}}}\ntier: medium"),
        with_milestone(f"reach: {{{COUNT}}}\non_reached: [{{channel: fax, template: t}}]"),
    ],
)
def test_the_schema_refuses_what_one_place_shows_to_be_wrong(text: str) -> None:
    """Editors find most mistakes while they are being typed."""
    assert schema_errors(text)
