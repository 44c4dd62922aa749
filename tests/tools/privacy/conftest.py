"""A stack of which only the tables exist, with somebody in them, and integrations beside it."""

from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.segments import Segments
from milepost.adapters.writes import in_statements
from milepost.application.folding import Folding
from milepost.application.merging import Merging
from milepost.application.publish import Publish
from milepost.domain.event import Alias
from milepost.domain.fold import memory_of
from milepost.domain.instant import parse_instant
from milepost_tools.commands import erase, explain, export
from milepost_tools.engine import Engine
from milepost_tools.local.stack import Stack
from milepost_tools.privacy.integrations import OUTPUT
from tests.adapters.tables import create_statistics_table, create_table, scan
from tests.fakes.composer import MemoryComposer
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics
from tests.tools.explain.people import HEAD, catalog, identify, read, track

FIRST = "reach: {count: {event: ordered, at_least: 1, repeat: true}}, on_reached: [{channel: in_app, template: hi}]"
CATALOG = catalog(first=FIRST)
NOW = parse_instant("2026-03-20T12:00:00Z")


class Described:
    """CloudFormation, which knows stacks of integrations by the names of their tables."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables

    def describe_stacks(self, **request: Any) -> Any:
        """As much of it as is looked at."""
        if (name := request["StackName"]) not in self.tables:
            error: Any = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        return {"Stacks": [{"Outputs": [{"OutputKey": OUTPUT, "OutputValue": name}]}]}

    @property
    def meta(self) -> Any:
        """Where it is."""
        return type("Meta", (), {"region_name": "us-east-1"})()


class Deployed:
    """Tables on the engine, and workers that write them."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        clients = {"dynamodb": engine, "cloudformation": Described("ses", "webhook"), "endpoint": None}
        self.connection: Any = type("Connection", (), clients)()
        self.table, statistics = create_table(self.engine), create_statistics_table(self.engine)
        codec = Codec.of(CATALOG)
        segments = Segments(self.engine, self.table, codec, in_statements, memory_of(CATALOG), 2)
        self.store = DynamoStore(self.engine, codec, self.table, statistics, "shop", segments=segments)

    def fold(self, *lines: str) -> None:
        """Count events, one by one."""
        for event in (event for line in lines for event in read(CATALOG, line)):
            work = {event.subject: [event]}
            assert not Folding(self.store, CATALOG).fold(work, lambda _: NOW, InstantBackoff(9)).failed

    def publish(self) -> None:
        """Tell and book everything."""
        publish = Publish(self.store, MemoryTopics(), CATALOG, lambda _: NOW, MemoryComposer())
        assert not publish.publish(self.subjects(), InstantBackoff(9)).unfinished

    def join(self, user: str, previous: str) -> None:
        """Make two ids one person."""
        alias = Alias(f"user:{user}", "alias", 7, 0, NOW, NOW, f"user:{previous}")
        assert not Merging(self.store, CATALOG, lambda _: NOW).merge([alias], InstantBackoff(9), Counter())

    def subjects(self) -> list[str]:
        """Everybody of whom something is stored."""
        return sorted({item["pk"]["S"] for item in scan(self.engine, self.table)})

    def sorts(self, user: str) -> Counter[str]:
        """What the sort keys of a user's items begin with."""
        items = scan(self.engine, self.table)
        return Counter(item["sk"]["S"][:2] for item in items if item["pk"]["S"] == f"user:{user}")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A stack with a person of two ids, and somebody else."""
    deployed = Deployed(Engine())
    names: Any = {field.name: "" for field in fields(Stack)} | {"name": "test", "table_name": deployed.table}
    stack = Stack(**{**names, "connection": deployed.connection})
    for command in (erase, explain, export):
        monkeypatch.setattr(command, "find_stack", lambda _name: stack)
    deployed.fold(identify("03-01", plan="pro"), *(track("ordered", f"03-0{day}") for day in range(1, 8)))
    deployed.fold(track("ordered", "03-01", user="device"), track("ordered", "03-01", user="other"))
    deployed.publish()
    deployed.join("u_1", "device")
    deployed.publish()
    deployed.fold(track("ordered", "03-08"))
    return deployed


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the command has waited, in seconds."""
    slept: list[float] = []
    monkeypatch.setattr(erase, "sleep", slept.append)
    return slept


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """The catalog's file, as the commands are told of it."""
    (tmp_path / "c.yaml").write_text(f"{HEAD}  first: {{{FIRST}}}\n", encoding="utf-8")
    return ["--catalog", str(tmp_path / "c.yaml")]
