"""The command line as a whole; what each command does is tested beside it."""

import subprocess
import sys

import pytest

from milepost_tools import cli


def test_every_command_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each, from its own documentation."""
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    indented = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line[4:5].isalpha()]
    assert [name for name, *says in indented if says and name in cli.COMMANDS] == list(cli.COMMANDS)


def test_an_unknown_command_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever mistypes one sees them all."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(["vallidate"])
    said = capsys.readouterr().err
    assert all(repr(name) in said for name in cli.COMMANDS)


def test_a_command_waits_for_the_import_of_no_other() -> None:
    """To import them all takes longer than most of them do."""
    code = """
import sys
from milepost_tools import cli
try:
    cli.main(["send", "--help"])
finally:
    sys.stderr.write(" ".join(name for name in cli.COMMANDS if f"milepost_tools.commands.{name}" in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # Our own code.
    assert done.stderr == "send"
