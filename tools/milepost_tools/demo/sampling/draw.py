"""Chance that falls the same way on every machine and every Python: a hash in place of a random generator."""

from collections.abc import Iterable
from fractions import Fraction
from hashlib import blake2b
from typing import Final

SEED: Final = "cdnow-demo-1"


def _number(purpose: str, key: str) -> int:
    return int.from_bytes(blake2b(f"{SEED}/{purpose}/{key}".encode(), digest_size=8).digest())


def shuffled(purpose: str, keys: Iterable[str]) -> list[str]:
    """The keys in an order that depends on the purpose and on each key alone."""
    return sorted(keys, key=lambda key: (_number(purpose, key), key))


def share(purpose: str, keys: Iterable[str], part: Fraction) -> frozenset[str]:
    """That part of the keys, to the nearest whole key."""
    order = shuffled(purpose, keys)
    return frozenset(order[: round(len(order) * part)])


def between(purpose: str, key: str, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + _number(purpose, key) % (high - low + 1)
