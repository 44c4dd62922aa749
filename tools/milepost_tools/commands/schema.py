"""Print the JSON Schema of the catalog language, for editors that complete and check it."""

import argparse
from json import dumps

from milepost_tools.catalog.language import Catalog


def configure(_: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(_: argparse.Namespace) -> int:
    """Print the schema."""
    print(dumps(catalog_schema(), indent=1))
    return 0


def catalog_schema() -> dict[str, object]:
    """The schema, generated from what `milepost validate` checks with."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Catalog.model_json_schema()}
