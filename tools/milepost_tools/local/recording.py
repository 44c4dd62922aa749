"""A recorded log: NDJSON, plain or gzipped, from a file or from standard input."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Final

from milepost_tools.local.sending import Parcel, Unsent, flaw
from milepost_tools.problem import ProblemError

STDIN: Final = "-"
_GZIP: Final = b"\x1f\x8b"


def read_parcels(name: str) -> Iterator[Parcel | Unsent]:
    """Each line that is not blank as a body, or why it cannot be one; named by its number from 1.

    Raises:
        ProblemError: the file cannot be read, or not to its end.
    """
    for number, line in enumerate(_lines(name), start=1):
        content = line.rstrip(b"\r\n")
        if content.strip():
            yield _parcel(f"line {number}", content)


def read_text(name: str) -> str:
    """All of a file, or of standard input, without its last line end.

    Raises:
        ProblemError: it cannot be read, or is not UTF-8.
    """
    try:
        return b"".join(_lines(name)).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{name} is not UTF-8.", "Save it as UTF-8.") from error


def _parcel(ref: str, content: bytes) -> Parcel | Unsent:
    try:
        body = content.decode()
    except UnicodeDecodeError:
        return Unsent(ref, "is not UTF-8")
    reason = flaw(body)
    return Unsent(ref, reason) if reason else Parcel(ref, body)


def _lines(name: str) -> Iterator[bytes]:
    try:
        with open(0 if name == STDIN else name, "rb", closefd=name != STDIN) as file:
            yield from gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == _GZIP else file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        remedy = "Fetch it again. To send lines twice does no harm: they count once."
        raise ProblemError(f"{name} is cut short or damaged: {error}.", remedy) from error
    except OSError as error:
        raise ProblemError(f"{name} cannot be read: {error.strerror or error}.", "Check the name.") from error
