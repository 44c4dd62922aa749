"""The two shapes of PartiQL that the store writes with, all values parameters: insert and conditional update."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from milepost_tools.engine.values import Invalid, UnsupportedError

_NAME: Final = r"(?:\"[^\"]+\"|[A-Za-z_][A-Za-z0-9_]*)"
_INSERT: Final = re.compile(rf"\s*INSERT\s+INTO\s+({_NAME})\s+VALUE\s*\{{(.*)\}}\s*", re.IGNORECASE | re.DOTALL)
_UPDATE: Final = re.compile(
    rf"\s*UPDATE\s+({_NAME})((?:\s+SET\s+{_NAME}\s*=\s*\?|\s+REMOVE\s+{_NAME})+)\s+WHERE\s+(.*)",
    re.IGNORECASE | re.DOTALL,
)
_FIELD: Final = re.compile(r"\s*'([^']+)'\s*:\s*\?\s*")
_SET: Final = re.compile(rf"SET\s+({_NAME})\s*=\s*\?", re.IGNORECASE)
_REMOVE: Final = re.compile(rf"\sREMOVE\s+({_NAME})", re.IGNORECASE)
_EQUALS: Final = re.compile(rf"\s*({_NAME})\s*=\s*\?\s*")
_AND: Final = re.compile(r"\sAND\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's names in the order of its parameters: first those it sets, then those it asks for."""

    table: str
    sets: Sequence[str]
    removes: Sequence[str] = ()
    where: Sequence[str] | None = None
    """None for an insert."""

    def __post_init__(self) -> None:
        for names in ([*self.sets, *self.removes], self.where or ()):
            if len(set(names)) < len(names):
                raise Invalid(f"An attribute is named twice: {names}")

    @property
    def parameters(self) -> int:
        """How many it takes."""
        return len(self.sets) + len(self.where or ())


@lru_cache(maxsize=4096)
def parse(text: str) -> Statement:
    """Read a statement; anything but the two shapes is not implemented."""
    if insert := _INSERT.fullmatch(text):
        fields = [_FIELD.fullmatch(each) for each in insert[2].split(",")]
        return Statement(_plain(insert[1]), _names(text, fields))
    if update := _UPDATE.fullmatch(text):
        asked = _names(text, [_EQUALS.fullmatch(each) for each in _AND.split(update[3])])
        sets, removes = _SET.findall(update[2]), _REMOVE.findall(update[2])
        return Statement(_plain(update[1]), [_plain(name) for name in sets], [_plain(name) for name in removes], asked)
    raise UnsupportedError(f"the PartiQL statement {text}")


def _names(text: str, matches: Sequence[re.Match[str] | None]) -> Sequence[str]:
    names = [_plain(match[1]) for match in matches if match is not None]
    if len(names) < len(matches):
        raise UnsupportedError(f"something in the PartiQL statement {text}")
    return names


def _plain(name: str) -> str:
    return name.strip('"')
