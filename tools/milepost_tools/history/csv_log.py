"""A log in the form of a table: CSV with a header, as warehouses and spreadsheets export it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import blake2b
from itertools import chain
from typing import IO, Final, Protocol

from milepost_tools.history.cells import times_in
from milepost_tools.history.columns import Mapped, columns_of
from milepost_tools.history.log import Entry, ref_of
from milepost_tools.history.messages import Write, writer
from milepost_tools.local.recording import Advanced, nobody, opened, parcel
from milepost_tools.local.sending import Parcel, Unsent
from milepost_tools.problem import ProblemError

_DELIMITERS: Final = ",;\t|"
_ID_SIZE: Final = 16
"""Bytes of hash in a messageId that is made here."""


class _Rows(Protocol):
    """What `csv.reader` makes, which has no public name."""

    @property
    def line_num(self) -> int:
        """Lines read so far; a row may have several."""

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


@dataclass(slots=True)
class CsvLog:
    """One message a row. Without a column for it, a messageId is made of what the row says.

    It is the same in every run, and different for rows that say the same: their number among each other is in it.
    """

    name: str
    mapped: Mapped = field(default_factory=Mapped)
    zone: tzinfo | None = None
    has_ids: bool = True
    _seen: Counter[bytes] = field(default_factory=Counter)

    def entries(self, advanced: Advanced = nobody) -> Iterator[Entry]:
        """Every row that is not blank; what is wrong with one does not keep the next from being read."""
        with opened(self.name, advanced) as file:
            lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
            try:
                yield from self._entries(lines)
            except UnicodeDecodeError:
                raise ProblemError(
                    f"{self.name} is not UTF-8.", "Save it as UTF-8; in a spreadsheet: 'CSV UTF-8'."
                ) from None

    def parcel(self, entry: Entry) -> Parcel | Unsent:
        """The message of a row, with its messageId."""
        ref = ref_of(self.name, entry.line)
        if entry.reason:
            return Unsent(ref, entry.reason)
        return parcel(ref, entry.content if self.has_ids else self._with_id(entry.content))

    def _entries(self, lines: IO[str]) -> Iterator[Entry]:
        first = lines.readline()
        rows: _Rows = csv.reader(chain([first], lines), delimiter=max(_DELIMITERS, key=first.count), strict=True)
        header = self._header(rows)
        columns = columns_of(self.name, header, self.mapped)
        self.has_ids = "messageId" in columns.places
        write = writer(self.name, columns, times_in(self.zone))
        line = rows.line_num + 1
        while True:
            entry = _next_entry(rows, line, len(header), write)
            if entry is None:
                return
            if entry.content or entry.reason:
                yield entry
            line = rows.line_num + 1

    def _header(self, rows: _Rows) -> Sequence[str]:
        try:
            header = next(rows, [])
        except csv.Error as error:
            raise ProblemError(f"The header of {self.name} is not CSV: {error}.", "Export it again.") from None
        if not any(header):
            raise ProblemError(f"{self.name} has no header.", "Its first line names the columns.")
        return header

    def _with_id(self, content: bytes) -> bytes:
        digest = blake2b(content, digest_size=_ID_SIZE)
        self._seen[digest.digest()] += 1
        made = f"{digest.hexdigest()}-{self._seen[digest.digest()]}"
        return b'{"messageId": "%s", %s' % (made.encode(), content[1:])


def _next_entry(rows: _Rows, line: int, width: int, write: Write) -> Entry | None:
    """The row that begins at this line; an entry with neither content nor reason where the line is blank."""
    try:
        row = next(rows, None)
    except csv.Error as error:
        until = f" (up to line {rows.line_num})" if rows.line_num > line else ""
        return Entry(line, b"", f"is not CSV: {error}{until}; is a quote left open, or not doubled?")
    return None if row is None else _entry(line, row, width, write)


def _entry(line: int, row: Sequence[str], width: int, write: Write) -> Entry:
    if not any(row):
        return Entry(line, b"")
    if len(row) != width:
        reason = f"has {len(row)} cells for {width} columns; a cell with the delimiter in it is quoted"
        return Entry(line, b"", reason)
    try:
        return Entry(line, (write(row) or "{}").encode())
    except ValueError as error:
        return Entry(line, b"", f"{error}.")
