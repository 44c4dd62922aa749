import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

from milepost_tools.catalog import load_catalog
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.language import Milestone
from milepost_tools.catalog.rules import Reach
from milepost_tools.cli import main
from milepost_tools.commands.schema import catalog_schema
from milepost_tools.starters import starter, trades

MILESTONE: Final = re.compile(r"  ([a-z0-9-]+):")
NUMBER: Final = re.compile(r"(?:^|[ {])(?!title)\w+: \d")


def text_of(trade: str) -> list[str]:
    """The lines of a starter."""
    return starter(trade).decode().splitlines()


def milestones_of(trade: str) -> list[Milestone]:
    """The milestones of a starter as they are written."""
    return list(parse_catalog(starter(trade), trade).milestones.values())


def kinds_of(trade: str) -> Iterator[str]:
    """The kinds of all rules of a starter, those inside other rules included."""
    for milestone in safe_load(starter(trade))["milestones"].values():
        rules = [milestone["reach"]]
        for rule in rules:
            ((kind, options),) = rule.items()
            yield kind
            rules += [each for each in options.get("of", ()) if isinstance(each, dict) and "event" not in each]


def test_there_is_one_for_each_of_three_trades() -> None:
    """Every file of the package is one, and is tested below."""
    assert trades() == ["fitness", "shop", "team-saas"]


@pytest.mark.parametrize("trade", trades())
def test_validate_has_nothing_to_say_but_ok(trade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No finding, and no advice either: whoever begins with it begins well."""
    file = tmp_path / "catalog.yaml"
    file.write_bytes(starter(trade))
    assert main(["validate", str(file)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{file}: ok, my-")


@pytest.mark.parametrize("trade", trades())
def test_the_schema_takes_it(trade: str) -> None:
    """An editor underlines nothing in it."""
    assert list(Draft202012Validator(catalog_schema()).iter_errors(safe_load(starter(trade)))) == []


@pytest.mark.parametrize("trade", trades())
def test_it_is_as_long_as_a_beginner_can_take_in(trade: str, tmp_path: Path) -> None:
    """Six to ten milestones that the core reads, the first version of a catalog that is nobody's yet."""
    file = tmp_path / "catalog.yaml"
    file.write_bytes(starter(trade))
    catalog = load_catalog(file)
    assert 6 <= len(catalog.milestones) <= 10
    assert catalog.version == 1
    assert catalog.name.startswith("my-")


@pytest.mark.parametrize("trade", trades())
def test_every_milestone_says_what_it_is_for_right_above_it(trade: str) -> None:
    """Two lines of comment at least: what it is for, and what changes when its numbers do."""
    lines = text_of(trade)
    found = [MILESTONE.fullmatch(line) for line in lines]
    first = lines.index("milestones:")
    places = [number for number, match in enumerate(found) if match and number > first]
    assert [lines[number].strip(" :") for number in places] == list(safe_load(starter(trade))["milestones"])
    assert [lines[n] for n in places if not all(line.startswith("  # ") for line in lines[n - 2 : n])] == []


@pytest.mark.parametrize("trade", trades())
def test_every_number_is_explained_on_its_own_line(trade: str) -> None:
    """Nobody needs an engineer to know what it means."""
    numbers = [line for line in text_of(trade) if NUMBER.search(line.partition("#")[0])]
    assert len(numbers) > 10
    assert [line for line in numbers if " # " not in line] == []


@pytest.mark.parametrize("trade", trades())
def test_it_fits_the_line_and_reads_the_same_everywhere(trade: str) -> None:
    """120 columns, plain ASCII, no blank at a line's end."""
    assert starter(trade).isascii()
    assert [line for line in text_of(trade) if len(line) > 120 or line != line.rstrip()] == []


def test_together_they_show_the_whole_language() -> None:
    """Every kind of rule, every beginning of a deadline, and what else a milestone can say."""
    milestones = list(chain.from_iterable(map(milestones_of, trades())))
    assert {kind for trade in trades() for kind in kinds_of(trade)} == set(Reach.keys())
    starts = [each.within.start.compiled() for each in milestones if each.within]
    assert {key for start in starts for key in start} == {"event", "where", "milestone", "trait"}
    assert {each.subject for each in milestones} == {"user", "account"}
    assert any(each.audience for each in milestones)
    assert any(each.reach.rule.repeat for each in milestones)
    assert any(each.reach.streak and each.reach.streak.freezes for each in milestones)
    assert any(event and event.retracted_by for event in (parse_catalog(starter("shop"), "").events or {}).values())
