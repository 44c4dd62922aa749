"""Print the JSON Schema of the catalog language, for editors that complete and check it."""

import argparse
from json import dumps

from pydantic.json_schema import GenerateJsonSchema

from milepost_tools.catalog.language import Catalog


def configure(_: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(_: argparse.Namespace) -> int:
    """Print the schema, as `docs/schemas/catalog.schema.json` keeps it."""
    print(dumps(catalog_schema(), indent=1))
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
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
