"""A recorded log: NDJSON, plain or gzipped, from a file or from standard input."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from milepost_tools.local.sending import Parcel, Unsent, flaw
from milepost_tools.problem import ProblemError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STDIN: Final = "-"
_GZIP: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OTHER_ENCODINGS: Final = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins; no UTF-8 does."""
_BUFFER: Final = 65_536
"""Bytes read at a time, and so the steps in which progress is told."""

Content: TypeAlias = io.BufferedReader | gzip.GzipFile
"""The bytes of a file, unpacked."""
Advanced: TypeAlias = Callable[[int], None]
"""Told how many more bytes of the file, as it lies there, have been read."""


def nobody(_bytes: int) -> None:
    """Nobody watches."""


def read_parcels(name: str) -> Iterator[Parcel | Unsent]:
    """Each line that is not blank as a body, or why it cannot be one; named by its number from 1.

    Raises:
        ProblemError: the file cannot be read, or not to its end.
    """
    return (parcel(f"line {number}", content) for number, content in read_lines(name))


def read_lines(name: str, advanced: Advanced = nobody) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, without its end, and its number from 1.

    Raises:
        ProblemError: the file cannot be read, or not to its end.
    """
    with opened(name, advanced) as file:
        for number, line in enumerate(file, start=1):
            content = line.rstrip(b"\r\n")
            if content.strip():
                yield number, content


def read_text(name: str) -> str:
    """All of a file, or of standard input, without its last line end.

    Raises:
        ProblemError: it cannot be read, or is not UTF-8.
    """
    try:
        with opened(name) as file:
            return file.read().decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{name} is not UTF-8.", "Save it as UTF-8.") from error


def parcel(ref: str, content: bytes) -> Parcel | Unsent:
    """A line as a body, or why it cannot be one."""
    try:
        body = content.decode()
    except UnicodeDecodeError:
        return Unsent(ref, "is not UTF-8")
    reason = flaw(body)
    return Unsent(ref, reason) if reason else Parcel(ref, body)


@contextmanager
def opened(name: str, advanced: Advanced = nobody) -> Iterator[Content]:
    """The bytes of a file or of standard input, unpacked, without a byte order mark.

    Raises:
        ProblemError: it cannot be opened, or turns out while it is read to be cut short or damaged.
    """
    try:
        buffered: io.BufferedReader = io.BufferedReader(_Metered(name, advanced), _BUFFER)
        with buffered as file:
            packed = file.peek(2)[:2] == _GZIP
            content = gzip.GzipFile(fileobj=file) if packed else file
            _pass_byte_order_mark(name, content)
            yield content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        remedy = "Fetch it again. To send lines twice does no harm: they count once."
        raise ProblemError(f"{name} is cut short or damaged: {error}.", remedy) from error
    except OSError as error:
        raise ProblemError(f"{name} cannot be read: {error.strerror or error}.", "Check the name.") from error


class _Metered(io.FileIO):
    """A file that tells how far it has been read."""

    def __init__(self, name: str, advanced: Advanced) -> None:
        super().__init__(0 if name == STDIN else name, closefd=name != STDIN)
        self._advanced = advanced

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As of any file."""
        count = super().readinto(buffer)
        self._advanced(count)
        return count


def _pass_byte_order_mark(name: str, file: Content) -> None:
    start = file.peek(len(_BYTE_ORDER_MARK))
    if start.startswith(_OTHER_ENCODINGS):
        raise ProblemError(f"{name} is UTF-16.", "Save it as UTF-8.")
    if start.startswith(_BYTE_ORDER_MARK):
        file.read(len(_BYTE_ORDER_MARK))
