"""`trait: {name, becomes: VALUE | at_least: X}`: the trait takes the value, having been another before."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ConfigDict

from milepost_tools.catalog.matching import Comparable, Compiled
from milepost_tools.catalog.part import Part
from milepost_tools.catalog.problems import Place, Problem
from milepost_tools.catalog.terms import LeftOut, Number, Text


class Trait(Part):
    """A trait takes a value, or a number of at least so much."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["becomes"]}, {"required": ["at_least"]}]},
    )
    noun = "`trait`"

    name: Text
    """The name of the trait."""
    becomes: LeftOut[Comparable] = None
    """The value that it takes, having been another."""
    at_least: LeftOut[Number] = None
    """The number that it gets to, having been less."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """No value, or two."""
        given = {"becomes", "at_least"} & data.keys()
        if not given:
            yield (), Problem("says no value", "Write `becomes: VALUE`, or `at_least: NUMBER`.")
        if len(given) > 1:
            yield (), Problem("holds both `becomes` and `at_least`", "Leave out one of them.")

    @property
    def repeat(self) -> bool:
        """It is met once."""
        return False

    @property
    def names(self) -> list[str]:
        """It looks at no event."""
        return []

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.trait` reads it: a condition on the traits."""
        operator = "gte" if self.becomes is None else "eq"
        wanted = self.at_least if self.becomes is None else self.becomes
        return {"where": [{"path": [self.name], "operator": operator, "operand": _operand(wanted)}]}


def _operand(value: Any) -> Any:  # noqa: ANN401  # any JSON
    return value if isinstance(value, bool | str) else {"number": str(value)}
