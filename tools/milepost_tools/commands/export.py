"""Hand out all that is held of a person, as JSON: the aggregate decoded, and everything beside it.

SUBJECT is u_42, user:u_42 or account:acct_7. Of a person who has several ids it is what is held under each of them.
Channel integrations, which remember whom they sent which nudge, are asked if their stacks are named with --integration.
The catalog should be the one that is deployed. The exit status is 1 if nothing is held.
"""

import argparse
import sys
from json import dumps
from pathlib import Path

from milepost_tools.catalog import load_catalog
from milepost_tools.commands.build import CATALOG
from milepost_tools.explain.subject import subject_of
from milepost_tools.local.stack import find_stack
from milepost_tools.privacy.export import everything
from milepost_tools.privacy.integrations import ask_for_integrations, find_integrations
from milepost_tools.privacy.stored import saying_what_stopped
from milepost_tools.privacy.wording import NOT_ASKED
from milepost_tools.problem import ProblemError


def configure(parser: argparse.ArgumentParser) -> None:
    """Of whom, and where to."""
    parser.add_argument("subject", metavar="SUBJECT", help="u_42, user:u_42 or account:acct_7")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: the local one")
    ask_for_integrations(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write it; 1 if there is nothing."""
    subject, catalog = subject_of(arguments.subject), load_catalog(arguments.catalog)
    with saying_what_stopped():
        stack = find_stack(arguments.stack)
        integrations = find_integrations(stack.connection, arguments.integration)
        found = everything(stack, subject, catalog, integrations)
    if not integrations:
        sys.stderr.write(f"{NOT_ASKED}\n")
    text = dumps(found, ensure_ascii=False, indent=1) + "\n"
    if arguments.output:
        _write(arguments.output, text)
    else:
        print(text, end="")
    return 0 if found["held"] else 1


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProblemError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from error
