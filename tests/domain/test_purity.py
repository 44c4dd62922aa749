"""The core is a function of its arguments: no module of it names a clock, and none reads one when it runs."""

import ast
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

import milepost.domain
from milepost.domain.event import Tick
from milepost.domain.instant import DAY
from tests.domain.build import T0, Life
from tests.domain.laws.catalogs import everything
from tests.domain.laws.histories import years

FOLDER = Path(milepost.domain.__path__[0])
MODULES = sorted(FOLDER.rglob("*.py"))
FORBIDDEN_MODULES = frozenset({
    "asyncio", "boto3", "botocore", "io", "locale", "logging", "os", "pathlib", "platform", "random", "secrets",
    "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "yaml",
})  # fmt: skip
FORBIDDEN_NAMES = frozenset({
    "now", "utcnow", "today", "localtime", "monotonic", "perf_counter", "time_ns", "getenv", "environ", "urandom",
    "uuid4", "getrandbits", "shuffle",
})  # fmt: skip
FORBIDDEN_CALLS = frozenset({
    "open", "print", "input", "eval", "exec", "breakpoint", "__import__", "globals", "vars", "id", "hash",
})  # fmt: skip
"""`hash` of a text differs from process to process, and `id` from run to run."""


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that a module imports, by their first name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def impure(tree: ast.AST) -> Iterator[str]:
    """Whatever of a module reaches for the clock, for chance, or for the world."""
    yield from FORBIDDEN_MODULES.intersection(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from FORBIDDEN_NAMES.intersection(alias.name for alias in node.names)
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in FORBIDDEN_CALLS:
                yield called.id
            if isinstance(called, ast.Attribute) and called.attr in FORBIDDEN_NAMES:
                yield called.attr


@pytest.mark.parametrize("module", MODULES, ids=[str(each.relative_to(FOLDER)) for each in MODULES])
def test_no_module_of_the_core_names_a_clock(module: Path) -> None:
    """Nor chance, nor files, nor the environment, nor what differs between two processes."""
    assert list(impure(ast.parse(module.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from time import monotonic",
        "import os.path",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.date.today()",
        "import uuid",
        "x = hash('a')",
        "open('a')",
    ],
)
def test_the_audit_sees_what_it_is_for(code: str) -> None:
    """An audit that finds nothing in anything is worth nothing."""
    assert list(impure(ast.parse(code)))


def test_the_core_tells_the_same_whatever_the_machine_says_the_time_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule kind, with every reader of the clock made to raise: nothing else than `now` tells the time."""
    before = story()
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"):
        monkeypatch.setattr(time, name, refuses)
    with pytest.raises(AssertionError, match="the clock was read"):
        time.time()
    after = story()
    monkeypatch.undo()
    assert after.progress == before.progress
    assert (after.outcomes, after.nudges) == (before.outcomes, before.nudges)


def story() -> Life:
    """A life that meets every kind of rule, with the clock asked now and then."""
    life = Life(everything("Europe/Berlin"))
    for place, event in enumerate(years(5, 300)):
        life.get(event)
        if place % 20 == 0:
            life.get(Tick(event.arrived), now=event.arrived)
    life.tick(T0 + 900 * DAY)
    assert life.outcomes
    return life


def refuses(*_: object) -> NoReturn:
    """In place of a reader of the clock."""
    raise AssertionError("the clock was read")
