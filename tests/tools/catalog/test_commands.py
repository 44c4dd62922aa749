from json import loads
from pathlib import Path

import pytest

from milepost_tools.catalog import CatalogError, compile_catalog, load_catalog
from milepost_tools.cli import main
from milepost_tools.commands.schema import catalog_schema
from milepost_tools.problem import ProblemError
from tests.tools.catalog.catalogs import COUNT, with_milestone, with_reach

GOOD = with_milestone(
    """
    reach: {count: {event: [bought, signed_up], at_least: 2}}
    on_reached: [{channel: [in_app, email], template: t}]
    """
)
ADVISED = with_reach(COUNT)
BAD = GOOD.replace("version: 3", "version: x")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A good catalog in a file."""
    return _written(tmp_path / "good.yaml", GOOD)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A catalog with one finding in a file."""
    return _written(tmp_path / "bad.yaml", BAD)


@pytest.fixture
def advised(tmp_path: Path) -> Path:
    """A good catalog, on which there is advice, in a file."""
    return _written(tmp_path / "advised.yaml", ADVISED)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_validate_sums_up_each_good_file(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good file is one line and success."""
    assert main(["validate", str(good)]) == 0
    assert capsys.readouterr().out == f"{good}: ok, shop version 3: 1 milestone, 2 events\n"


def test_validate_prints_every_finding_and_goes_on(good: Path, bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad file does not keep the next one from being checked."""
    assert main(["validate", str(bad), str(good)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{bad}:2: version: must be a whole number")
    assert second.startswith(f"{good}: ok")


def test_advice_follows_a_good_file_in_the_order_of_its_lines(
    advised: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told, and it is no mistake."""
    assert main(["validate", str(advised)]) == 0
    summary, *advice = capsys.readouterr().out.splitlines()
    assert summary.startswith(f"{advised}: ok, ")
    assert [line.split(": ")[:3] for line in advice] == [
        [f"{advised}:6", "events.signed_up", "advice"],
        [f"{advised}:7", "milestones", "advice"],
    ]


def test_strict_takes_advice_for_a_finding(good: Path, advised: Path, bad: Path) -> None:
    """For a team that wants its build to fail for it; a file without any passes."""
    assert main(["validate", "--strict", str(good)]) == 0
    assert main(["validate", "--strict", str(good), str(advised)]) == 1
    assert main(["validate", "--strict", str(bad)]) == 1


@pytest.mark.parametrize("command", ["validate", "build"])
def test_a_file_that_cannot_be_read_is_a_problem(command: str, tmp_path: Path) -> None:
    """It is told apart from a catalog that is wrong."""
    assert main([command, str(tmp_path / "none.yaml")]) == 2
    assert main([command, str(tmp_path)]) == 2


def test_build_writes_the_layer(good: Path, tmp_path: Path) -> None:
    """The layer is a package with the compiled catalog beside its `__init__`."""
    assert main(["build", str(good), "--output", str(tmp_path / "layer")]) == 0
    package = tmp_path / "layer/python/milepost_catalog"
    assert {path.name for path in package.iterdir()} == {"__init__.py", "catalog.json"}
    assert loads((package / "catalog.json").read_text(encoding="utf-8")) == compile_catalog(good)


def test_build_writes_nothing_for_a_catalog_with_a_finding(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is deployed is always a catalog that was validated."""
    assert main(["build", str(bad), "--output", str(tmp_path / "layer")]) == 1
    assert ":2: version: " in capsys.readouterr().out
    assert not (tmp_path / "layer").exists()


def test_build_tells_where_it_cannot_write(good: Path) -> None:
    """A folder that is a file is a problem, not a traceback."""
    assert main(["build", str(good), "--output", str(good)]) == 2


def test_load_catalog_gives_what_the_core_reads(good: Path) -> None:
    """Other tools need no compiled file."""
    assert load_catalog(good).milestones["m"].title == "M"


def test_a_catalog_error_carries_its_findings(bad: Path) -> None:
    """Other tools can print it like any other problem, or look inside."""
    with pytest.raises(CatalogError) as refused:
        load_catalog(bad)
    assert isinstance(refused.value, ProblemError)
    assert [(finding.line, finding.place) for finding in refused.value.findings] == [(2, ("version",))]
    assert f"{bad}:2: version: " in refused.value.remedy


def test_schema_prints_the_json_schema_of_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    """It is what editors are pointed at."""
    assert main(["schema"]) == 0
    assert loads(capsys.readouterr().out) == catalog_schema()
