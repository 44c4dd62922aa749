"""The three stacks' templates, as CloudFormation reads them."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from integrations.braze import handler as braze
from integrations.ses import handler as ses
from integrations.ses import reports
from integrations.webhook import handler as webhook
from milepost_channels.claims import EXPIRES, ID, LEASE
from tests.template.loading import ROOT, _Loader, as_list, attribute_of, statements

NAMES = ("ses", "webhook", "braze")
SOURCES = {"ses": ("Nudges", "Happenings"), "webhook": ("Nudges",), "braze": ("Nudges",)}
_TAKE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
_REMEMBER = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
_SEND = {
    *((action, "Nudges") for action in _TAKE),
    *((action, "Table") for action in _REMEMBER),
    ("sqs:SendMessage", "NudgesDeadLetterQueue"),
    *((action, "SendLogGroup") for action in _LOG),
}
_TO_MILEPOST = {("sqs:SendMessage", "${MilepostStack}-EventQueueArn")}
_SECRET = {("ssm:GetParameter", "parameter${SecretName}")}
ROLES: Mapping[tuple[str, str], set[tuple[str, str]]] = {
    ("webhook", "SendRole"): _SEND | _TO_MILEPOST | _SECRET,
    ("braze", "SendRole"): _SEND | _TO_MILEPOST | _SECRET,
    ("ses", "SendRole"): _SEND
    | {("ses:SendEmail", f"{each}") for each in ("identity/${Identity}", "configuration-set/${ConfigurationSet}")}
    | {("ses:SendEmail", "contact-list/${ContactList}")},
    ("ses", "ReportRole"): _TO_MILEPOST
    | {("dynamodb:GetItem", "Table")}
    | {(action, "Happenings") for action in _TAKE}
    | {(action, "ReportLogGroup") for action in _LOG},
}
"""What each function calls, and what Lambda does in its name."""


@cache
def template(name: str) -> Any:
    """A template as it is written."""
    return yaml.load((ROOT / "integrations" / name / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader


def of_type(name: str, kind: str) -> Mapping[str, Any]:
    """Properties of the resources of one type, by logical id."""
    found = template(name)["Resources"].items()
    return {logical: each["Properties"] for logical, each in found if each["Type"] == kind}


def functions(name: str) -> Mapping[str, Any]:
    """Properties of the functions."""
    return of_type(name, "AWS::Serverless::Function")


def named(resource: Any) -> str:
    """What a statement's resource is about, without the account."""
    match resource:
        case {"Fn::ImportValue": {"Fn::Sub": text}}:
            return str(text)
        case {"Fn::If": [_, kept, _]}:
            return named(kept)
        case {"Fn::Sub": text} if str(text).startswith("arn:"):
            return str(text).split(":")[-1]
    return attribute_of(resource)


