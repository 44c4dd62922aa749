"""What is deployed: the template as plain data, and the code as archives."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from milepost_tools.local.archive import function_files, layer_files, zipped
from milepost_tools.local.deploy import PROJECT
from milepost_tools.local.template import read_template
from milepost_tools.problem import ProblemError


def _template(folder: Path, text: str) -> object:
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return read_template(path)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref X", {"Ref": "X"}),
        ("!Condition C", {"Condition": "C"}),
        ("!GetAtt X.Arn", {"Fn::GetAtt": ["X", "Arn"]}),
        ("!Sub '${X}-y'", {"Fn::Sub": "${X}-y"}),
        ("!If [C, !Ref A, 1]", {"Fn::If": ["C", {"Ref": "A"}, 1]}),
        ("!Not [!Condition C]", {"Fn::Not": [{"Condition": "C"}]}),
        ("!Transform {Name: N}", {"Fn::Transform": {"Name": "N"}}),
        ("2012-10-17", "2012-10-17"),
    ],
)
def test_short_tags_take_their_long_form_and_dates_stay_text(tmp_path: Path, short: str, long: object) -> None:
    """JSON can hold all of it, and means to CloudFormation what the YAML did."""
    assert _template(tmp_path, f"A: {short}\n") == {"A": long}


def test_the_projects_own_template_can_be_written_as_json() -> None:
    """Nothing in template.yaml is beyond JSON, and each function and layer is there."""
    resources = json.loads(json.dumps(read_template(PROJECT / "template.yaml")))["Resources"]
    kinds = [resource["Type"] for resource in resources.values()]
    assert kinds.count("AWS::Serverless::Function") == 4
    assert kinds.count("AWS::Serverless::LayerVersion") == 2


@pytest.mark.parametrize("text", ["A: [", "- list", None])
def test_a_template_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    """Missing, broken or something else: said in a sentence with a remedy."""
    with pytest.raises(ProblemError):
        _template(tmp_path, text) if text else read_template(tmp_path / "none.yaml")


def _write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path, encoding="utf-8")


def test_a_function_lies_in_its_archive_under_its_import_path(tmp_path: Path) -> None:
    """`functions.ingest.handler` imports on Lambda as it does in tests; bytecode and other functions stay out."""
    _write(tmp_path, "functions/__init__.py", "functions/ingest/handler.py", "functions/ingest/__pycache__/handler.pyc")
    _write(tmp_path, "functions/sweep/handler.py")
    assert set(function_files(tmp_path, "functions/ingest/")) == {
        "functions/__init__.py",
        "functions/ingest/handler.py",
    }


def test_a_built_layer_holds_packages_and_a_plain_one_what_is_there(tmp_path: Path) -> None:
    """As the SAM CLI does it: with a BuildMethod packages go below python/, without one all is copied."""
    _write(tmp_path, "shared/requirements.txt", "shared/milepost/__init__.py", "plain/python/p/__init__.py")
    assert set(layer_files(tmp_path, "shared/", built=True)) == {"python/milepost/__init__.py"}
    assert set(layer_files(tmp_path, "plain/", built=False)) == {"python/p/__init__.py"}


def test_a_layer_without_content_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """An empty layer would only fail later, in the function."""
    with pytest.raises(ProblemError, match="milepost build"):
        layer_files(tmp_path, "catalog/layer/", built=False)


def test_the_same_content_gives_the_same_archive() -> None:
    """Archives are named by their content, so that unchanged code is no update."""
    one, other = {"b.py": b"2", "a.py": b"1"}, {"a.py": b"1", "b.py": b"2"}
    assert zipped(one) == zipped(other)
    with zipfile.ZipFile(io.BytesIO(zipped(one))) as archive:
        assert archive.read("a.py") == b"1"
