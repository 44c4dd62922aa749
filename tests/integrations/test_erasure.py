"""Somebody is erased while their nudges are with an integration, and begins anew: from the tables to the vendor."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest

from integrations.braze import handler as braze_handler
from milepost.adapters.cloudevents import cloud_event
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.erasing import Grave
from milepost.application.folding import Folding
from milepost.application.publish import Publish
from milepost.domain.instant import MINUTE, SECOND, format_instant, parse_instant
from milepost.domain.outbox import Nudge
from milepost_channels.claims import LEASE
from milepost_channels.nudge import Reason
from milepost_channels.telemetry import Count
from milepost_tools.cli import main
from milepost_tools.commands import erase
from milepost_tools.local.stack import Stack
from milepost_tools.privacy.integrations import Integration
from tests.adapters.tables import create_statistics_table, create_table
from tests.fakes.composer import MemoryComposer
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics
from tests.integrations import clients
from tests.integrations.driving import Bench, Context, handed_back, nudge, record, records
from tests.integrations.metrics import measured
from tests.integrations.standin import StandIn, running
from tests.integrations.test_deliver import Dying, Killed, Vendor, deliver
from tests.integrations.vendors import BrazeVendor
from tests.tools.explain.people import HEAD, catalog, read
from tests.tools.privacy.conftest import Described

FIRST = "reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: in_app, template: hi}]"
CATALOG = catalog(first=FIRST)
ASKED = ("--integration", "nudges")


class World:
    """Milepost's tables, an integration with its own, and one time for both."""

    def __init__(self, stand_in: StandIn) -> None:
        self.bench = Bench()
        self.work = self.bench.delivery(clients.braze(stand_in))
        engine = self.bench.client
        self.table, statistics = create_table(engine), create_statistics_table(engine)
        self.store = DynamoStore(engine, Codec.of(CATALOG), self.table, statistics, "shop")

    @property
    def now(self) -> int:
        """The time, as Milepost counts it."""
        return round(self.bench.clock.now * SECOND)

    def order(self) -> Any:
        """The user orders something now; the message of the one nudge for it."""
        event = {"type": "track", "messageId": f"o-{self.now}", "userId": "u_1", "event": "ordered"}
        line = dumps({**event, "timestamp": format_instant(self.now)})
        work = {each.subject: [each] for each in read(CATALOG, line)}
        assert not Folding(self.store, CATALOG).fold(work, lambda _: self.now, InstantBackoff(9)).failed
        topics = MemoryTopics()
        publish = Publish(self.store, topics, CATALOG, lambda _: self.now, MemoryComposer())
        assert not publish.publish(["user:u_1"], InstantBackoff(9)).unfinished
        (told,) = (each for each in topics.messages if isinstance(each.entry, Nudge))
        return record(f"m-{self.now}", cloud_event(told, CATALOG))

    def give(self, *messages: Any) -> None:
        """Give messages to the integration's function, which works all of them off."""
        assert handed_back(braze_handler.lambda_handler({"Records": messages}, Context(), self.work)) == []

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.bench.clock.now += seconds

    def items(self) -> list[Any]:
        """What the integration has stored."""
        return list(self.bench.client.scan(TableName="nudges")["Items"])


Operator = Callable[..., int]


@pytest.fixture
def vendor() -> Any:
    """Braze, which cannot tell a repeat."""
    with running(BrazeVendor(clients.KEY)) as stand_in:
        yield stand_in


@pytest.fixture
def world(vendor: StandIn) -> World:
    """Everything."""
    return World(vendor)


