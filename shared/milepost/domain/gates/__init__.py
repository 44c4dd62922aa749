"""Whether a nudge goes out (semantics, section 5): the gates in their order, each a row of `GATES`.

The first gate that does not open gives the verdict, and says until when where the nudge is to wait. A gate is asked
when the nudge is about to go, by the clock of that moment, and again whenever it would go after it had to wait. "In
the last D" is less than D ago.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from milepost.domain.gates.eligibility import address, audience, consent, fresh, holdout, suppression, wanted
from milepost.domain.gates.frequency import arbitration, caps
from milepost.domain.gates.question import NONE_SHUT, Addressee, Closed, Question
from milepost.domain.gates.timing import not_after, right_hours

Gate: TypeAlias = Callable[[Question], Closed | None]

GATES: Final[tuple[Gate, ...]] = (
    fresh,
    wanted,
    audience,
    consent,
    address,
    suppression,
    arbitration,
    caps,
    right_hours,
    holdout,
)


def ask(question: Question, gates: Iterable[Gate] = GATES) -> Closed | None:
    """The first gate that does not open, or None if the nudge may go."""
    answers = (gate(question) for gate in gates)
    return next((closed for closed in answers if closed is not None), None)


__all__ = [
    "GATES",
    "NONE_SHUT",
    "Addressee",
    "Closed",
    "Gate",
    "Question",
    "arbitration",
    "ask",
    "caps",
    "fresh",
    "holdout",
    "not_after",
    "right_hours",
    "suppression",
    "wanted",
]
