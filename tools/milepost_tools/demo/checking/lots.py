"""The lots by which subjects are drawn (docs/contracts.md): 64 bits of BLAKE2b, as a share of all that there are."""

from collections.abc import Mapping
from fractions import Fraction
from hashlib import blake2b
from typing import Any

Plan = Mapping[str, Any]


def _lot(*parts: str) -> Fraction:
    return Fraction(int(blake2b("\0".join(parts).encode(), digest_size=8).hexdigest(), 16), 1 << 64)


def is_held_out(plan: Plan, milestone: str, subject: str) -> bool:
    """Whether the subject is told nothing by this milestone: its own share and salt, else those of the catalog."""
    rule = {**plan.get("holdout", {}), **plan["milestones"][milestone].get("holdout", {})}
    return bool(rule) and _lot(plan["catalog"], "holdout", rule["salt"], subject) < Fraction(str(rule["share"]))


def variant_of(plan: Plan, milestone: str, subject: str) -> str | None:
    """The variant that the subject has of a milestone; None where it has none."""
    variants: Mapping[str, Plan] = plan["milestones"][milestone].get("variants", {})
    shares = {name: Fraction(str(each["share"])) for name, each in variants.items()}
    place = _lot(plan["catalog"], "variant", milestone, subject) * sum(shares.values())
    for name, share in shares.items():
        if place < share:
            return name
        place -= share
    return None
