"""What a piece of advice consists of."""

from typing import NamedTuple


class Advice(NamedTuple):
    """What is unusual (a clause that follows a name), why that matters, and a sentence that says what to do."""

    what: str
    why: str
    remedy: str

    @property
    def told(self) -> str:
        """`advice: what (why). what to do`."""
        return f"advice: {self.what} ({self.why}). {self.remedy}"
