"""Begin with a catalog for your trade: a copy to change, every number of it explained."""

import argparse
from pathlib import Path
from shlex import quote
from typing import Final

from milepost_tools.commands.build import CATALOG
from milepost_tools.problem import ProblemError
from milepost_tools.starters import starter, starter_templates, trades
from milepost_tools.templates.folder import folder_of

_NEXT: Final = """\
{file}: milestones for {trade}, and what they say in {templates}. Give the catalog a name of your own, and change
what you like. Then

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
    """Copy the catalog and its templates, and say what to do next."""
    templates = folder_of(arguments.output)
    files = {templates / name: content for name, content in starter_templates(arguments.trade).items()}
    for file in () if arguments.force else files:
        if file.exists():  # Before anything is written, so that half a copy is rare; `_write` looks again.
            raise _there_already(file)
    for file, content in {arguments.output: starter(arguments.trade), **files}.items():
        _write(file, content, force=arguments.force)
    named = "" if arguments.output == CATALOG else quote(str(arguments.output))
    argument, option = (f" {named}", f" --catalog {named}") if named else ("", "")
    told = {"file": arguments.output, "trade": arguments.trade, "templates": templates}
    print(_NEXT.format(**told, argument=argument, option=option))
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
        return _there_already(file)
    return ProblemError(f"Cannot write {file}: {refused.strerror or refused}.", "Name another file with --output.")


def _there_already(file: Path) -> ProblemError:
    return ProblemError(f"{file} is there already.", "Name another file with --output, or overwrite it with --force.")