def held(role: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every (action, resource) that a role allows."""
    for statement in statements(role):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, named(resource)


@pytest.mark.parametrize(("name", "role"), ROLES)
def test_a_role_holds_what_its_function_does_and_nothing_else(name: str, role: str) -> None:
    """Exact actions on exact resources, for Lambda in this account alone."""
    found = of_type(name, "AWS::IAM::Role")[role]
    assert sorted(held(found)) == sorted(ROLES[name, role])
    (trust,) = found["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_a_role_of_its_own(name: str) -> None:
    """And no role is left over."""
    roles = [attribute_of(each["Role"]) for each in functions(name).values()]
    assert {(name, role) for role in roles} == {key for key in ROLES if key[0] == name}
    assert len(roles) == len(set(roles))
    assert not any("Policies" in each for each in functions(name).values())


def test_ses_may_be_used_for_the_one_address_alone() -> None:
    """An identity that is a domain has many."""
    (send,) = (s for s in statements(of_type("ses", "AWS::IAM::Role")["SendRole"]) if s["Action"] == "ses:SendEmail")
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "FromAddress"}}}


@pytest.mark.parametrize("name", NAMES)
def test_every_queue_is_encrypted_and_has_a_policy_and_a_dead_letter_queue_with_an_alarm(name: str) -> None:
    """Nothing that fails is dropped, and nothing lies there unseen."""
    queues = of_type(name, "AWS::SQS::Queue")
    sources = {source: attribute_of(queues[source]["RedrivePolicy"]["deadLetterTargetArn"]) for source in SOURCES[name]}
    assert queues.keys() == {*sources, *sources.values()}
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    assert all(queues[dead]["MessageRetentionPeriod"] == 1_209_600 for dead in sources.values())
    policies = of_type(name, "AWS::SQS::QueuePolicy").values()
    assert sorted(attribute_of(each) for policy in policies for each in policy["Queues"]) == sorted(queues)
    alarms = of_type(name, "AWS::CloudWatch::Alarm").values()
    watched = {attribute_of(alarm["Dimensions"][0]["Value"]) for alarm in alarms if alarm["Threshold"] == 0}
    assert {*sources.values(), *functions(name)} <= watched
    assert all(alarm["AlarmDescription"] and alarm["TreatMissingData"] == "notBreaching" for alarm in alarms)


@pytest.mark.parametrize("name", NAMES)
def test_queues_and_topics_speak_tls_only_and_let_in_their_own_source_alone(name: str) -> None:
    """A queue for nudges lets in the topic that it is subscribed to."""
    kinds = ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    policies = [policy["PolicyDocument"]["Statement"] for kind in kinds for policy in of_type(name, kind).values()]
    for found in policies:
        (tls,) = (statement for statement in found if statement["Effect"] == "Deny")
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in (each for each in found if each["Effect"] == "Allow"):
            assert statement["Principal"].keys() == {"Service"}
            assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]
    (subscription,) = (
        each for each in of_type(name, "AWS::SNS::Subscription").values() if attribute_of(each["Endpoint"]) == "Nudges"
    )
    (let_in,) = (s for s in of_type(name, "AWS::SQS::QueuePolicy")["NudgesPolicy"]["PolicyDocument"]["Statement"][1:])
    assert let_in["Condition"]["ArnEquals"]["aws:SourceArn"] == subscription["TopicArn"]
    assert subscription["RawMessageDelivery"] is True
    assert subscription["FilterPolicy"]["path"] == {"Ref": "Paths"}


@pytest.mark.parametrize("name", NAMES)
def test_messages_stay_hidden_for_six_time_outs_and_the_window(name: str) -> None:
    """And come back for longer than a dead worker's claim holds."""
    queues = of_type(name, "AWS::SQS::Queue")
    for function in functions(name).values():
        (source,) = (each["Properties"] for each in function["Events"].values())
        queue = queues[attribute_of(source["Queue"])]
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + source.get("MaximumBatchingWindowInSeconds", 0)
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert function["Timeout"] < LEASE
    nudges = queues["Nudges"]
    tries = nudges["RedrivePolicy"]["maxReceiveCount"]
    assert LEASE * 10 < tries * nudges["VisibilityTimeout"] < nudges["MessageRetentionPeriod"]


@pytest.mark.parametrize("name", NAMES)
def test_a_nudge_is_remembered_for_longer_than_its_message_can_come_back(name: str) -> None:
    """4 days in the queue and 14 in the dead-letter queue; and the table is what the code reckons with."""
    (table,) = of_type(name, "AWS::DynamoDB::Table").values()
    assert table["TimeToLiveSpecification"] == {"AttributeName": EXPIRES, "Enabled": True}
    assert table["KeySchema"] == [{"AttributeName": ID, "KeyType": "HASH"}]
    assert table["SSESpecification"] == {"SSEEnabled": True}
    kept = sum(
        of_type(name, "AWS::SQS::Queue")[each]["MessageRetentionPeriod"] for each in ("Nudges", "NudgesDeadLetterQueue")
    )
    assert template(name)["Parameters"]["RememberDays"]["MinValue"] * 86_400 > kept


class Environment(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, told: Iterable[str]) -> None:
        super().__init__({name: VALUES.get(name, "x") for name in told})
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Remember, and answer."""
        self.asked.add(key)
        return super().get(key, default)


VALUES = {"REMEMBER_DAYS": "30", "EVENTS_AT_ONCE": "50", "ENDPOINT_URL": "https://example.com"}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
WIRING: Mapping[str, tuple[str, Any]] = {
    "integrations.webhook.handler": ("webhook", webhook._delivery),
    "integrations.braze.handler": ("braze", braze._delivery),
    "integrations.ses.handler": ("ses", ses._delivery),
    "integrations.ses.reports": ("ses", reports._reporter),
}


@pytest.mark.parametrize("module", WIRING)
def test_a_function_is_told_what_it_reads_and_nothing_else(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together as on its first call, with exactly the variables of the template."""
    name, put_together = WIRING[module]
    (function,) = (each for each in functions(name).values() if each["Handler"] == f"{module}.lambda_handler")
    told = set(function["Environment"]["Variables"])
    environment = Environment(told)
    monkeypatch.setattr(sys.modules[module], "environ", environment)
    assert put_together()
    optional = {"AMBIGUOUS"} if name == "webhook" else set()  # a webhook's repeats do no harm
    assert environment.asked - optional == told - POWERTOOLS


def test_every_function_is_wired_above() -> None:
    """And each is imported under the same name here and in Lambda."""
    found = {each["Handler"] for name in NAMES for each in functions(name).values()}
    assert found == {f"{module}.lambda_handler" for module in WIRING}


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_known_by_its_name_alone(name: str) -> None:
    """CloudFormation would put what it resolves into the environment, in clear."""
    text = (ROOT / "integrations" / name / "template.yaml").read_text()
    assert "{{resolve:" not in text
    assert "NoEcho" not in text


@pytest.mark.parametrize("name", ["webhook", "braze"])
def test_an_endpoint_without_tls_is_refused(name: str) -> None:
    """By CloudFormation, before anything is there."""
    pattern = template(name)["Parameters"]["EndpointUrl"]["AllowedPattern"]
    assert re.fullmatch(pattern, "https://rest.iad-01.braze.com")
    assert not re.search(pattern, "http://rest.iad-01.braze.com")


def test_braze_gets_no_more_events_at_once_than_it_takes() -> None:
    """And by default no more than every contract allows."""
    parameter = template("braze")["Parameters"]["EventsAtOnce"]
    assert (parameter["Default"], parameter["MaxValue"]) == (50, 75)


@pytest.mark.parametrize("name", ["ses", "braze"])
def test_what_may_have_been_taken_is_kept_by_default_and_raises_an_alarm(name: str) -> None:
    """Nobody is written to twice unless somebody wants it."""
    parameter = template(name)["Parameters"]["Ambiguous"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("keep", ["keep", "send"])
    alarm = of_type(name, "AWS::CloudWatch::Alarm")["AmbiguousAlarm"]
    service = of_type(name, "AWS::Serverless::Function")["SendFunction"]["Environment"]["Variables"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": service["POWERTOOLS_SERVICE_NAME"]}]
    assert alarm["Namespace"] == service["POWERTOOLS_METRICS_NAMESPACE"]


def test_nobody_is_watched_unless_somebody_wants_it() -> None:
    """Opens and clicks need a pixel and redirections."""
    assert template("ses")["Parameters"]["TrackOpensAndClicks"]["Default"] == "false"


@pytest.mark.parametrize("name", NAMES)
def test_every_import_is_an_export_of_milepost(name: str) -> None:
    """Under the names that its own template gives them."""
    exports = set(yaml.load((ROOT / "template.yaml").read_text(), _Loader)["Outputs"])  # noqa: S506 - a SafeLoader
    text = (ROOT / "integrations" / name / "template.yaml").read_text()
    imported = set(re.findall(r"ImportValue.*?\$\{MilepostStack\}-([A-Za-z${}]+)", text))
    channels = template(name)["Parameters"].get("Channel", {}).get("AllowedValues", [])
    expanded = {each.replace("${Channel}", channel) for each in imported for channel in [*channels, ""]} - {"TopicArn"}
    assert imported
    assert expanded <= exports
