"""Send a recorded log through a deployed stack, and leave the same files as `milepost simulate`.

Without --stack it starts a local stack for the run. The stack must go by the messages' clock (Clock=replay) and
should be empty: what it has counted before, it has counted.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from milepost_tools.catalog import load_catalog
from milepost_tools.history.arguments import add_history_arguments, source_of
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.progress import progress_bar
from milepost_tools.history.replay import Replay, data_of
from milepost_tools.history.results import final_state, nudge_order, write_rows
from milepost_tools.history.stored import decisions
from milepost_tools.history.summary import reached_and_missed
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.signals import ending_on_signals
from milepost_tools.local.stack import OUTCOMES, Stack, find_stack


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `simulate`, and where to send."""
    add_history_arguments(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: a local one, for this run")
    where.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        type=_parameter,
        action="append",
        default=[],
        help="a parameter of template.yaml for the local stack; may be given several times",
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay, write the files asked for, and sum up for a person; 1 if a line could not be sent."""
    catalog = load_catalog(arguments.catalog)
    log = source_of(arguments).open()
    lines = [log.parcel(entry) for entry in log.entries()]
    with ending_on_signals(), telling_plainly(), _stack(arguments) as stack:
        with progress_bar("replaying", len(lines)) as sent:
            replay = Replay(stack, catalog, sent)
            replay.run(lines, read_as_of(arguments.as_of))
        outcomes = final_state(data_of(replay.messages, OUTCOMES))
        if arguments.outcomes:
            write_rows(arguments.outcomes, ({name: row[name] for name in row if name != "id"} for row in outcomes))
        if arguments.nudges:
            write_rows(arguments.nudges, sorted(decisions(stack), key=nudge_order))
    for unsent in replay.unsent:
        print(f"{unsent.ref}: {unsent.reason}")
    print(reached_and_missed(catalog, outcomes))
    return 1 if replay.unsent else 0


@contextmanager
def _stack(arguments: argparse.Namespace) -> Iterator[Stack]:
    if arguments.stack:
        yield find_stack(arguments.stack)
    else:
        parameters = dict(arguments.parameter)
        with local_stack(catalog=arguments.catalog, clock="replay", parameters=parameters) as stack:
            yield stack


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("write it as NAME=VALUE, such as LedgerEntries=4")
    return name, value
