"""`milepost nudge`: cancel and send again, on the tables of a stack."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from milepost.adapters.clock import worker_clock
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.operate import Why
from milepost.application.ports import Stored
from milepost.application.publish import Publish
from milepost.domain.advance import advance
from milepost.domain.instant import HOUR
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from milepost_tools.catalog import load_catalog
from milepost_tools.cli import main
from milepost_tools.commands import explain, nudge
from milepost_tools.local.connection import Connection
from milepost_tools.local.stack import Stack
from milepost_tools.nudges.refused import WORDS
from tests.adapters.tables import create_statistics_table, create_table
from tests.domain.build import identify, track
from tests.fakes.composer import MemoryComposer
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics

CATALOG = """
catalog: shop
version: 1
timezone: UTC
consent: {email: email_opt_in, sms: sms_opt_in}
caps: [{channel: email, at_most: 1, per: 7d, else: defer}]
events: {bought: {}}
milestones:
  first:
    title: First
    reach: {count: {event: bought, at_least: 1}}
    on_reached:
      - {channel: [email, sms], template: thanks}
      - {channel: sms, template: still-there, after: 3d}
"""
U1 = "user:u_1"


class Shop:
    """A stack of which only the tables exist, and a subject that was sent step 0 and waits for step 1."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.file = folder / "catalog.yaml"
        self.file.write_text(CATALOG, encoding="utf-8")
        self.catalog, self.topics = load_catalog(self.file), MemoryTopics()
        tables = create_table(connection.dynamodb), create_statistics_table(connection.dynamodb)
        names = {field.name: "" for field in fields(Stack)} | {"name": "test", "clock_mode": "live"}
        names |= {"table_name": tables[0], "statistics_table_name": tables[1]}
        self.stack = Stack(**{**names, "connection": connection})  # type: ignore[arg-type]
        self.store = DynamoStore(connection.dynamodb, Codec.of(self.catalog), *tables, "shop")
        begun = worker_clock() - HOUR
        yes = identify("yes", begun, email_opt_in=True, sms_opt_in=True)
        progress = advance(Progress(U1), [yes, track("b", begun)], self.catalog, begun).progress
        self.store.save([Stored(progress, 0)])
        self.first, self.later = (each.id for each in progress.outbox if isinstance(each, Nudge))
        self.publish()

    def publish(self) -> None:
        """What the stream would wake."""
        Publish(self.store, self.topics, self.catalog, lambda _: worker_clock(), MemoryComposer()).publish(
            [U1], InstantBackoff(9)
        )

    def ask(self, action: str, id_: str, *options: str) -> int:
        """The operator's command; its exit status."""
        return main(["nudge", action, id_, "--subject", "u_1", "--catalog", str(self.file), *options])

    @property
    def told(self) -> list[tuple[str, str]]:
        """Id and channel of the nudges that went out."""
        return [(each.id, each.channel) for each in self.topics.published if isinstance(each, Nudge)]

    def explained(self, capsys: Any) -> list[dict[str, Any]]:
        """What explain says of the nudges."""
        capsys.readouterr()
        assert main(["explain", "u_1", "--catalog", str(self.file), "--json"]) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["milestones"][0]["nudges"]
        return found


@pytest.fixture
def shop(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """See the class; it is on MiniStack, whose transactions are worth something."""
    made = Shop(connection, tmp_path)
    for command in (explain, nudge):
        monkeypatch.setattr(command, "find_stack", lambda _name: made.stack)
    return made


def test_what_waits_is_explained_then_cancelled_and_then_explained_as_that(shop: Shop, capsys: Any) -> None:
    """Until when, and then who called it back."""
    waits = shop.explained(capsys)[-1]
    assert (waits["id"], waits["verdict"], waits["reason"], waits["waits"]) == (shop.later, "deferred", "not_yet", True)
    assert waits["until"]["utc"] > waits["decided_at"]["utc"]
    assert shop.ask("cancel", shop.later) == 0
    shop.publish()
    cancelled = shop.explained(capsys)[-1]
    assert (cancelled["verdict"], cancelled["reason"]) == ("cancelled", "cancelled_by_operator")
    assert (cancelled["why"], cancelled["waits"], cancelled["until"]) == ("an operator called it back", False, None)


def test_another_channel_of_the_step_gets_it_under_another_id(shop: Shop, capsys: Any) -> None:
    """What the operator reads is the id that subscribers see."""
    assert shop.ask("resend", shop.first, "--channel", "sms") == 0
    (id_,) = re.findall(r"Attempt 2 is on its way by sms, under the id ([0-9a-f]{32})\.", capsys.readouterr().out)
    shop.publish()
    assert shop.told == [(shop.first, "email"), (id_, "sms")]
    attempts = {each["id"]: (each["attempt"], each["verdict"]) for each in shop.explained(capsys)}
    assert attempts == {shop.first: (1, "sent"), shop.later: (1, "deferred"), id_: (2, "sent")}


def test_a_cap_that_is_used_up_says_by_what_and_until_when_and_now_passes_it(shop: Shop, capsys: Any) -> None:
    """The operator decides, and knows what about."""
    assert shop.ask("resend", shop.first) == 2
    said = capsys.readouterr().err
    assert (
        "It would be deferred (cap): the cap of 1 nudge per 1w for email was used up by first by email, sent at "
        in said
    )
    assert "it waits until" in said
    assert "--now" in said
    assert shop.ask("resend", shop.first, "--now") == 0
    shop.publish()
    assert [channel for _, channel in shop.told] == ["email", "email"]


def test_what_cannot_be_done_is_said_with_what_the_decision_was(shop: Shop, capsys: Any) -> None:
    """And exits as a problem."""
    assert shop.ask("cancel", shop.first) == 2
    assert "It was sent at " in capsys.readouterr().err
    assert shop.ask("resend", shop.later) == 2
    assert "It was deferred (not_yet) at " in capsys.readouterr().err
    assert shop.ask("cancel", "0" * 32) == 2
    assert "no such nudge" in capsys.readouterr().err


def test_a_stack_that_replays_has_no_time_at_which_an_operator_acts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Its clock stands where its messages are."""
    values = {field.name: getattr(shop.stack, field.name) for field in fields(Stack)}
    replays = Stack(**{**values, "clock_mode": "replay"})
    monkeypatch.setattr(nudge, "find_stack", lambda _name: replays)
    assert shop.ask("cancel", shop.later) == 2
    assert "messages' clock" in capsys.readouterr().err


def test_every_way_in_which_it_is_not_done_has_words() -> None:
    """A new one without would be a KeyError before an operator in a hurry."""
    assert set(WORDS) == set(get_args(Why))
