"""What a check can say of the behaviour that it tries."""

from typing import Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["holds", "differs", "not testable here"]
HOLDS: Final = "holds"
DIFFERS: Final = "differs"
NOT_TESTABLE: Final = "not testable here"


class DiffersError(Exception):
    """AWS does something else than the code relies on; the message says what."""


class NotTestableError(Exception):
    """It cannot be told here, for the reason that the message gives."""


def expect(what: str, found: object, wanted: object) -> None:
    """Go on only if it is as the code relies on.

    Raises:
        DiffersError: it is not.
    """
    if found != wanted:
        raise DiffersError(f"{what}: {found}, not {wanted}")
