"""A log to run: its lines, in whatever form they are, as bodies such as a queue carries.

A log is opened once by everybody who reads it, and a `Source` is what they are told to open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from milepost_tools.local.recording import STDIN, Advanced, nobody, parcel, read_lines
from milepost_tools.local.sending import Parcel, Unsent

STDIN_NAME: Final = "stdin"


class Entry(NamedTuple):
    """One message of a log: where it begins, and its text, or the reason why it has none."""

    line: int
    content: bytes
    reason: str = ""


class Log(Protocol):
    """A log that is being read."""

    @property
    def has_ids(self) -> bool:
        """Whether entries carry their messageId; if not, they get it with `parcel`."""

    def entries(self, advanced: Advanced = nobody) -> Iterator[Entry]:
        """Its messages in their order.

        Raises:
            ProblemError: the file cannot be read, or not to its end.
        """

    def parcel(self, entry: Entry) -> Parcel | Unsent:
        """The body as it would be sent, named by file and line, or why there is none."""


@dataclass(frozen=True, slots=True)
class NdjsonLog:
    """One JSON object a line."""

    name: str
    has_ids: bool = True

    def entries(self, advanced: Advanced = nobody) -> Iterator[Entry]:
        """Every line that is not blank."""
        return (Entry(line, content) for line, content in read_lines(self.name, advanced))

    def parcel(self, entry: Entry) -> Parcel | Unsent:
        """The line as it is."""
        return parcel(ref_of(self.name, entry.line), entry.content)


@dataclass(slots=True)
class KeptLog:
    """A log that can be read only once, kept in memory to be read again."""

    log: Log
    _kept: list[Entry] | None = None

    @property
    def has_ids(self) -> bool:
        """See the protocol."""
        return self.log.has_ids

    def entries(self, advanced: Advanced = nobody) -> Iterator[Entry]:
        """See the protocol."""
        if self._kept is None:
            self._kept = list(self.log.entries(advanced))
        return iter(self._kept)

    def parcel(self, entry: Entry) -> Parcel | Unsent:
        """See the protocol."""
        return self.log.parcel(entry)


def ref_of(name: str, line: int) -> str:
    """What a line is called: `events.ndjson:17`."""
    return f"{STDIN_NAME if name == STDIN else name}:{line}"


def is_stream(name: str) -> bool:
    """Whether a log can be read only once: standard input or a pipe, and no file."""
    return name == STDIN or Path(name).is_fifo()
