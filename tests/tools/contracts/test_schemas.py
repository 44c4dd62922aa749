"""What docs/ keeps is what the code says."""

from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
from jsonschema import Draft202012Validator

from milepost.adapters.contract.nudge import NudgeData, NudgeEvent
from milepost.adapters.contract.outcome import OutcomeData, OutcomeEvent
from milepost_tools.cli import main
from milepost_tools.commands.schema import PRINTED, SCHEMAS
from milepost_tools.history.line import NudgeLine
from tests.tools.contracts.schemas import DOCS, kept, path_of


@pytest.mark.parametrize("name", PRINTED)
def test_the_kept_copy_is_what_the_command_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes it runs `milepost schema NAME` into the file."""
    path = path_of(name) if name in SCHEMAS else DOCS / f"{name}.yaml"
    assert main(["schema", name]) == 0
    assert capsys.readouterr().out == path.read_text(encoding="utf-8")


def test_docs_keep_every_schema_and_no_other() -> None:
    """A file that nothing makes would be out of date soon."""
    assert {path.name for path in (DOCS / "schemas").iterdir()} == {path_of(name).name for name in SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema_of_2020_12(name: str) -> None:
    """By its metaschema, which it names."""
    assert kept(name)["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(kept(name))


def objects(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every object with keys of its own, by its name."""
    for name, part in [("", schema), *schema.get("$defs", {}).items()]:
        if "properties" in part:
            yield name, part


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - {"catalog", "event"}))
def test_every_key_says_what_it_means(name: str) -> None:
    """A subscriber reads nothing else; where a part has the same to say, it says it."""
    parts = dict(objects(kept(name)))
    silent = [
        f"{part}.{key}"
        for part, schema in parts.items()
        for key, value in schema["properties"].items()
        if not value.get("description") and not parts.get(value.get("$ref", "").removeprefix("#/$defs/"))
    ]
    assert silent == []
    assert all(part["description"] for part in parts.values())


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("outcome", OutcomeEvent),
        ("outcome", OutcomeData),
        ("nudge", NudgeEvent),
        ("nudge", NudgeData),
        ("outcome-line", OutcomeData),
        ("nudge-line", NudgeLine),
    ],
)
def test_every_key_of_what_goes_out_is_always_there(name: str, shape: type) -> None:
    """Null where there is nothing, so that subscribers need not ask twice."""
    parts = dict(objects(kept(name)))
    part = parts.get(shape.__name__, parts[""])
    assert list(part["properties"]) == part["required"] == list(get_type_hints(shape))


@pytest.mark.parametrize("name", ["outcome", "nudge", "outcome-line", "nudge-line"])
def test_a_later_release_may_add_keys(name: str) -> None:
    """A subscriber that checks messages with the schema must not refuse them."""
    closed = [part for part, schema in objects(kept(name)) if schema.get("additionalProperties") is False]
    assert closed == []
