"""Try on a stack what AWS must do for Milepost to work; docs/assumptions.md says what breaks otherwise.

With --stack on AWS, for cents and in at most ten minutes. Without it, on a local stack started for the run, which
says something of the emulator and nothing of AWS. All is tried on people, queues and topics of a random name, which
are removed at the end, also after Ctrl-C. The channels' topics can get a nudge for a made-up user, and the alarm on
refused messages can ring.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from milepost_tools.catalog import load_catalog
from milepost_tools.commands.build import CATALOG
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.signals import ending_on_signals
from milepost_tools.local.stack import Stack, find_stack
from milepost_tools.problem import ProblemError
from milepost_tools.verify.checks import CHECKS, Result, results
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.report import cleaned, row, summary
from milepost_tools.verify.verdict import DIFFERS

PRODUCTION: Final = "prod"
EMULATED: Final = "local"
"""Stages of template.yaml; the second is the emulator's and nothing else's."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Which stack, and which catalog it has."""
    parser.add_argument("--stack", metavar="NAME", help="a stack on AWS; default: a local one, for this run")
    parser.add_argument(
        "--catalog", type=Path, default=CATALOG, metavar="FILE", help=f"that of the stack; default: {CATALOG}"
    )
    parser.add_argument(
        "--yes-in-production", action="store_true", help="also where the stack's parameter Stage is prod"
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify; 1 if something differs from what the code relies on, or could not be removed."""
    catalog = load_catalog(arguments.catalog)
    with ending_on_signals(), telling_plainly(), _stack(arguments) as stack:
        stage = stage_of(stack)
        if stage == PRODUCTION and not arguments.yes_in_production:
            what = f"The stack '{stack.name}' is for production: its parameter Stage is {PRODUCTION}."
            raise ProblemError(what, "Verify one of another stage in the same account, or add --yes-in-production.")
        lab, found = Lab(stack, catalog, emulated=stage == EMULATED), list[Result]()
        try:
            for result in results(lab, CHECKS):
                found.append(result)
                print(row(result), flush=True)
        finally:
            lab.clean_up()
            print(cleaned(lab))
    print(summary(lab, stage, found))
    return 1 if lab.left or any(result.verdict == DIFFERS for result in found) else 0


def stage_of(stack: Stack) -> str:
    """The stack's parameter Stage. Of one that does not tell the worst is assumed, as template.yaml does."""
    described = stack.connection.cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    return parameters.get("Stage", PRODUCTION)


@contextmanager
def _stack(arguments: argparse.Namespace) -> Iterator[Stack]:
    if arguments.stack:
        yield find_stack(arguments.stack)
    else:
        sys.stderr.write("Starting a local stack: this verifies the emulator, not AWS.\n")
        with local_stack(catalog=arguments.catalog) as stack:
            yield stack
