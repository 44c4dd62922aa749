"""Show nudges as they come, by channel, until Ctrl-C.

It subscribes to the topics as the integration of a channel does, with a queue of its own on each, and removes
these again at its end. What was published before it started is not shown.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.signals import ending_on_signals
from milepost_tools.local.stack import CHANNELS, OUTCOMES, find_stack
from milepost_tools.local.subscriptions import Inbox, Message, subscribe
from milepost_tools.local.text import printable

_WAIT: Final = 1
"""Seconds that a request waits for a message: the longest delay, and on AWS what it costs while all is quiet."""


def configure(parser: argparse.ArgumentParser) -> None:
    """What to listen to, and for how long."""
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    parser.add_argument(
        "--channel", action="append", choices=CHANNELS, metavar="X", help=f"only these: {', '.join(CHANNELS)}"
    )
    parser.add_argument("--outcomes", action="store_true", help="show outcomes too")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="stop after that long")
    parser.add_argument("--json", action="store_true", help="show whole messages, one a line")


def run(arguments: argparse.Namespace) -> int:
    """Listen; Ctrl-C is the way to end it, and no failure."""
    topics = [*dict.fromkeys(arguments.channel or CHANNELS), *([OUTCOMES] if arguments.outcomes else [])]
    stack = find_stack(arguments.stack)
    seen: Counter[str] = Counter()
    with telling_plainly(), ending_on_signals(), suppress(KeyboardInterrupt), subscribe(stack, topics) as inboxes:
        _say(f"Listening to {', '.join(topics)} of '{stack.name}'; Ctrl-C ends it.")
        for message in _messages(list(inboxes.values()), arguments.seconds):
            print(message.body if arguments.json else _line(message), flush=True)
            seen[message.topic] += 1
    _say("  ".join(f"{topic} {seen[topic]}" for topic in topics))
    return 0


def _messages(inboxes: Sequence[Inbox], seconds: float | None) -> Iterator[Message]:
    deadline = None if seconds is None else time.monotonic() + seconds
    with ThreadPoolExecutor(len(inboxes)) as pool:
        while deadline is None or time.monotonic() < deadline:
            for some in pool.map(lambda inbox: inbox.receive(_WAIT), inboxes):
                yield from some


def _line(message: Message) -> str:
    try:
        event = json.loads(message.body)
        return printable(_told(message.topic, event, event["data"]))
    except (ValueError, KeyError, TypeError):
        return printable(f"{message.topic:<12} {message.body}")  # not ours, but on the topic


def _told(topic: str, event: dict[str, Any], data: dict[str, Any]) -> str:
    what = f"{topic:<12} {data['subject']:<24} {data['milestone']} {data.get('path') or data['outcome']} #{data['n']}"
    template = f" with '{data['template']}'" if "template" in data else ""
    return f"{event['time']}  {what}{template}, at {data['at']}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
