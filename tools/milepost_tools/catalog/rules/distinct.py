"""`distinct: {event, where, of: PROPERTY, at_least: N}`: N different values; `of: user`, N different users."""

from typing import Annotated, Final

from pydantic import Field

from milepost.domain.rules.distinct import USER
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.terms import PropertyPath

MOST: Final = 1_000
"""Something of each value is kept for every subject."""


class Distinct(Matcher):
    """N different values of a property, or N different users of an account."""

    noun = "`distinct`"

    of: PropertyPath
    """The property whose values are counted; `user` for the users of an account."""
    at_least: Annotated[int, Field(ge=1, le=MOST)]
    """N, the number of values."""

    @property
    def counts_users(self) -> bool:
        """Whether it counts the users of an account, of whom a user has only one."""
        return self.of == USER

    @property
    def repeat(self) -> bool:
        """Once only."""
        return False

    def compiled(self) -> Compiled:
        """As `milepost.domain.rules.distinct` reads it."""
        of = USER if self.counts_users else self.of.split(".")
        return {**self.matcher_compiled(), "of": of, "at_least": self.at_least}
