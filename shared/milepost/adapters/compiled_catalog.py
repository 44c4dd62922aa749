"""The catalog that a stack was deployed with: `milepost build` compiles it into a layer of its own."""

from collections.abc import Mapping
from importlib.resources import files
from json import loads
from typing import Final

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.compiled import typed

PACKAGE: Final = "milepost_catalog"
TEMPLATES: Final = "templates.json"
"""Beside the catalog, in a file of their own: only publish reads them."""


def deployed_catalog() -> Catalog:
    """Read the catalog that lies beside the code. JSON, because parsing YAML would cost every cold start."""
    text = files(PACKAGE).joinpath("catalog.json").read_text(encoding="utf-8")
    return catalog_from_compiled(typed(loads(text), dict))


def deployed_templates() -> Mapping[str, Mapping[str, object]] | None:
    """The templates of that catalog, by name and channel; None where it has none."""
    file = files(PACKAGE).joinpath(TEMPLATES)
    return typed(loads(file.read_text(encoding="utf-8")), dict) if file.is_file() else None
