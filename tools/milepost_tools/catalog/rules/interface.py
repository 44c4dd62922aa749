"""What every rule kind of the language offers."""

from typing import Protocol

from milepost_tools.catalog.matching import Compiled


class Rule(Protocol):
    """A rule as written, validated."""

    @property
    def repeat(self) -> bool:
        """Whether it can be met more than once; not together with a deadline."""

    @property
    def names(self) -> list[str]:
        """The event names it looks at."""

    def compiled(self) -> Compiled:
        """Its options as `milepost.domain.rules` reads them."""
