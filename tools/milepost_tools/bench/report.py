"""What a benchmark has to say: lines for people, one row for programs, and whether it met its goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """Printed in this order."""

    lines: Sequence[str]
    row: Mapping[str, object]
    met: bool
