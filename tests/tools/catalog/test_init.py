import shlex
from pathlib import Path

import pytest

from milepost_tools import cli
from milepost_tools.cli import main
from milepost_tools.commands.build import CATALOG
from milepost_tools.problem import ProblemError
from milepost_tools.starters import starter, starter_templates, trades


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where somebody begins."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("trade", trades())
def test_it_copies_the_catalog_of_the_trade_to_where_all_commands_look_for_one(trade: str) -> None:
    """Byte by byte, comments and all, and the folder is made for it."""
    assert main(["init", trade]) == 0
    assert CATALOG.read_bytes() == starter(trade)
    templates = {each.name: each.read_bytes() for each in (CATALOG.parent / "templates").iterdir()}
    assert templates == starter_templates(trade)


@pytest.mark.parametrize("trade", trades())
def test_validate_has_nothing_to_say_of_the_templates(trade: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even advice: they show the language at its best."""
    assert main(["init", trade]) == 0
    capsys.readouterr()
    assert main(["validate", "--strict"]) == 0
    assert f"{len(starter_templates(trade))} templates" in capsys.readouterr().out


def test_it_never_overwrites_a_template_unasked() -> None:
    """And writes no catalog either: half a copy would be neither theirs nor ours."""
    template = CATALOG.parent / "templates" / "first-workout.yaml"
    template.parent.mkdir(parents=True)
    template.write_text("ours", encoding="utf-8")
    assert main(["init", "fitness"]) == 2
    assert (template.read_text(encoding="utf-8"), CATALOG.exists()) == ("ours", False)
    assert main(["init", "fitness", "--force"]) == 0
    assert template.read_bytes() == starter_templates("fitness")["first-workout.yaml"]


@pytest.mark.parametrize("output", [[], ["--output", "our milestones.yaml"]])
def test_it_ends_with_commands_that_work_as_they_stand(output: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever copies them line by line, with a log of theirs, gets from the copy to a compiled layer."""
    Path("log.ndjson").touch()
    assert main(["init", "shop", *output]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    told = [shlex.split(line.replace("EVENTS", "log.ndjson")) for line in lines if line.startswith("milepost ")]
    assert [command for _, command, *_ in told] == ["validate", "simulate", "build"]
    assert [main(arguments) for _, *arguments in told] == [0, 0, 0]


def test_it_never_overwrites_a_catalog_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody's milestones are in it; the remedy names both ways out."""
    file = Path("ours.yaml")
    file.write_text("ours", encoding="utf-8")
    assert main(["init", "fitness", "--output", str(file)]) == 2
    assert file.read_text(encoding="utf-8") == "ours"
    told = capsys.readouterr().err
    assert "ours.yaml is there already" in told
    assert "--output" in told
    assert "--force" in told


def test_it_overwrites_with_force() -> None:
    """What was longer leaves nothing behind."""
    file = Path("ours.yaml")
    file.write_bytes(b"#" * 100_000)
    assert main(["init", "fitness", "--output", str(file), "--force"]) == 0
    assert file.read_bytes() == starter("fitness")


@pytest.mark.parametrize("more", [[], ["--force"]])
@pytest.mark.parametrize("output", ["folder", "file/catalog.yaml"])
def test_it_tells_where_it_cannot_write(output: str, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A folder, or a file where a folder should be, is a problem that --force does not solve, so it is not named."""
    Path("folder").mkdir()
    Path("file").touch()
    assert main(["init", "shop", "--output", output, *more]) == 2
    told = capsys.readouterr().err
    assert f"Cannot write {output}" in told
    assert "--force" not in told


def test_a_trade_without_a_catalog_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, and every trade is named."""
    with pytest.raises(SystemExit) as left:
        main(["init", "bakery"])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert all(trade in told for trade in trades())
    assert not CATALOG.exists()


def test_whoever_asks_for_a_starter_by_a_wrong_name_is_told_as_well() -> None:
    """A name is one of the list, never a path to somewhere else."""
    for trade in ("bakery", "../starters/shop", ""):
        with pytest.raises(ProblemError, match="Name one of fitness, shop, team-saas"):
            starter(trade)


def test_the_real_command_line_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one of the commands that `milepost` starts."""
    monkeypatch.undo()
    assert "init" in cli.COMMANDS
