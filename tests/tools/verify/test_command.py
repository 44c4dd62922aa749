"""`milepost verify`, as a person calls it, with checks made up for the purpose."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from milepost.domain.catalog import Catalog
from milepost_tools.cli import main
from milepost_tools.commands import verify
from milepost_tools.local.stack import Stack
from milepost_tools.verify.checks import Check, results
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import DiffersError
from tests.adapters.tables import scan
from tests.tools.verify.conftest import CATALOG

Said = pytest.CaptureFixture[str]


def holds(lab: Lab) -> str:
    """It makes an item and a queue."""
    lab.put("somebody", "a")
    lab.queue("some")
    return "well"


def differs(lab: Lab) -> str:
    """It never holds."""
    raise DiffersError("2, not 1")


def breaks_off(lab: Lab) -> str:
    """A person presses Ctrl-C."""
    raise KeyboardInterrupt


def denied(lab: Lab) -> str:
    """These credentials may not."""
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Query")


def refused(lab: Lab) -> str:
    """The service does not take the request."""
    said: Any = {"Error": {"Code": "ValidationException", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    raise ClientError(said, "Query")


def unanswered(lab: Lab) -> str:
    """The network is down."""
    raise EndpointConnectionError(endpoint_url="aws")


def unreadable(lab: Lab) -> str:
    """The answer has another shape."""
    answer: dict[str, str] = {}
    return answer["ConsumedCapacity"]


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Any:
    """Call the command with these checks on the stack of the tests; the exit status."""

    @contextmanager
    def the_stack(_arguments: object) -> Iterator[Stack]:
        yield stack

    def call(checks: Mapping[str, Check], *arguments: str) -> int:
        monkeypatch.setattr(verify, "CHECKS", checks)
        return main(["verify", "--catalog", str(CATALOG), *arguments])

    monkeypatch.setattr(verify, "_stack", the_stack)
    return call


def made(stack: Stack) -> list[str]:
    """What there is under names that these checks take."""
    items = scan(stack.connection.dynamodb, stack.table_name)
    queues = stack.connection.sqs.list_queues(QueueNamePrefix="verify-").get("QueueUrls", [])
    return [*(item["pk"]["S"] for item in items if "-somebody" in item["pk"]["S"]), *queues]


def test_the_last_line_is_json_and_all_that_holds_is_success(verified: Any, stack: Stack, capsys: Said) -> None:
    """A table for people, what was removed, and an object for programs; nothing is left."""
    assert verified({"good": holds}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["good", lines[0].split()[1], "s", "holds:", "well"]
    assert lines[1].strip() == "It makes an item and a queue."
    assert any(line.startswith("  queue verify-") for line in lines)
    summary = json.loads(lines[-1])
    assert summary["checks"] == {"good": "holds: well"}
    assert (summary["stage"], summary["holds"], summary["differs"]) == ("local", 1, 0)
    assert made(stack) == []


def test_a_difference_is_reported_and_the_rest_goes_on(verified: Any, capsys: Said) -> None:
    """Exit status 1."""
    assert verified({"bad": differs, "good": holds}) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["checks"] == {
        "bad": "differs: 2, not 1",
        "good": "holds: well",
    }


def test_what_is_refused_differs_and_what_is_denied_or_unanswered_says_nothing(verified: Any, capsys: Said) -> None:
    """The one is about AWS, the other about who asks, and when."""
    assert verified({"shape": unreadable, "refused": refused, "right": denied, "network": unanswered}) == 1
    checks = json.loads(capsys.readouterr().out.splitlines()[-1])["checks"]
    assert checks["shape"].startswith("differs: KeyError")
    assert checks["refused"].startswith("differs: ")
    assert checks["right"].startswith("not testable here: ")
    assert checks["network"].startswith("not testable here: ")


def test_after_ctrl_c_everything_is_removed(verified: Any, stack: Stack, capsys: Said) -> None:
    """And said so."""
    assert verified({"good": holds, "broken off": breaks_off}) == 130
    assert made(stack) == []
    assert "Removed 2 things" in capsys.readouterr().out


def test_what_cannot_be_removed_is_told_and_keeps_nothing_else(verified: Any, stack: Stack, capsys: Said) -> None:
    """A person has to look after it, so it is no success."""

    def leaves_behind(lab: Lab) -> str:
        """It makes what does not go."""
        lab.made("a stone", partial(getattr, lab, "hammer"))
        return holds(lab)

    assert verified({"stone": leaves_behind}) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  a stone: ") for line in lines)
    assert len(json.loads(lines[-1])["left"]) == 1
    assert made(stack) == []


def test_production_is_refused_unless_somebody_says_yes(
    verified: Any, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Nothing is tried and nothing made; with the option it is a stack like any other."""
    monkeypatch.setattr(verify, "stage_of", lambda _stack: "prod")
    assert verified({"bad": differs}) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--yes-in-production" in said.err
    assert verified({"good": holds}, "--yes-in-production") == 0


def test_a_stack_that_does_not_tell_its_stage_counts_as_production(stack: Stack) -> None:
    """As template.yaml has it."""
    assert verify.stage_of(stack) == "local"
    silent: Any = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [{}]})
    mute: Any = SimpleNamespace(name="mute", connection=SimpleNamespace(cloudformation=silent))
    assert verify.stage_of(mute) == "prod"


def test_what_the_emulator_does_not_model_is_a_difference_on_aws(stack: Stack, catalog: Catalog) -> None:
    """The list excuses the emulator and nobody else."""
    for emulated, verdict in ((True, "not testable here"), (False, "differs")):
        (found,) = results(Lab(stack, catalog, emulated=emulated), {"statement-units": differs})
        assert found.verdict == verdict
        assert "2, not 1" in found.said
