"""The fingerprint of a rule and its deadline: by it is known what was remembered under another one."""

from hashlib import blake2b
from json import dumps
from typing import Final

from milepost.domain.compiled import Options

_THRESHOLD_BITS: Final = 12


def shape_of(rule: Options, within: Options | None) -> int:
    """A fingerprint of rule and deadline, by which what was remembered under another rule is recognised.

    The upper 16 bits are about what decides the form and meaning of what is remembered, the lower 12 about the
    threshold and the length of the deadline, which can change without. They only have to differ from the few that
    the same milestone had before.
    """
    threshold = {"at_least": rule.get("at_least"), "for": None if within is None else within["for"]}
    form = (
        {key: each for key, each in rule.items() if key != "at_least"},
        None if within is None else within["from"],
    )
    return _bits(form, 2) << _THRESHOLD_BITS | _bits(threshold, 2) >> 16 - _THRESHOLD_BITS


def same_form(shape: int, other: int) -> bool:
    """Whether what was remembered under the one can be used under the other."""
    return shape >> _THRESHOLD_BITS == other >> _THRESHOLD_BITS


def _bits(value: object, size: int) -> int:
    return int.from_bytes(blake2b(dumps(value, sort_keys=True).encode(), digest_size=size).digest(), "big")
