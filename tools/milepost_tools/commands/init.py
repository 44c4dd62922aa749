"""Begin with a catalog for your trade: a copy to change, every number of it explained."""

import argparse
from pathlib import Path
from shlex import quote
from typing import Final

from milepost_tools.commands.build import CATALOG
from milepost_tools.problem import ProblemError
from milepost_tools.starters import starter, trades

_NEXT: Final = """\
{file}: milestones for {trade}. Give the catalog a name of your own, and change in it what you like. Then

  milepost validate{argument}
      says whether Milepost understands it, and what to do where it does not
  milepost simulate EVENTS{option}
      runs a log of past events through it, one JSON object a line: who would have got which message
  milepost build{argument}
      compiles it for `make deploy`"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The trade, and where its catalog goes."""
    parser.add_argument("trade", choices=trades(), metavar="TRADE", help=", ".join(trades()))
    parser.add_argument("--output", type=Path, default=CATALOG, metavar="FILE", help=f"default: {CATALOG}")
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there already")


def run(arguments: argparse.Namespace) -> int:
    """Copy the catalog, and say what to do next."""
    _write(arguments.output, starter(arguments.trade), force=arguments.force)
    named = "" if arguments.output == CATALOG else quote(str(arguments.output))
    argument, option = (f" {named}", f" --catalog {named}") if named else ("", "")
    print(_NEXT.format(file=arguments.output, trade=arguments.trade, argument=argument, option=option))
    return 0


def _write(file: Path, content: bytes, *, force: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Exclusively, so that nobody's milestones are lost to a check that looked a moment too early.
        with file.open("wb" if force else "xb") as target:
            target.write(content)
    except OSError as refused:
        raise _problem(file, refused) from None


def _problem(file: Path, refused: OSError) -> ProblemError:
    if isinstance(refused, FileExistsError) and file.is_file():  # Not a folder, nor a file where a folder should be.
        return ProblemError(
            f"{file} is there already.", "Name another file with --output, or overwrite it with --force."
        )
    return ProblemError(f"Cannot write {file}: {refused.strerror or refused}.", "Name another file with --output.")
