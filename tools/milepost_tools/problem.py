"""What goes wrong on a person's machine, told in one sentence with what to do about it."""


class ProblemError(Exception):
    """A problem that the user can mend. The command line prints it without a traceback and exits with 2."""

    def __init__(self, what: str, remedy: str) -> None:
        """`what` is wrong, and the `remedy`; both are sentences."""
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy
