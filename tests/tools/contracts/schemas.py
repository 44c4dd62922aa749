"""The kept schemas, behind a validator that shares no code with ours."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from milepost_tools.commands.schema import SCHEMAS

DOCS: Final = Path(__file__).parents[3] / "docs"


def path_of(name: str) -> Path:
    """Where a schema is kept."""
    return DOCS / "schemas" / f"{name}.schema.json"


@cache
def kept(name: str) -> Any:
    """A schema as it is kept."""
    return json.loads(path_of(name).read_text(encoding="utf-8"))


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator for it."""
    assert name in SCHEMAS
    return Draft202012Validator(kept(name))


def flaws(name: str, value: object) -> Sequence[str]:
    """What is wrong with a value, by that schema."""
    return [f"{list(each.absolute_path)}: {each.message}" for each in validator(name).iter_errors(value)]
