"""The catalogs that the project ships."""

from pathlib import Path

from milepost.adapters.compiled_catalog import TEMPLATES
from milepost_tools.catalog import load_catalog
from milepost_tools.catalog.advice import advice_on
from milepost_tools.catalog.check import read_catalog
from milepost_tools.commands.build import CATALOG, INIT, LAYER, PACKAGE, rendered
from milepost_tools.templates.check import check_templates
from milepost_tools.templates.compile import compile_with_templates

ROOT = Path(__file__).parents[3]
STARTER = ROOT / CATALOG
CDNOW = ROOT / "tests/data/cdnow/catalog.yaml"


def test_the_committed_layer_is_the_starter_catalog_compiled() -> None:
    """Whoever changes the catalog or its templates runs `milepost build`."""
    package = ROOT / LAYER / PACKAGE
    catalog, contents = compile_with_templates(STARTER)
    assert (package / "catalog.json").read_text(encoding="utf-8") == rendered(catalog)
    assert (package / "__init__.py").read_text(encoding="utf-8") == INIT
    assert contents is not None
    assert (package / TEMPLATES).read_text(encoding="utf-8") == rendered(contents)


def test_the_starter_catalog_is_read_by_the_core() -> None:
    """It shows both rules, a deadline and all three paths."""
    milestones = load_catalog(STARTER).milestones.values()
    assert {type(each.rule).__name__ for each in milestones} == {"Count", "Sum"}
    assert any(all(each.steps.values()) for each in milestones if each.within)


def test_the_sample_is_read_by_the_core() -> None:
    """Its sixteen definitions show six kinds of rules."""
    assert {each.rule.__class__.__name__ for each in load_catalog(CDNOW).milestones.values()} == {
        "Count",
        "Sum",
        "Days",
        "Streak",
        "Date",
        "Silence",
    }
    assert len(load_catalog(CDNOW).milestones) == 16


def test_there_is_hardly_any_advice_on_the_starter_catalog() -> None:
    """Whoever starts from it is not told off for it."""
    (advice,) = advice_on(read_catalog(STARTER).catalog)
    assert advice[0] == ("events", "class_booked")


def test_there_is_nothing_to_say_of_its_templates() -> None:
    """Each is used, and fails for nobody."""
    checked = check_templates(STARTER, read_catalog(STARTER))
    assert (checked.findings, checked.advice) == ([], [])
    assert checked.templates


def test_a_catalog_that_only_measures_is_advised_once() -> None:
    """Not once for each of its milestones."""
    (advice,) = advice_on(read_catalog(CDNOW).catalog)
    assert advice[0] == ("milestones",)
