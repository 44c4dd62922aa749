"""What a catalog says of all nudges: who gets none, how many, when, and which of two (semantics, section 2)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import Final

from milepost.domain.caps import Arbitration, Cap
from milepost.domain.demand import Demand
from milepost.domain.event import Subject
from milepost.domain.hours import Hours, SendWindow

_BITS: Final = 64


def lot(*parts: str) -> Fraction:
    """A number from 0 to 1, 1 excluded, that depends on the parts alone and is spread evenly."""
    text = "\0".join(parts).encode()
    return Fraction(int.from_bytes(blake2b(text, digest_size=_BITS // 8).digest(), "big"), 2**_BITS)


@dataclass(frozen=True, slots=True)
class Holdout:
    """The share of subjects, 0 to 1, who are told nothing, so that the others can be compared with them."""

    share: Decimal
    salt: str

    def holds(self, catalog: str, subject: Subject) -> bool:
        """Whether the subject is one of them, for as long as the salt stays; a larger share holds the same and more."""
        return lot(catalog, "holdout", self.salt, subject) < Fraction(self.share)


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Those at the top of a catalog."""

    holdout: Holdout | None = None
    caps: tuple[Cap, ...] = ()
    quiet: Hours | None = None
    window: SendWindow | None = None
    suppress: tuple[Demand, ...] = ()
    arbitration: Arbitration | None = None
