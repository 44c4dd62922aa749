"""Messages of a batch that hold a nudge, and what became of the batch."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from milepost_channels.claims import LostClaimError
from milepost_channels.nudge import Nudge, Reason
from milepost_channels.telemetry import Count

StoreErrors: Final = (ClientError, BotoCoreError)
"""What a call to AWS may raise."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with a nudge; `again` if it comes back from the dead-letter queue with its reason."""

    message_id: str
    body: str
    nudge: Nudge
    again: bool


@dataclass(slots=True)
class Outcome:
    """What was handed back, counted and refused; `failures` are codes of the writes that failed."""

    handed_back: set[str] = field(default_factory=set)
    tally: Counter[Count] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def hand_back(self, message_id: str) -> None:
        """The queue is to give this message out again."""
        self.tally[Count.HANDED_BACK] += message_id not in self.handed_back
        self.handed_back.add(message_id)

    def dead_lettered(self, reason: Reason) -> None:
        """A message lies in the dead-letter queue."""
        self.tally[Count.DEAD_LETTERED] += 1
        self.reasons[reason.value] += 1

    def failed(self, error: ClientError | BotoCoreError) -> None:
        """A service of AWS did not do what was asked, in spite of the client's own retry."""
        self.tally[Count.STORE_FAILED] += 1
        self.failures.append(
            error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        )

    def wrote(self, message_id: str, write: Callable[[], object]) -> bool:
        """Do a write. One that fails hands its message back: next time, what was done before is found."""
        try:
            write()
        except StoreErrors as error:
            self.failed(error)
        except LostClaimError:
            self.tally[Count.AMBIGUOUS] += 1
        else:
            return True
        self.hand_back(message_id)
        return False
