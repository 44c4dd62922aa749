"""Look into the dead-letter queues, repair what was refused, and send it again.

A message that ingest refused lies in the queue `events`, unchanged and with the reason. Nothing is deleted before
it has been sent again, and what was only looked at is there for others at once.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from milepost_tools.local.dead_letters import DeadLetters, dead_letters
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.recording import read_text
from milepost_tools.local.sending import Parcel, Unsent, flaw, send_batch
from milepost_tools.local.stack import Stack, find_stack
from milepost_tools.local.text import counted, printable
from milepost_tools.problem import ProblemError

EVENTS: Final = "events"
QUEUES: Final[Mapping[str, str]] = {
    EVENTS: "EventDeadLetterQueue",
    "sweep": "SweepDeadLetterQueue",
    "ticks": "TickDeadLetterQueue",
    "publish": "PublishDeadLetterQueue",
}
"""Their names in template.yaml."""
_FAILED: Final = "no reason given: it failed ten times, the logs tell why"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do with which messages of which queue."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--queue", choices=QUEUES, default=EVENTS, help=f"default: {EVENTS}")
    common.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", parents=[common], help="the messages, each with its reason")
    show = actions.add_parser("show", parents=[common], help="a message's body, as it came")
    show.add_argument("id", metavar="ID", help="as shown by list")
    redrive = actions.add_parser("redrive", parents=[common], help="send messages again, unchanged")
    redrive.add_argument("ids", nargs="*", metavar="ID", help="as shown by list")
    redrive.add_argument("--all", action="store_true", help="all messages of the queue")
    repair = actions.add_parser("repair", parents=[common], help="send a repaired message in place of a refused one")
    repair.add_argument("id", metavar="ID", help="as shown by list")
    repair.add_argument("--with", dest="file", required=True, metavar="FILE", help="the new body; - is standard input")


def run(arguments: argparse.Namespace) -> int:
    """Do it; 1 if a message could not be sent."""
    stack = find_stack(arguments.stack)
    if arguments.action in {"redrive", "repair"} and arguments.queue != EVENTS:
        what = f"There is nothing to send again in '{arguments.queue}': its messages only say where to look."
        raise ProblemError(what, "Nothing is lost: once the cause is mended, the next sweep finds the same subjects.")
    with telling_plainly():
        url = (
            stack.resource(QUEUES[arguments.queue]) if arguments.queue != EVENTS else stack.event_dead_letter_queue_url
        )
        with dead_letters(stack.connection.sqs, url) as queue:
            return _ACTIONS[arguments.action](arguments, stack, queue)


def _list(_arguments: argparse.Namespace, _stack: Stack, queue: DeadLetters) -> int:
    for letter in queue.in_order():
        print(f"{queue.short(letter)}  {letter.sent:%Y-%m-%d %H:%M:%SZ}  {printable(letter.reason or _FAILED)}")
    sys.stderr.write(counted(len(queue.letters), "message") + "\n")
    return 0


def _show(arguments: argparse.Namespace, _stack: Stack, queue: DeadLetters) -> int:
    letter = queue.find(arguments.id)
    sys.stderr.write(f"id      {letter.id}\nsince   {letter.sent:%Y-%m-%d %H:%M:%SZ}\n")
    sys.stderr.write(f"reason  {printable(letter.reason or _FAILED)}\n")
    # Into a file goes what came, byte for byte; a terminal must not obey it.
    sys.stdout.write((printable(letter.body) if sys.stdout.isatty() else letter.body) + "\n")
    return 0


def _redrive(arguments: argparse.Namespace, stack: Stack, queue: DeadLetters) -> int:
    if bool(arguments.ids) == arguments.all:
        raise ProblemError("It is not clear what to redrive.", "Name ids that 'milepost dlq list' shows, or --all.")
    chosen = {letter.id: letter for letter in map(queue.find, arguments.ids)} if arguments.ids else None
    letters = queue.in_order() if chosen is None else list(chosen.values())
    unsent = queue.send_on(letters, stack.event_queue_url)
    return _report(len(letters) - len(unsent), unsent)


def _repair(arguments: argparse.Namespace, stack: Stack, queue: DeadLetters) -> int:
    letter = queue.find(arguments.id)
    body = _repaired(arguments.file)
    unsent = send_batch(stack.connection.sqs, stack.event_queue_url, [Parcel(letter.id, body)])
    if not unsent:
        queue.delete([letter.id])
    return _report(1 - len(unsent), unsent)


def _repaired(file: str) -> str:
    body = read_text(file)
    try:
        json.loads(body)
    except ValueError as error:
        raise ProblemError(
            f"The repaired message is not JSON: {error}.", "Mend it; the refused one is still there."
        ) from error
    if reason := flaw(body):
        raise ProblemError(f"The repaired message {reason}.", "Mend it; the refused one is still there.")
    return body


def _report(sent: int, unsent: Sequence[Unsent]) -> int:
    for each in unsent:
        sys.stderr.write(f"{each.ref}: {each.reason}\n")
    print(f"Sent {sent} to the event queue" + (f", not {len(unsent)}, which stay where they are." if unsent else "."))
    return 1 if unsent else 0


_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace, Stack, DeadLetters], int]]] = {
    "list": _list,
    "show": _show,
    "redrive": _redrive,
    "repair": _repair,
}
