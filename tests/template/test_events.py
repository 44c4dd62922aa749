from json import loads
from pathlib import Path

import pytest

from tests.template.loading import ROOT

FILES = sorted((ROOT / "events").glob("*/*.json"))
SOURCE = {"ingest": "aws:sqs", "settle": "aws:sqs", "publish": "aws:dynamodb"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_payloads_are_what_lambda_gives_the_function_of_their_folder(path: Path) -> None:
    """The tests and `sam local invoke` share them."""
    payload = loads(path.read_text(encoding="utf-8"))
    verb = path.parent.name
    if verb == "sweep":
        assert payload["time"].endswith("Z")
    else:
        assert {record["eventSource"] for record in payload["Records"]} == {SOURCE[verb]}


def test_every_function_has_a_payload() -> None:
    """None is left out."""
    assert {path.parent.name for path in FILES} == {"ingest", "sweep", "settle", "publish"}
