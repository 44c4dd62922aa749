"""`milepost erase` and `milepost export` where channel integrations are named."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from milepost_tools.cli import main
from milepost_tools.commands import erase
from tests.integrations.driving import Bench
from tests.tools.privacy.conftest import Deployed

BOTH = ["--integration", "ses", "--integration", "webhook"]


class Integrations:
    """Two integrations, each of which has sent something to both ids of the person and to somebody else."""

    def __init__(self, engine: Any) -> None:
        self.benches = {name: Bench(client=engine, table=name) for name in ("ses", "webhook")}
        for bench in self.benches.values():
            for number, subject in enumerate(["user:u_1", "user:u_1", "user:device", "user:other"]):
                bench.send(number, subject)

    def of(self, name: str, *subjects: str) -> list[Any]:
        """What one of them remembers of these subjects."""
        return [each for each in self.items(name) if each.get("subject", {}).get("S") in subjects]

    def items(self, name: str) -> list[Any]:
        """All that one of them has stored."""
        return list(self.benches[name].client.scan(TableName=name)["Items"])


@pytest.fixture
def integrations(deployed: Deployed) -> Integrations:
    """Beside the stack."""
    return Integrations(deployed.engine)


@pytest.mark.parametrize("asked", ["u_1", "device"])
def test_a_person_is_forgotten_under_each_id_by_each_integration_that_is_named(  # noqa: PLR0913, PLR0917  # Fixtures.
    deployed: Deployed,
    integrations: Integrations,
    slept: list[float],
    options: list[str],
    capsys: pytest.CaptureFixture[str],
    asked: str,
) -> None:
    """And by no other; how much was there is said before, what was removed after, and that it is gone."""
    assert main(["erase", asked, "--yes", "--integration", "ses", *options]) == 0
    said = capsys.readouterr().out
    assert "  ses: 3 nudges remembered\n" in said
    assert ", 3 nudges in ses.\nRead again: nothing remains but 2 tombstones, and as many in ses. Whatever" in said
    assert "not asked" not in said
    assert slept == [60.0]
    assert [item["subject"]["S"] for item in integrations.items("ses") if "subject" in item] == ["user:other"]
    assert sorted(item["id"]["S"] for item in integrations.items("ses") if "erased" in item) == [
        "user:device",
        "user:u_1",
    ]
    assert len(integrations.of("webhook", "user:u_1", "user:device")) == 3
    assert (deployed.sorts("u_1"), deployed.sorts("device")) == ({"a": 1}, {"a": 1})


def test_whoever_began_before_the_tombstone_is_waited_for(
    integrations: Integrations, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function notes what it sent, under a claim that is not taken from it; then that, too, is removed."""
    seen: list[int] = []

    def ends(_: float) -> None:
        bench = integrations.benches["ses"]
        seen.append(len(integrations.of("ses", "user:u_1")))
        held = {each["id"]["S"]: each for each in integrations.items("ses") if "erased" in each}
        bench.client.delete_item(TableName="ses", Key={"id": {"S": "user:u_1"}})  # as it looked when it began
        bench.send(9, "user:u_1")
        bench.client.put_item(TableName="ses", Item=held["user:u_1"])

    monkeypatch.setattr(erase, "sleep", ends)
    assert main(["erase", "u_1", "--yes", "--integration", "ses", *options]) == 0
    assert seen == [2]
    assert integrations.of("ses", "user:u_1", "user:device") == []


