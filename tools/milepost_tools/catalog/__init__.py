"""The catalog as a team writes it, in YAML: read, validated with every finding at once, compiled."""

from pathlib import Path

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost_tools.catalog.check import read_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.catalog.matching import Compiled
from milepost_tools.catalog.problems import CatalogError

__all__ = ["CatalogError", "Compiled", "compile_catalog", "load_catalog"]


def compile_catalog(path: Path) -> Compiled:
    """The compiled form of a catalog file, as `milepost build` writes it.

    Raises:
        CatalogError: the file is no valid catalog; it carries every finding.
        ProblemError: the file cannot be read.
    """
    return compiled(read_catalog(path).catalog)


def load_catalog(path: Path) -> Catalog:
    """The catalog in a file as the core reads it. Raises what `compile_catalog` raises."""
    return catalog_from_compiled(compile_catalog(path))
