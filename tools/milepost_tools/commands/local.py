"""Run a stack on this machine: template.yaml in an emulator of AWS, without an account.

`up` starts it and leaves it running; its state and log lie in `.milepost/` beneath the current directory.
"""

import argparse
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from milepost_tools.catalog import CatalogError
from milepost_tools.local.connection import ROOT_KEY, to_ministack
from milepost_tools.local.deploy import STACK, Clock, deploy
from milepost_tools.local.launch import REGION
from milepost_tools.local.logs import read_logs
from milepost_tools.local.ministack import MiniStack, start_in_background
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.signals import ending_on_signals
from milepost_tools.local.stack import FUNCTIONS, Stack, find_stack
from milepost_tools.local.state import HOME, LocalState, forget, recall, remember, started
from milepost_tools.local.text import printable

NOT_RUNNING: Final = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Up, down, status, logs."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    up = actions.add_parser("up", help="start it and deploy to it")
    up.add_argument("--catalog", type=Path, metavar="FILE", help="default: the one that 'milepost build' compiled")
    up.add_argument("--port", type=int, metavar="N", help="default: a free one")
    up.add_argument("--replay", action="store_true", help="take the time from the messages; no sweep runs by itself")
    up.set_defaults(action=_up)
    actions.add_parser("down", help="stop it; what was in it is gone").set_defaults(action=_down)
    actions.add_parser("status", help="whether it runs, and what waits in it").set_defaults(action=_status)
    logs = actions.add_parser("logs", help="what the functions wrote")
    logs.add_argument("function", nargs="?", choices=FUNCTIONS, metavar="FUNCTION", help=", ".join(FUNCTIONS))
    logs.add_argument("--follow", action="store_true", help="and what they write from now on, until Ctrl-C")
    logs.set_defaults(action=_logs)


def run(arguments: argparse.Namespace) -> int:
    """Do it; 1 where the catalog is refused, or where `status` finds nothing running."""
    with telling_plainly():
        return int(arguments.action(arguments))


def _up(arguments: argparse.Namespace) -> int:
    # However this ends before the stack is there, Ctrl-C included, nothing of it stays.
    with ending_on_signals(), ExitStack() as undoing:
        ministack = start_in_background(HOME, arguments.port)
        undoing.callback(forget)
        undoing.callback(ministack.stop)
        try:
            stack = _deployed(ministack, arguments)
        except CatalogError as error:
            print(*error.lines, sep="\n")
            return 1
        undoing.pop_all()
    _introduce(stack, ministack)
    return 0


def _deployed(ministack: MiniStack, arguments: argparse.Namespace) -> Stack:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    # Before the deployment, so that `down` finds the process even if this one is killed meanwhile.
    remember(LocalState(ministack.pid, ministack.port, now, STACK, ministack.endpoint, str(ministack.log)))
    clock: Clock = "replay" if arguments.replay else "live"
    return deploy(to_ministack(ministack.endpoint), catalog=arguments.catalog, clock=clock)


def _introduce(stack: Stack, ministack: MiniStack) -> None:
    print(f"""\
The stack '{stack.name}' runs (clock: {stack.clock_mode}). Events go to
  {stack.event_queue_url}
Next: 'milepost send FILE', 'milepost tail', 'milepost local status'; 'milepost local down' stops it.
For the AWS CLI and SDKs:
  export AWS_ENDPOINT_URL={ministack.endpoint} AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}
  export AWS_ACCESS_KEY_ID={ROOT_KEY} AWS_SECRET_ACCESS_KEY={ROOT_KEY}""")


def _down(_arguments: argparse.Namespace) -> int:
    ministack = started()
    if ministack is None:
        print("No local stack was started from this directory.")
        return 0
    was_running = ministack.running
    ministack.stop()
    forget()
    print("The local stack is stopped." if was_running else "The local stack had ended already.")
    return 0


def _status(_arguments: argparse.Namespace) -> int:
    state = recall()
    if state is None or not state.ministack.running:
        print("No local stack runs here." if state is None else f"The local stack has ended; see {state.log}.")
        return NOT_RUNNING
    stack = find_stack(None)
    print(f"The stack '{stack.name}' runs since {state.started} (clock: {stack.clock_mode}).")
    print(f"  endpoint       {state.endpoint}\n  process        {state.pid}\n  log            {state.log}")
    waiting = {
        "events": stack.event_queue_url,
        "refused events": stack.event_dead_letter_queue_url,
        "ticks": stack.tick_queue_url,
    }
    for name, url in waiting.items():
        print(f"  {name:<14} {_depth(stack, url)}")
    return 0


def _depth(stack: Stack, url: str) -> str:
    found = stack.connection.sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    waiting, taken = (int(found[name]) for name in sorted(found))
    return f"{waiting:,} waiting, {taken:,} being worked on"


def _logs(arguments: argparse.Namespace) -> int:

    functions = [arguments.function] if arguments.function else list(FUNCTIONS)
    try:
        for line in read_logs(find_stack(None), functions, follow=arguments.follow):
            print(f"{line.at:%H:%M:%S}  {line.function:<8} {printable(line.text)}", flush=True)
    except KeyboardInterrupt:
        if not arguments.follow:
            raise
    return 0