@pytest.fixture
def operator(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Who runs `milepost erase`, by the world's clock."""
    connection: Any = type("C", (), {"dynamodb": world.bench.client, "cloudformation": Described("nudges")})()
    names: Any = {each.name: "" for each in fields(Stack)} | {"name": "test", "table_name": world.table}
    monkeypatch.setattr(erase, "find_stack", lambda _: Stack(**{**names, "connection": connection}))
    clock = type("Clock", (), {"now": staticmethod(lambda _: datetime.fromtimestamp(world.bench.clock.now, UTC))})
    monkeypatch.setattr(erase, "datetime", clock)
    monkeypatch.setattr(erase, "sleep", world.wait)
    (tmp_path / "c.yaml").write_text(f"{HEAD}  first: {{{FIRST}}}\n", encoding="utf-8")
    return lambda *options: main(["erase", "u_1", "--yes", "--catalog", str(tmp_path / "c.yaml"), *options])


def test_who_begins_anew_gets_their_first_nudge_under_the_id_of_before(
    world: World, operator: Operator, vendor: StandIn, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was of before is not sent again, however late it comes, and counted; then the same id goes out once more."""
    first = world.order()
    world.give(first)
    assert operator(*ASKED) == 0
    said = capfd.readouterr().out
    assert "  nudges: 1 nudge remembered" in said
    assert "1 nudge in nudges." in said
    assert "nothing remains but 1 tombstone, and as many in nudges." in said
    assert [each.keys() for each in world.items()] == [{"id", "erased", "expires"}]
    world.wait(3600)
    world.give(first)
    assert measured(capfd.readouterr().out)[Count.ERASED] == 1
    again = world.order()
    assert loads(again["body"])["id"] == loads(first["body"])["id"]
    world.give(first)
    assert vendor.taken().total() == 1
    for _ in range(2):
        world.give(again)
    assert vendor.taken() == {loads(first["body"])["id"]: 2}
    assert [each["event"] for each in world.bench.queues.events()] == ["nudge_delivered"] * 2


def test_an_integration_that_was_not_asked_drops_it_and_that_it_was_not_is_said(
    world: World, operator: Operator, vendor: StandIn, capfd: pytest.CaptureFixture[str]
) -> None:
    """To it, the id is one that it has sent."""
    world.give(world.order())
    assert operator() == 0
    assert "Channel integrations are not asked: name the stack of each" in capfd.readouterr().out
    world.wait(3600)
    world.give(world.order())
    assert vendor.taken().total() == 1
    assert [each["subject"]["S"] for each in world.items()] == ["user:u_1"]


# ------------------------------------------------------------------------------- what is on its way meanwhile

ONE = nudge(1)


GRAVES: Sequence[Grave] = [Grave("user:u_1", 1, parse_instant(ONE["time"]) + MINUTE)]
"""A tombstone in Milepost, of a minute after the nudge was decided on."""


def integration(bench: Bench) -> Integration:
    """The operator's side of the table."""
    return Integration("braze", bench.client, "nudges")


def forgotten(bench: Bench) -> int:
    """How many nudges were removed; none remains."""
    found = integration(bench).forget(GRAVES)
    assert not integration(bench).nudges(GRAVES)
    return found


def test_what_waits_in_the_queue_is_sent_to_nobody_and_nothing_is_stored_of_it() -> None:
    """The vendor was down, so nobody had claimed it; other people's nudges go out."""
    bench, vendor = Bench(), Vendor()
    integration(bench).entomb(GRAVES)
    outcome = deliver(bench, vendor, records(ONE, nudge(2)))
    assert not outcome.handed_back
    assert vendor.sent == [nudge(2)["id"]]
    assert outcome.tally[Count.ERASED] == 1
    assert forgotten(bench) == 0


def test_a_nudge_that_is_being_sent_is_noted_and_reported_once_and_never_sent_again() -> None:
    """The tombstone comes while the request is under way; the report is of a time that Milepost forgets."""
    bench = Bench()

    class Meanwhile(Vendor):
        """Is at work while somebody is erased."""

        def send(self, nudges: Any) -> Any:
            """See the port."""
            integration(bench).entomb(GRAVES)
            return super().send(nudges)

    vendor = Meanwhile()
    outcome = deliver(bench, vendor, records(ONE))
    assert (outcome.handed_back, outcome.tally[Count.AMBIGUOUS]) == (set(), 0)
    assert forgotten(bench) == 1
    assert deliver(bench, vendor, records(ONE)).tally[Count.ERASED] == 1
    assert (vendor.sent, len(bench.queues.events())) == ([ONE["id"]], 1)


@pytest.mark.parametrize("tells_repeats", [False, True])
@pytest.mark.parametrize("later", [180, LEASE + 1])
def test_what_a_dead_worker_may_have_sent_is_not_sent_again(*, tells_repeats: bool, later: float) -> None:
    """Nor kept for anybody to look into: neither while its claim would hold nor after it."""
    bench = Bench()
    with pytest.raises(Killed):
        deliver(bench, Dying(), records(ONE))
    integration(bench).entomb(GRAVES)
    assert forgotten(bench) == 1
    bench.clock.now += later
    next_one = Vendor(tells_repeats=tells_repeats)
    outcome = deliver(bench, next_one, records(ONE))
    assert not outcome.handed_back
    assert (next_one.sent, bench.queues.dead(), outcome.tally[Count.ERASED]) == ([], {}, 1)


def test_a_report_that_is_outstanding_is_made_no_more() -> None:
    """It would be of a time that Milepost has forgotten, or begin a life."""
    bench, vendor = Bench(), Vendor()
    bench.queues.flaky = True
    bodies = [nudge(number, subject="user:u_1") for number in range(1, 200)]
    left = next(each for each in bodies if deliver(bench, vendor, records(each)).handed_back)
    integration(bench).entomb(GRAVES)
    reported = len(bench.queues.events())
    assert not deliver(bench, vendor, records(left)).handed_back
    assert len(bench.queues.events()) == reported
    assert forgotten(bench) == len(vendor.sent)


@pytest.mark.parametrize("reason", [Reason.AMBIGUOUS, Reason.REFUSED])
def test_what_an_operator_sends_back_is_sent_to_nobody(reason: Reason) -> None:
    """Whoever redrives the dead-letter queue need not know who was erased."""
    bench, vendor = Bench(), Vendor()
    integration(bench).entomb(GRAVES)
    assert deliver(bench, vendor, records(ONE, reason=reason.value)).tally == Counter({Count.ERASED: 1})
    assert vendor.sent == []


def test_the_instant_of_the_tombstone_is_of_before_and_whatever_comes_after_it_is_not() -> None:
    """To the microsecond, as Milepost itself takes it."""
    bench, vendor = Bench(), Vendor()
    integration(bench).entomb([Grave("user:u_1", 1, 1_795_347_931_000_001)])
    for fraction in ("000000", "000001", "000002"):
        deliver(bench, vendor, records(ONE | {"id": fraction, "time": f"2026-11-22T11:45:31.{fraction}Z"}))
    assert vendor.sent == ["000002"]
