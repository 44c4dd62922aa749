"""An operator before the local stack: one nudge is cancelled, another one goes out again, the stream does the rest."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import pytest

from milepost_tools.cli import main
from milepost_tools.commands import explain, nudge, nudges
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.sending import Parcel, send_batch
from milepost_tools.local.stack import Stack
from milepost_tools.local.subscriptions import Inbox, subscribe

CATALOG: Final = """
catalog: shop
version: 1
timezone: UTC
consent: {in_app: always, email: email_opt_in}
events: {bought: {}}
milestones:
  first:
    title: First purchase
    reach: {count: {event: bought, at_least: 1}}
    on_reached:
      - {channel: in_app, template: thanks}
      - {channel: in_app, template: still-there, after: 3d}
      - {channel: email, template: receipt}
"""
PATIENCE: Final = 60


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journey: thanks at once, a reminder after three days, and an email without consent."""
    file = tmp_path_factory.mktemp("catalog") / "catalog.yaml"
    file.write_text(CATALOG, encoding="utf-8")
    return file


@pytest.fixture
def stack(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The whole of it, by the time of day."""
    with local_stack(catalog=catalog, clock="live") as running:
        for command in (explain, nudge, nudges):
            monkeypatch.setattr(command, "find_stack", lambda _name: running)
        yield running


def until(found: Callable[[], Any]) -> Any:
    """What is found there, once it is."""
    end = monotonic() + PATIENCE
    while not (result := found()):
        assert monotonic() < end, "it has not come"
        sleep(0.3)
    return result


def bought(stack: Stack) -> None:
    """A purchase, now."""
    now = datetime.now(UTC).isoformat()
    said = {"type": "track", "messageId": now, "userId": "u_1", "event": "bought", "timestamp": now}
    assert send_batch(stack.connection.sqs, stack.event_queue_url, [Parcel("line", json.dumps(said))]) == []


def events(inbox: Inbox) -> list[dict[str, Any]]:
    """The nudges that have come."""
    return [json.loads(each.body) for each in inbox.receive_all()]


def test_an_operator_cancels_what_waits_and_sends_again_what_was_sent(
    stack: Stack, catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Subscribers get the same nudge under a second id, and nothing else; every verdict is in the index by day."""

    def ask(*command: str) -> Any:
        capsys.readouterr()
        assert main([*command, *([] if command[0] == "nudges" else ["--catalog", str(catalog)])]) == 0
        said = capsys.readouterr().out
        return json.loads(said) if "--json" in command else said

    def verdicts() -> dict[tuple[str, int], dict[str, Any]]:
        found = ask("nudges", "--json")["nudges"]
        return {(each["template"], each["attempt"]): each for each in found}

    with subscribe(stack, ["in_app", "email"]) as inboxes:
        bought(stack)
        [first] = until(lambda: events(inboxes["in_app"]))
        before = until(lambda: found if len(found := verdicts()) == 3 else None)
        assert {name: (each["verdict"], each["reason"]) for (name, _), each in before.items()} == {
            "thanks": ("sent", None),
            "still-there": ("deferred", "not_yet"),
            "receipt": ("suppressed", "no_consent"),
        }
        assert before["thanks", 1]["id"] == first["id"]

        ask("nudge", "cancel", before["still-there", 1]["id"], "--subject", "u_1")
        until(lambda: verdicts()["still-there", 1]["reason"] == "cancelled_by_operator")
        ask("nudge", "resend", first["id"], "--subject", "u_1")
        [second] = until(lambda: events(inboxes["in_app"]))
        after = until(lambda: found if len(found := verdicts()) == 4 else None)

        assert second["id"] == after["thanks", 2]["id"] != first["id"]
        assert (first["data"].pop("attempt"), second["data"].pop("attempt")) == (1, 2)
        assert first["data"] == second["data"]
        assert events(inboxes["email"]) == []
        explained = ask("explain", "u_1", "--json")["milestones"][0]["nudges"]
        assert [(each["verdict"], each["attempt"], each["waits"]) for each in explained].count(("sent", 2, False)) == 1
        assert not any(each["waits"] for each in explained)
