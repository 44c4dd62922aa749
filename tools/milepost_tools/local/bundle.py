"""The template with its code uploaded: what `sam package` does, for the local stack and without the SAM CLI."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from milepost.adapters.compiled_catalog import TEMPLATES
from milepost_tools.local.archive import Files, function_files, layer_files, zipped
from milepost_tools.local.connection import Connection
from milepost_tools.local.template import read_template
from milepost_tools.templates.compile import compile_with_templates

_BUCKET: Final = "milepost-artifacts"
_CATALOG_LAYER: Final = "CatalogLayer"
_CATALOG_PACKAGE: Final = "python/milepost_catalog"


def upload(connection: Connection, project: Path, catalog: Path | None) -> str:
    """Upload the project's code, and the template that names it; the template's URL.

    `catalog` is a YAML file to compile in place of the catalog that the project was built with.
    """
    connection.s3.create_bucket(Bucket=_BUCKET)
    template = read_template(project / "template.yaml")
    for name, resource in template.get("Resources", {}).items():
        place = _PLACES.get(resource["Type"])
        if place:
            files = _files(name, resource, project, catalog)
            resource["Properties"][place] = f"s3://{_BUCKET}/{_put(connection, zipped(files), 'zip')}"
    body = json.dumps(template, separators=(",", ":")).encode()
    return f"{connection.endpoint}/{_BUCKET}/{_put(connection, body, 'json')}"


def _files(name: str, resource: dict[str, Any], project: Path, catalog: Path | None) -> Files:
    place = resource["Properties"][_PLACES[resource["Type"]]]
    if resource["Type"] == _FUNCTION:
        return function_files(project, place)
    if name == _CATALOG_LAYER and catalog is not None:
        return _catalog_files(catalog)
    return layer_files(project, place, built="BuildMethod" in resource.get("Metadata", {}))


def _catalog_files(catalog: Path) -> Files:
    compiled, contents = compile_with_templates(catalog)
    files: dict[str, object] = (
        {"catalog.json": compiled} if contents is None else {"catalog.json": compiled, TEMPLATES: contents}
    )
    as_json = {name: json.dumps(each, ensure_ascii=False).encode() for name, each in files.items()}
    return {f"{_CATALOG_PACKAGE}/{name}": content for name, content in {"__init__.py": b"", **as_json}.items()}


def _put(connection: Connection, content: bytes, kind: str) -> str:
    # Named by its content: what has not changed is no update to CloudFormation.
    key = f"{sha256(content).hexdigest()}.{kind}"
    connection.s3.put_object(Bucket=_BUCKET, Key=key, Body=content)
    return key


_FUNCTION: Final = "AWS::Serverless::Function"
_PLACES: Final = {_FUNCTION: "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