def test_an_erasure_that_is_interrupted_while_it_waits_is_finished_by_the_next(
    deployed: Deployed,
    integrations: Integrations,
    slept: list[float],
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until the integrations have forgotten, Milepost's table tells who else the person is."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erase, "sleep", interrupted)
        assert main(["erase", "u_1", "--yes", *BOTH, *options]) == 130
    assert main(["erase", "u_1", "--yes", *BOTH, *options]) == 0
    assert slept == [60.0]
    for name in ("ses", "webhook"):
        assert integrations.of(name, "user:u_1", "user:device") == []
        assert len(integrations.of(name, "user:other")) == 1
    assert (deployed.sorts("u_1"), deployed.sorts("device")) == ({"a": 1}, {"a": 1})


@pytest.mark.usefixtures("slept")
def test_one_that_cannot_be_reached_stops_it_before_anything_is_erased(
    deployed: Deployed, integrations: Integrations, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name must not leave half of it behind."""
    tables = [deployed.table, "ses", "webhook"]
    before = [deployed.engine.scan(TableName=table)["Items"] for table in tables]
    assert main(["erase", "u_1", "--yes", *BOTH, "--integration", "sess", *options]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("milepost: --integration sess: There is no stack 'sess'")
    assert [deployed.engine.scan(TableName=table)["Items"] for table in tables] == before


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize("right", ["put_item", "delete_item"])
def test_one_that_lets_nobody_write_stops_it_and_the_next_try_finishes_it(  # noqa: PLR0913, PLR0917  # Fixtures.
    deployed: Deployed,
    integrations: Integrations,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    right: str,
) -> None:
    """It is said which, and that it has to begin again; until then the person is found whole."""
    denied: Any = {"Code": "AccessDeniedException", "Message": f"not authorized to perform {right}"}

    class Denying:
        """Reads what there is, and writes Milepost's table alone."""

        def __getattr__(self, name: str) -> Any:
            if name != right:
                return getattr(deployed.engine, name)
            return self.write

        def write(self, **request: Any) -> Any:
            """As a policy for one table allows."""
            if request["TableName"] == "webhook":
                raise ClientError({"Error": denied}, right)
            return getattr(deployed.engine, right)(**request)

    with monkeypatch.context() as patch:
        patch.setattr(type(deployed.connection), "dynamodb", Denying())
        assert main(["erase", "u_1", "--yes", *BOTH, *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"milepost: --integration webhook: These credentials may not do that: {denied['Message']}")
    assert "then begin again" in said
    assert deployed.sorts("u_1")["y#"] == 1
    assert main(["erase", "u_1", "--yes", *BOTH, *options]) == 0
    assert not any(integrations.of(name, "user:u_1", "user:device") for name in ("ses", "webhook"))


@pytest.mark.usefixtures("slept")
def test_what_remains_with_an_integration_is_said(
    integrations: Integrations, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second read is of every table."""
    client = integrations.benches["ses"].client
    stray = integrations.of("ses", "user:u_1")[0]
    prove = erase._prove

    def proves(*everything: Any) -> int:
        client.put_item(TableName="ses", Item=stray)
        return prove(*everything)

    monkeypatch.setattr(erase, "_prove", proves)
    assert main(["erase", "u_1", "--yes", *BOTH, *options]) == 1
    assert "Read again: 1 nudge in ses remain. Erase again." in capsys.readouterr().out


@pytest.mark.usefixtures("slept")
def test_of_whom_only_an_integration_remembers_something_that_is_removed(
    integrations: Integrations, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As after an erasure for which it was not named."""
    assert main(["erase", "u_1", "--yes", *options]) == 0
    assert "are not asked: name the stack of each that is deployed with --integration NAME" in capsys.readouterr().out
    assert main(["erase", "u_1", "--yes", *BOTH, *options]) == 0
    said = capsys.readouterr().out
    assert "Nothing is held" not in said
    assert "Removed: 2 nudges in ses, 2 nudges in webhook." in said
    assert integrations.of("ses", "user:u_1") == []


def test_what_integrations_remember_is_handed_out(
    deployed: Deployed, integrations: Integrations, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of each id, by the name of the stack; where none is named, that is said beside it."""
    assert main(["export", "u_1", *BOTH, *options]) == 0
    said = capsys.readouterr()
    shown = json.loads(said.out)["integrations"]
    assert {name: sorted(each["subject"] for each in items) for name, items in shown.items()} == {
        name: ["user:device", "user:u_1", "user:u_1"] for name in ("ses", "webhook")
    }
    assert said.err == ""
    assert main(["export", "u_1", *options]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["integrations"] == {}
    assert said.err.startswith("Channel integrations are not asked: ")


@pytest.mark.usefixtures("slept")
def test_a_tombstone_is_handed_out_and_holds_nothing(
    integrations: Integrations, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A nudge alone is something that is held; the status tells the two apart."""
    assert main(["erase", "u_1", "--yes", "--integration", "ses", *options]) == 0
    assert main(["export", "u_1", "--integration", "webhook", *options]) == 0
    capsys.readouterr()
    assert main(["export", "u_1", "--integration", "ses", *options]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert [each.keys() for each in shown["integrations"]["ses"]] == [{"id", "erased", "expires"}]
