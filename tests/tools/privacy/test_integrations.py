"""What `milepost erase` and `milepost export` do to the table of a channel integration."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from math import ceil
from typing import Any
from uuid import uuid4

import pytest
from botocore.session import get_session
from moto import mock_aws

from milepost.application.erasing import LONGEST_AT_WORK, Grave
from milepost.domain.instant import DAY, SECOND, parse_instant
from milepost_channels import claims
from milepost_tools.engine import Engine
from milepost_tools.engine.capacity import bytes_as_billed
from milepost_tools.local.connection import Connection
from milepost_tools.privacy import integrations
from milepost_tools.privacy.integrations import KEPT, OUTPUT, Integration, find_integrations, is_nudge, shown
from milepost_tools.problem import ProblemError
from tests.integrations.driving import Bench, nudge
from tests.integrations.test_templates import NAMES, functions, template
from tests.template.loading import ROOT
from tests.tools.conftest import AsUser

ERASED = parse_instant("2026-11-22T12:00:00Z")
GRAVE = Grave("user:u_1", 2, ERASED)
README = ROOT / "integrations" / "README.md"


@pytest.fixture(params=["engine", "moto"])
def bench(request: pytest.FixtureRequest, aws_environment: None) -> Iterator[Bench]:
    """An integration's table, an hour before the erasure."""
    with mock_aws() if request.param == "moto" else nullcontext():
        bench = Bench(client=Engine() if request.param == "engine" else get_session().create_client("dynamodb"))
        bench.clock.now = ERASED / SECOND - 3600
        yield bench


@pytest.fixture
def integration(bench: Bench) -> Integration:
    """The operator's side of it."""
    return Integration("milepost-ses", bench.client, "nudges")


def ids(bench: Bench) -> set[str]:
    """The keys of all that is stored."""
    return {
        item["id"]["S"]
        for page in bench.client.get_paginator("scan").paginate(TableName="nudges")
        for item in page["Items"]
    }


