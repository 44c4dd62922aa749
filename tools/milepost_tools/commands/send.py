"""Put recorded events on the event queue of a stack.

FILE holds one JSON object a line and may be gzipped; `-` is standard input. Bodies are sent as they are: what a
stack makes of them is for the stack to say. To send a file twice does no harm, since each event counts once.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.recording import read_parcels
from milepost_tools.local.sending import Parcel, Unsent, batches, send_batch
from milepost_tools.local.stack import Stack, find_stack
from milepost_tools.local.text import counted
from milepost_tools.problem import ProblemError


def configure(parser: argparse.ArgumentParser) -> None:
    """The file and the stack."""
    parser.add_argument("file", metavar="FILE", help="events, one JSON object a line, .gz too; - is standard input")
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")


def run(arguments: argparse.Namespace) -> int:
    """Send; 1 if a line was not sent."""
    stack = find_stack(arguments.stack)
    report = _Report()
    try:
        with telling_plainly():
            _send(stack, report.without_flawed(read_parcels(arguments.file)), report)
    except ProblemError as problem:
        raise ProblemError(
            f"{problem.what} Sent before that: {counted(report.sent, 'message')}.", problem.remedy
        ) from problem
    finally:
        report.clear()
    print(
        f"Sent {counted(report.sent, 'message')} to '{stack.name}'"
        + (f", not {report.unsent:,}." if report.unsent else ".")
    )
    return 1 if report.unsent else 0


def _send(stack: Stack, parcels: Iterator[Parcel], report: "_Report") -> None:
    for batch in batches(parcels):
        refused = send_batch(stack.connection.sqs, stack.event_queue_url, batch)
        report.add(len(batch) - len(refused), refused)


class _Report:
    """How far it is: a line that moves if somebody watches, and one for each message that was not sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.unsent = 0
        self._watched = sys.stderr.isatty()

    def without_flawed(self, lines: Iterator[Parcel | Unsent]) -> Iterator[Parcel]:
        """Only what can be sent; the rest is told."""
        for line in lines:
            if isinstance(line, Parcel):
                yield line
            else:
                self.add(0, [line])

    def add(self, sent: int, unsent: Sequence[Unsent]) -> None:
        """Count, and tell what was not sent."""
        self.sent += sent
        self.unsent += len(unsent)
        for each in unsent:
            self.clear()
            sys.stderr.write(f"{each.ref}: {each.reason}\n")
        if self._watched:
            sys.stderr.write(f"\r{counted(self.sent, 'message')} sent")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line that moves away."""
        if self._watched:
            sys.stderr.write("\r\033[K")
