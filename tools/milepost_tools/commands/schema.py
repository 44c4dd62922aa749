"""Print the JSON Schema of catalogs, of messages and of files, or the AsyncAPI document of queue and topics."""

import argparse
from collections.abc import Callable, Mapping
from json import dumps
from typing import Any, Final

import yaml
from pydantic.json_schema import GenerateJsonSchema

from milepost_tools.catalog.language import Catalog
from milepost_tools.contracts.asyncapi import asyncapi_document
from milepost_tools.contracts.event import event_schema
from milepost_tools.contracts.outgoing import nudge_line_schema, nudge_schema, outcome_line_schema, outcome_schema
from milepost_tools.contracts.typed import DIALECT

WIDTH: Final = 120


def configure(parser: argparse.ArgumentParser) -> None:
    """Which one."""
    parser.add_argument("which", nargs="?", choices=PRINTED, default="catalog", help="default: catalog")


def run(arguments: argparse.Namespace) -> int:
    """Print it, as `docs/` keeps it."""
    print(PRINTED[arguments.which]())
    return 0


class _Untitled(GenerateJsonSchema):
    """Without titles that only repeat the names of keys: an editor would show them in place of what a key means."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def catalog_schema() -> dict[str, object]:
    """The schema, generated from what `milepost validate` checks with.

    It refuses nothing that `milepost validate` takes, and takes what only the whole of a catalog shows to be wrong.
    """
    schema = Catalog.model_json_schema(schema_generator=_Untitled)
    return {"$schema": DIALECT, **schema}


SCHEMAS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "catalog": catalog_schema,
    "event": event_schema,
    "outcome": outcome_schema,
    "nudge": nudge_schema,
    "outcome-line": outcome_line_schema,
    "nudge-line": nudge_line_schema,
}
"""What docs/schemas keeps as NAME.schema.json."""


class _Spelled(yaml.SafeDumper):
    """Says everything where it stands, without YAML's references."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _asyncapi() -> str:
    document = asyncapi_document()
    return yaml.dump(document, Dumper=_Spelled, sort_keys=False, allow_unicode=True, width=WIDTH).rstrip()


def _as_json(schema: Callable[[], dict[str, Any]]) -> Callable[[], str]:
    return lambda: dumps(schema(), indent=1)


PRINTED: Final[Mapping[str, Callable[[], str]]] = {
    **{name: _as_json(schema) for name, schema in SCHEMAS.items()},
    "asyncapi": _asyncapi,
}
