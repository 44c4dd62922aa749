"""One local stack for all tests of `milepost verify`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from milepost.domain.catalog import Catalog
from milepost_tools.catalog import load_catalog
from milepost_tools.local.deploy import PROJECT, local_stack
from milepost_tools.local.stack import Stack

CATALOG: Final[Path] = PROJECT / "catalog" / "catalog.yaml"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The project's stack in an emulator, with the shipped catalog."""
    with local_stack(catalog=CATALOG) as stack:
        yield stack


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The shipped catalog."""
    return load_catalog(CATALOG)
