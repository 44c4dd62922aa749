"""The handlers as Lambda finds them: a service name, no collaborator made yet, and the catalog beside the code."""

import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from itertools import count
from json import dumps
from pathlib import Path

import pytest

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from milepost_tools.local.connection import Connection
from milepost_tools.local.ministack import MiniStack
from milepost_tools.templates.compile import compile_with_templates
from tests.functions.deployed import Deployed, deploy
from tests.functions.lambdas import ROOT

_NUMBERS = count()
_CACHES = (
    ingest._ingest,
    ingest._telemetry,
    settle._settle,
    settle._telemetry,
    sweep._sweep,
    sweep._telemetry,
    publish._publish,
    publish._telemetry,
)


@pytest.fixture(autouse=True)
def cold_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing cached, and a service name for each test: powertools keeps the stdout that it saw for each name."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"function-{next(_NUMBERS)}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Milepost")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    for cached in _CACHES:
        cached.cache_clear()
    yield
    for cached in _CACHES:
        cached.cache_clear()


@pytest.fixture
def deployed_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The shipped catalog and its templates, compiled and on the path as their layer is."""
    package = tmp_path / "milepost_catalog"
    package.mkdir()
    (package / "__init__.py").touch()
    source = ROOT / "catalog" / "catalog.yaml"
    catalog, templates = compile_with_templates(source)
    (package / "catalog.json").write_text(dumps(catalog))
    (package / "templates.json").write_text(dumps(templates))
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    sys.modules.pop("milepost_catalog", None)
    yield
    sys.modules.pop("milepost_catalog", None)


@pytest.fixture
def without_templates(deployed_catalog: None, tmp_path: Path) -> None:
    """That catalog as one whose templates are names only, so that any nudge can be composed."""
    (tmp_path / "milepost_catalog" / "templates.json").unlink()


@pytest.fixture
def deployed(
    ministack: MiniStack,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    aws_environment: None,
    deployed_catalog: None,
) -> Deployed:
    """A stack on MiniStack, and its functions' environment as this process's own."""
    deployed = deploy(connection)
    for name, value in {**deployed.environment, "AWS_ENDPOINT_URL": ministack.endpoint}.items():
        monkeypatch.setenv(name, value)
    return deployed