def test_the_names_are_those_of_the_integrations() -> None:
    """No code of the one knows the other, so they could drift apart."""
    for name in ("ID", "SUBJECT", "DECIDED", "ERASED", "EXPIRES"):
        assert getattr(integrations, name) == getattr(claims, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_names_its_table_keeps_it_and_ends_its_functions_in_time(name: str) -> None:
    """Who had missed the tombstone has ended when nudges are removed; no message comes back after its time."""
    found = template(name)
    assert found["Outputs"][OUTPUT] == {"Value": {"Ref": "Table"}}
    assert all(each["Timeout"] * SECOND < LONGEST_AT_WORK for each in functions(name).values())
    assert found["Parameters"]["RememberDays"]["MinValue"] * DAY == KEPT


def test_a_persons_nudges_are_forgotten_on_every_page_and_nobody_elses(bench: Bench, integration: Integration) -> None:
    """A page ends at a megabyte, also where the filter leaves nothing on it."""
    for number in range(1, 16):
        bench.send(number, "user:u_1" if number in {1, 8, 15} else f"user:u_{number}")
        key: Any = {"id": {"S": nudge(number)["id"]}}
        bench.client.update_item(
            TableName="nudges",
            Key=key,
            UpdateExpression="SET #filler = :filler",
            ExpressionAttributeNames={"#filler": "filler"},
            ExpressionAttributeValues={":filler": {"S": "x" * 300_000}},
        )
    assert len(list(bench.client.get_paginator("scan").paginate(TableName="nudges"))) > 3
    integration.entomb([GRAVE])
    assert len(integration.items(["user:u_1"])) == 4
    assert integration.forget([GRAVE]) == 3
    assert integration.nudges([GRAVE]) == []
    assert ids(bench) == {"user:u_1", *(nudge(number)["id"] for number in range(2, 15) if number != 8)}


def test_a_read_is_consistent_and_costs_a_unit_for_every_4_kb_of_the_whole_table() -> None:
    """As integrations/README.md says for a gigabyte: what is written may not be missed, whoever it is for is read."""
    bench = Bench()
    for number in range(60):
        bench.send(number, f"user:u_{number}")
    size = sum(map(bytes_as_billed, bench.client.scan(TableName="nudges")["Items"]))
    bench.client.meter.reset()
    Integration("milepost-ses", bench.client, "nudges").items(["user:u_1"])
    assert bench.client.meter.read_units == ceil(size / 4096) > 1


def test_a_person_of_more_ids_than_a_filter_may_name_is_forgotten_under_each(
    bench: Bench, integration: Integration
) -> None:
    """Each id is looked for once."""
    for number in range(250):
        bench.send(number, f"user:device-{number}")
    graves = [Grave(f"user:device-{number}", 1, ERASED) for number in range(250)]
    integration.entomb(graves)
    assert integration.forget(graves) == 250
    assert ids(bench) == {f"user:device-{number}" for number in range(250)}


def test_a_new_life_that_begins_meanwhile_stays(bench: Bench, integration: Integration) -> None:
    """Where a large table takes longer to read than a tombstone looks ahead; a release of before notes no time."""
    bench.send(1, "user:u_1")
    bench.client.put_item(TableName="nudges", Item={"id": {"S": "a"}, "subject": {"S": "user:u_1"}})
    bench.send(2, "user:u_1", time="2026-11-22T12:00:00Z")
    bench.send(3, "user:u_1", time="2026-11-22T12:00:00.000001Z")
    assert integration.forget([GRAVE]) == 3
    assert integration.nudges([GRAVE]) == []
    assert ids(bench) == {nudge(3)["id"]}


def test_what_is_remembered_is_shown_with_its_times(bench: Bench, integration: Integration) -> None:
    """A nudge, and the tombstone, which holds nothing else of anybody."""
    bench.send(1, "user:u_1")
    integration.entomb([GRAVE])
    one, tombstone = sorted(integration.items(["user:u_1"]), key=is_nudge, reverse=True)
    assert shown(one) == {
        "id": nudge(1)["id"],
        "state": "taken",
        "owner": one["owner"]["S"],
        "until": "2026-11-22T11:15:00Z",
        "at": "2026-11-22T11:00:00Z",
        "subject": "user:u_1",
        "channel": "email",
        "decided": "2026-11-22T11:45:31.927408Z",
        "expires": "2026-12-22T11:00:00Z",
    }
    assert shown(tombstone) == {
        "id": "user:u_1",
        "erased": "2026-11-22T12:00:00Z",
        "expires": "2026-12-12T12:00:00Z",
    }


# ------------------------------------------------------------------------------------------ stacks and rights


@pytest.fixture
def deployed(connection: Connection) -> Iterator[str]:
    """A stack on MiniStack with the table of an integration's own template, and the output that names it."""
    own, name = template("ses"), f"integration-{uuid4().hex}"
    body = {"Resources": {"Table": own["Resources"]["Table"]}, "Outputs": {OUTPUT: own["Outputs"][OUTPUT]}}
    connection.cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    connection.cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield name
    connection.cloudformation.delete_stack(StackName=name)


def statement() -> Mapping[str, Any]:
    """The statement about the table in integrations/README.md."""
    (text,) = re.findall(r"```json\n(\{\"Effect\".*?\})\n```", README.read_text(encoding="utf-8"), re.DOTALL)
    found: Mapping[str, Any] = json.loads(text)
    return found


def all_of_it(integration: Integration) -> int:
    """All that an erasure does to a table."""
    integration.items([GRAVE.subject])
    integration.entomb([GRAVE])
    return integration.forget([GRAVE])


def test_a_deployed_table_is_found_and_cleared_with_the_rights_that_are_asked_for_and_no_fewer(
    connection: Connection, deployed: str, as_user: AsUser
) -> None:
    """Without one of them, it is said of which integration, and what to do."""
    (found,) = find_integrations(connection, [deployed, deployed])
    arn = connection.dynamodb.describe_table(TableName=found.table)["Table"]["TableArn"]
    asked = statement()["Action"]
    put: Any = {"id": {"S": "a"}, "subject": {"S": "user:u_1"}}
    for missing in asked:
        connection.dynamodb.put_item(TableName=found.table, Item=put)
        rest = as_user(arn, *(each for each in asked if each != missing))
        with pytest.raises(ProblemError) as problem:
            all_of_it(Integration(deployed, rest.dynamodb, found.table))
        assert problem.value.what.startswith(f"--integration {deployed}: These credentials may not do that")
        assert "integrations/README.md" in problem.value.remedy
    assert all_of_it(Integration(deployed, as_user(arn, *asked).dynamodb, found.table)) == 1


def test_what_is_no_stack_or_no_integration_is_a_problem_that_names_it(connection: Connection) -> None:
    """A stack without the output may be Milepost's own, or an integration of before."""
    with pytest.raises(ProblemError, match="--integration nowhere: There is no stack 'nowhere'"):
        find_integrations(connection, ["nowhere"])
    name = f"other-{uuid4().hex}"
    body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    connection.cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    connection.cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    with pytest.raises(ProblemError, match=f"--integration {name}: The stack '{name}' has no output {OUTPUT}"):
        find_integrations(connection, [name])
    connection.cloudformation.delete_stack(StackName=name)
