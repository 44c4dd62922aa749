"""The AsyncAPI document: valid by AsyncAPI's own schema, and true of the code and of template.yaml."""

import gzip
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, get_args

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry, Resource

from milepost.adapters.contract.terms import Channel
from milepost.adapters.topics import MOST_BYTES_AT_ONCE, OUTCOMES
from milepost.application.arrival import LiveArrival
from milepost.application.intake import Intake
from milepost.domain.instant import DAY, parse_instant
from milepost_tools.contracts.examples import AS_OF
from milepost_tools.local.deploy import PROJECT
from milepost_tools.local.template import read_template
from tests.tools.contracts.schemas import DOCS, kept

DOCUMENT: Final[Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
OFFICIAL: Final = Path(__file__).parents[2] / "data/asyncapi/asyncapi-3.0.0.schema.json.gz"
MESSAGES: Final[Any] = DOCUMENT["components"]["messages"]
EXAMPLES: Final = [(name, each) for name, message in MESSAGES.items() for each in message["examples"]]
INCOMING: Final = tuple(DOCUMENT["channels"]["events"]["messages"])
RESOURCES: Final[Any] = read_template(PROJECT / "template.yaml")["Resources"]


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    """AsyncAPI's own schema of version 3.0.0, bindings of SQS and SNS included."""
    return Draft7Validator(json.loads(gzip.decompress(OFFICIAL.read_bytes())))


def test_it_is_valid_by_asyncapis_own_schema(official: Draft7Validator) -> None:
    """By a validator that shares no code with what made it."""
    assert [f"{list(each.absolute_path)}: {each.message}" for each in official.iter_errors(DOCUMENT)] == []


BREAKS: Final[list[Callable[[Any], object]]] = [
    lambda document: document.pop("info"),
    lambda document: document["info"].pop("version"),
    lambda document: document["channels"]["events"].update(publish={}),
    lambda document: document["channels"]["events"]["bindings"]["sqs"]["queue"].pop("name"),
    lambda document: document["channels"]["email"]["bindings"]["sns"].update(name=7),
    lambda document: document["operations"]["sendEmail"].update(action="publish"),
    lambda document: document["components"]["messages"]["outcomes"].update(examples={}),
]


@pytest.mark.parametrize("damage", BREAKS, ids=range(len(BREAKS)))
def test_a_document_that_is_wrong_is_refused(official: Draft7Validator, damage: Callable[[Any], object]) -> None:
    """Otherwise the schema in use would be one that refuses nothing."""
    broken = deepcopy(DOCUMENT)
    damage(broken)
    assert not official.is_valid(broken)


def references(value: Any) -> list[str]:
    """Every `$ref` in it."""
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for each in value.values() for found in references(each)]
    return []


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference: str) -> None:
    """Inside the document, or to a schema that is kept beside it."""
    if not reference.startswith("#/"):
        assert (DOCS / reference).is_file()
        return
    found = DOCUMENT
    for key in reference.removeprefix("#/").split("/"):
        found = found[key]
    assert found


def validator(schema: Any) -> Draft202012Validator:
    """A validator for a schema of the document, which refers to those that are kept."""
    files = [(f"./schemas/{path.name}", path) for path in (DOCS / "schemas").iterdir()]
    registry: Any = Registry()
    for name, path in files:
        contents = json.loads(path.read_text(encoding="utf-8"))
        registry = registry.with_resource(name, Resource.from_contents(contents))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=registry)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_every_example_is_what_its_message_promises(name: str, example: Any) -> None:
    """Payload and headers."""
    message = MESSAGES[name]
    assert list(validator(message["payload"]["schema"]).iter_errors(example["payload"])) == []
    headers = DOCUMENT["components"]["schemas"]["Attributes"]["schema"]
    assert list(validator(headers).iter_errors(example.get("headers", {}))) == []


def test_a_message_of_another_topic_is_refused() -> None:
    """Each channel's message says which channel it is."""
    email, push = MESSAGES["email_nudge"], MESSAGES["push_nudge"]
    assert not validator(email["payload"]["schema"]).is_valid(push["examples"][0]["payload"])
    assert not validator(email["payload"]["schema"]).is_valid(MESSAGES["outcomes"]["examples"][0]["payload"])


@pytest.mark.parametrize("example", [example["payload"] for name, example in EXAMPLES if name in INCOMING])
def test_the_boundary_takes_every_example_of_an_event(example: Any) -> None:
    """In every envelope, with no reason against it."""
    reading = Intake(35 * DAY, LiveArrival()).read(json.dumps(example), parse_instant(AS_OF))
    assert reading.reasons == ()
    assert len(reading.events) + len(reading.aliases) >= 1


def test_the_examples_show_every_type_of_event() -> None:
    """In one of the examples each."""
    shown = {example["payload"].get("type") for name, example in EXAMPLES if name == "event"}
    kinds = [kept("event")["$defs"][each["$ref"].rpartition("/")[2]] for each in kept("event")["oneOf"]]
    assert shown == {kind["properties"]["type"]["const"] for kind in kinds}


def test_every_topic_and_queue_is_the_one_of_the_template() -> None:
    """By its logical name; the seven topics, and the queue with what it keeps and how often it tries."""
    topics = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::SNS::Topic"}
    channels = {name: each["bindings"] for name, each in DOCUMENT["channels"].items()}
    assert channels.keys() == {"events", *get_args(Channel), OUTCOMES}
    assert {each["sns"]["name"] for name, each in channels.items() if name != "events"} == topics
    bound, queue = channels["events"]["sqs"], RESOURCES["EventQueue"]["Properties"]
    assert RESOURCES[bound["queue"]["name"]]["Properties"] is queue
    assert bound["queue"]["messageRetentionPeriod"] == queue["MessageRetentionPeriod"]
    assert bound["queue"]["redrivePolicy"]["maxReceiveCount"] == queue["RedrivePolicy"]["maxReceiveCount"]
    dead = RESOURCES[bound["deadLetterQueue"]["name"]]["Properties"]
    assert bound["deadLetterQueue"]["messageRetentionPeriod"] == dead["MessageRetentionPeriod"]


def test_it_names_the_largest_message() -> None:
    """What a producer and a channel must be ready for."""
    assert f"{MOST_BYTES_AT_ONCE:,} bytes" in DOCUMENT["info"]["description"]


def test_every_operation_has_its_channel() -> None:
    """Milepost receives from the queue, and sends to every topic."""
    done = {(each["action"], each["channel"]["$ref"]) for each in DOCUMENT["operations"].values()}
    sends = {("send", f"#/channels/{name}") for name in DOCUMENT["channels"] if name != "events"}
    assert done == {("receive", "#/channels/events"), *sends}


def test_filter_policies_of_the_page_name_attributes_and_values_that_there_are() -> None:
    """A policy on a name or a value that nothing has gets nothing, and nobody says so."""
    schema = DOCUMENT["components"]["schemas"]["Attributes"]["schema"]["properties"]
    page = (DOCS / "contracts.md").read_text(encoding="utf-8")
    policies = [json.loads(each) for each in re.findall(r"^\| `(\{.*?\})` \|", page, re.MULTILINE)]
    assert len(policies) > 2
    for policy in policies:
        assert policy.keys() <= schema.keys()
        for name, values in policy.items():
            known = schema[name].get("enum")
            assert known is None or {each for each in values if isinstance(each, str)} <= set(known)
