"""`milepost`: the command line."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from milepost_tools.problem import ProblemError

COMMANDS: Final = (
    "demo",
    "init",
    "validate",
    "build",
    "preview",
    "schema",
    "bench",
    "prove",
    "cost",
    "simulate",
    "replay",
    "local",
    "send",
    "tail",
    "dlq",
    "explain",
    "erase",
    "export",
    "nudges",
    "nudge",
    "verify",
)
INTERRUPTED: Final = 130
PROBLEM: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 for success, 1 for a finding, 2 for a problem to mend."""
    given = sys.argv[1:] if argv is None else argv
    arguments = _parser(given).parse_args(given)
    try:
        return int(arguments.run(arguments))
    except ProblemError as problem:
        sys.stderr.write(f"milepost: {problem.what}\n  {problem.remedy}\n")
        return PROBLEM
    except BrokenPipeError:
        sys.stderr.close()  # Whoever read our output has gone, as `head` does; that is no error.
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("\nmilepost: interrupted\n")
        return INTERRUPTED


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Of all commands, or of the one that is asked for alone: to import them all takes over a second."""
    parser = argparse.ArgumentParser(
        prog="milepost", description="Milestones reached and missed, counted exactly once."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in given[:1] if given and given[0] in COMMANDS else COMMANDS:
        module = import_module(f"milepost_tools.commands.{name}")
        summary = (module.__doc__ or "").strip().splitlines()[0]
        command = commands.add_parser(name, help=summary, description=module.__doc__)
        module.configure(command)
        command.set_defaults(run=module.run)
    return parser
