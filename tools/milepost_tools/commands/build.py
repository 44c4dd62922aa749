"""Compile the catalog into the Lambda layer that the functions read it from."""

import argparse
from json import dumps
from pathlib import Path
from typing import Final

from milepost.adapters.compiled_catalog import TEMPLATES
from milepost.adapters.content import Contents
from milepost_tools.catalog import CatalogError, Compiled
from milepost_tools.problem import ProblemError
from milepost_tools.templates.compile import compile_with_templates

CATALOG: Final = Path("catalog/catalog.yaml")
LAYER: Final = Path("catalog/layer")
PACKAGE: Final = Path("python/milepost_catalog")
"""Lambda adds `python` of a layer to the import path."""
INIT: Final = '"""The compiled catalog, as `milepost build` wrote it: change catalog.yaml and build again."""\n'


def configure(parser: argparse.ArgumentParser) -> None:
    """The catalog and where its layer goes."""
    parser.add_argument("file", nargs="?", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--output", type=Path, default=LAYER, metavar="DIR", help=f"default: {LAYER}")


def run(arguments: argparse.Namespace) -> int:
    """Write the layer; 1 and nothing written if the catalog has a finding."""
    try:
        compiled, contents = compile_with_templates(arguments.file)
    except CatalogError as refused:
        print(*refused.lines, sep="\n")
        return 1
    written = _write(arguments.output / PACKAGE, compiled, contents)
    print(f"{written}: {compiled['catalog']} version {compiled['version']}")
    return 0


def rendered(compiled: Compiled | Contents) -> str:
    """The text of `catalog.json` or `templates.json`, fit for reading a difference."""
    return dumps(compiled, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write(package: Path, compiled: Compiled, contents: Contents | None) -> Path:
    target = package / "catalog.json"
    try:
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(INIT, encoding="utf-8")
        target.write_text(rendered(compiled), encoding="utf-8")
        if contents is None:
            (package / TEMPLATES).unlink(missing_ok=True)
        else:
            (package / TEMPLATES).write_text(rendered(contents), encoding="utf-8")
    except OSError as refused:
        raise ProblemError(
            f"Cannot write {target}: {refused.strerror or refused}.", "Name another folder with --output."
        ) from None
    return target
