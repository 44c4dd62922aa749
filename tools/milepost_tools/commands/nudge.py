"""Cancel a nudge that waits, or send one again that went out; nothing else of the subject's is touched.

`milepost explain SUBJECT --json` and `milepost nudges` show ids. A nudge that is sent again has an id of its own, so
subscribers deliver it. Consent, suppression rules, holdout, and whether it is still true are asked anew; caps,
priorities and hours too, unless --now says that it cannot wait. How old it is does not matter: a person wants it.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Final

from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.clock import worker_clock
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.operate import NotDoneError, Operate
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost_tools.catalog import load_catalog
from milepost_tools.commands.build import CATALOG
from milepost_tools.explain.stored import LIVE
from milepost_tools.explain.subject import subject_of
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.stack import CHANNELS, Stack, find_stack
from milepost_tools.nudges.recorded import DynamoDecisions
from milepost_tools.nudges.refused import problem_of
from milepost_tools.problem import ProblemError

_PATIENCE: Final = 15.0
"""Seconds for which others may keep writing the subject before it is given up."""


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do with which nudge of whom."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("nudge", metavar="NUDGE_ID", help="as explain and nudges show it")
    common.add_argument("--subject", required=True, metavar="SUBJECT", help="u_42, user:u_42 or account:acct_7")
    common.add_argument("--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    common.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("cancel", parents=[common], help="call it back before it goes")
    again = actions.add_parser("resend", parents=[common], help="send it again")
    again.add_argument("--channel", choices=CHANNELS, help="another one of its step; default: the one it went by")
    again.add_argument("--now", action="store_true", help="whatever caps, priorities and hours say")


def run(arguments: argparse.Namespace) -> int:
    """Do it; what cannot be done is a problem."""
    catalog, subject = load_catalog(arguments.catalog), subject_of(arguments.subject)
    with telling_plainly():
        stack = find_stack(arguments.stack)
        if stack.clock_mode != LIVE:
            what = f"The stack '{stack.name}' goes by the messages' clock, so nobody can say what time it is there."
            raise ProblemError(what, "Name a stack that goes by the time of day.")
        try:
            _ACTIONS[arguments.action](arguments, _operate(stack, catalog), subject)
        except NotDoneError as error:
            raise problem_of(error, stack, subject, catalog) from None
    return 0


def _operate(stack: Stack, catalog: Catalog) -> Operate:
    client = stack.connection.dynamodb
    store = DynamoStore(client, Codec.of(catalog), stack.table_name)
    return Operate(store, DynamoDecisions(client, stack.table_name), catalog, worker_clock)


def _backoff() -> JitteredBackoff:
    begun = monotonic()
    return JitteredBackoff(lambda: _PATIENCE - (monotonic() - begun))


def _cancel(arguments: argparse.Namespace, operate: Operate, subject: Subject) -> None:
    operate.cancel(subject, arguments.nudge, _backoff())
    print(f"Nudge {arguments.nudge} of {subject} is cancelled.")
    sys.stderr.write("Had publish just handed it over, its decision says sent: 'milepost explain' shows it.\n")


def _resend(arguments: argparse.Namespace, operate: Operate, subject: Subject) -> None:
    again = operate.send_again(subject, arguments.nudge, _backoff(), channel=arguments.channel, hurry=arguments.now)
    print(f"Attempt {again.attempt} is on its way by {again.channel}, under the id {again.nudge}.")


_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace, Operate, Subject], None]]] = {
    "cancel": _cancel,
    "resend": _resend,
}
