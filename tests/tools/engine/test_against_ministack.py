"""The engine and MiniStack, asked the same: whatever one of them gets wrong shows, unless both are wrong alike.

MiniStack is right about write capacity but for PartiQL statements, never about read capacity: that is not compared.
"""

import pytest

from milepost_tools.engine import Engine
from milepost_tools.local.connection import Connection
from tests.tools.engine.outcomes import outcomes
from tests.tools.engine.scenarios import ALIKE, DIFFERENT


@pytest.mark.parametrize("name", ALIKE)
def test_both_answer_alike(connection: Connection, name: str) -> None:
    """The same answers, the same error codes, the same write units."""
    assert outcomes(Engine(), ALIKE[name]) == outcomes(connection.dynamodb, ALIKE[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_they_differ_as_is_known(connection: Connection, name: str) -> None:
    """A difference that went away is no longer one: its line goes, too."""
    before, call, engine, ministack = DIFFERENT[name]
    assert outcomes(Engine(), [*before, call])[-1] == engine
    assert outcomes(connection.dynamodb, [*before, call])[-1] == ministack
