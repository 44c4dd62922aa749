"""What a rule keeps between events: plain nested values, so that the codec needs to know no rule."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

Memo: TypeAlias = "int | Decimal | str | tuple[Memo, ...] | None"
"""A rule's memory. Rules own its shape; everybody else passes it on untouched."""
