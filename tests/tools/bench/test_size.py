"""What is measured is what is deployed: a new build, or the sources as the build would lay them out."""

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from milepost_tools.bench import cold_start, size_report
from milepost_tools.bench.artifact import is_built, not_pure, parts
from milepost_tools.bench.cold_start import ColdStart
from milepost_tools.bench.size_report import MOST_ZIPPED, Size, sizes
from milepost_tools.cli import main
from milepost_tools.local.archive import zipped
from milepost_tools.problem import ProblemError

TEMPLATE = """
Globals: {Function: {Runtime: python3.13}}
Resources:
  SharedLayer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: shared/}
  IngestFunction: {Type: "AWS::Serverless::Function", Properties: {CodeUri: functions/ingest/}}
  Table: {Type: "AWS::DynamoDB::Table", Properties: {}}
"""
SOURCES = {
    "template.yaml": TEMPLATE,
    "shared/milepost/__init__.py": "a" * 1000,
    "shared/milepost/__pycache__/__init__.cpython-313.pyc": "b" * 1000,
    "functions/__init__.py": "",
    "functions/ingest/__init__.py": "",
    "functions/ingest/handler.py": "c" * 10,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A made-up checkout, whose sources are an hour old."""
    for path, text in SOURCES.items():
        _write(tmp_path / path, text, hours=-1)
    return tmp_path


def _write(path: Path, text: str, hours: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    instant = 1_800_000_000 + hours * 3600
    os.utime(path, (instant, instant))


def test_a_tree_is_counted_as_uploaded_and_as_it_lies_on_disk(project: Path) -> None:
    """Nothing that Python compiled is in it, a layer's packages go under python/, a function keeps its path."""
    found = parts(project)
    assert set(found["SharedLayer"]) == {"python/milepost/__init__.py"}
    assert set(found["IngestFunction"]) == {each for each in SOURCES if each.startswith("functions/")}
    assert sizes(found)["SharedLayer"] == Size(len(zipped(found["SharedLayer"])), 1000)
    assert sizes(found)["IngestFunction"].unpacked == 10


def test_the_zip_holds_the_tree_and_is_the_same_every_time(project: Path) -> None:
    """Sizes can be compared between two runs and two machines."""
    files = parts(project)["IngestFunction"]
    assert zipped(files) == zipped(dict(sorted(files.items(), reverse=True)))
    assert set(zipfile.ZipFile(BytesIO(zipped(files))).namelist()) == set(files)


def test_a_new_build_is_measured_and_an_old_one_is_not(project: Path) -> None:
    """A part that the build left out, as one that needs no building, comes from its source."""
    built = project / ".aws-sam/build"
    _write(built / "SharedLayer/python/milepost/__init__.py", "d" * 7, hours=0)
    _write(built / "template.yaml", "", hours=0)
    assert is_built(project)
    assert sizes(parts(project))["SharedLayer"].unpacked == 7
    assert sizes(parts(project))["IngestFunction"].unpacked == 10
    _write(project / "functions/ingest/handler.py", "changed", hours=1)
    assert not is_built(project)
    assert sizes(parts(project))["SharedLayer"].unpacked == 1000


def test_requirements_that_cannot_be_had_are_a_problem_with_a_way_out(project: Path) -> None:
    """Such as one without a hash, which pip refuses before it looks anywhere."""
    _write(project / "shared/requirements.txt", "milepost-has-no-such==1.0\n", hours=-1)
    with pytest.raises(ProblemError, match="make build"):
        parts(project)


def test_a_wheel_that_was_compiled_is_named() -> None:
    """Lambda's processor is another one than most machines have."""
    files = {
        "python/a-1.dist-info/WHEEL": b"Root-Is-Purelib: true\nTag: py3-none-any\n",
        "python/b-1.dist-info/WHEEL": b"Root-Is-Purelib: false\nTag: cp313-cp313-manylinux2014_aarch64\n",
    }
    assert not_pure(files) == ["b-1.dist-info"]


@pytest.mark.parametrize(
    ("zip_bytes", "seconds", "missing", "status"),
    [
        (MOST_ZIPPED, 0.5, [], 0),
        (MOST_ZIPPED + 1, 0.5, [], 1),
        (10, 0.51, [], 1),
        (10, 0.51, ["liquid"], 0),
    ],
    ids=["both just met", "too large", "too slow", "slow against a part of the naive set"],
)
def test_a_goal_that_is_not_met_is_a_finding(
    zip_bytes: int, seconds: float, missing: list[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ratio is of the best runs, and is judged only against the whole naive set."""
    bytes_of = {"SharedLayer": zip_bytes, "CatalogLayer": 0, "IngestFunction": 0}
    monkeypatch.setattr(size_report, "parts", lambda _: {name: {} for name in bytes_of})
    monkeypatch.setattr(size_report, "sizes", lambda _: {name: Size(each, each) for name, each in bytes_of.items()})
    monkeypatch.setattr(size_report, "measure", lambda _: ColdStart([seconds, 9.0], [3.0, 1.0], missing))
    assert main(["bench", "size"]) == status


def test_both_sides_start_from_an_unpacked_artifact(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the handler imports is what was unpacked, function and layer together."""
    monkeypatch.setattr(cold_start, "_NAIVE", {"json": "import json", "no_such_module": "import no_such_module"})
    handler = (
        b"import milepost\ndef lambda_handler(event, context):\n    assert milepost.HERE and not event['Records']\n"
    )
    found = cold_start.measure(
        {"functions/ingest/handler.py": handler, "functions/__init__.py": b"", "python/milepost.py": b"HERE = True"}, 2
    )
    assert (len(found.ours), len(found.naive), found.missing) == (2, 2, ["no_such_module"])
    assert min(found.ours) > 0
