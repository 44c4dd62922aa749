"""The functions as they are deployed: made from the environment of template.yaml, on MiniStack from end to end."""

from collections.abc import Mapping
from json import dumps, loads
from typing import Any

import pytest

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from milepost.adapters import keys
from milepost.adapters.settings import MissingSettingError
from milepost.adapters.worked_off import EmptyQueue, QueueAge
from tests.adapters.tables import scan
from tests.functions.deployed import ENVIRONMENT, Deployed, message
from tests.functions.lambdas import CONTEXT, failures, queue_batch, stream_batch
from tests.template.loading import stack

FACTORIES: Mapping[str, Any] = {
    "ingest": ingest._ingest,
    "sweep": sweep._sweep,
    "settle": settle._settle,
    "publish": publish._publish,
}


def environment_of(verb: str) -> dict[str, str]:
    """What template.yaml gives this function, with made-up values."""
    names: Any = stack().functions()[verb]["Environment"]["Variables"]
    return {name: ENVIRONMENT[name] for name in ("STAGE", "CLOCK", *names) if not name.startswith("POWERTOOLS_")}


@pytest.mark.parametrize("verb", FACTORIES)
@pytest.mark.usefixtures("moto_aws", "deployed_catalog")
def test_a_function_is_made_once_from_what_the_template_sets(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is needed, and the second invocation meets what the first has made."""
    for name, value in environment_of(verb).items():
        monkeypatch.setenv(name, value)
    assert FACTORIES[verb]() is FACTORIES[verb]()


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        (verb, name)
        for verb in FACTORIES
        for name in environment_of(verb)
        if not name.startswith(("STAGE", "TOPIC")) and (verb, name) != ("sweep", "CLOCK")
    ],
)
@pytest.mark.usefixtures("moto_aws", "deployed_catalog")
def test_a_function_whose_environment_lacks_a_variable_names_it(
    verb: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was not made is not kept. The sweep goes by its event, so it needs no clock."""
    for each, value in environment_of(verb).items():
        monkeypatch.setenv(each, value)
    monkeypatch.delenv(name)
    with pytest.raises(MissingSettingError, match=f" {name} "):
        FACTORIES[verb]()
    assert FACTORIES[verb].cache_info().currsize == 0


@pytest.mark.parametrize(
    ("stage", "clock", "kind"),
    [("prod", "live", QueueAge), ("dev", "replay", EmptyQueue), ("local", "live", EmptyQueue)],
)
@pytest.mark.usefixtures("moto_aws", "deployed_catalog")
def test_how_far_the_queue_is_worked_off_is_told_as_the_stack_can(
    stage: str, clock: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the age of its oldest message, where there are such metrics and time is that of day."""
    for name, value in {**environment_of("settle"), "STAGE": stage, "CLOCK": clock}.items():
        monkeypatch.setenv(name, value)
    assert isinstance(settle._settle().worked_off, kind)


def run_sweep(at: str) -> Mapping[str, Any]:
    """The clock strikes."""
    return sweep.lambda_handler({"time": at}, CONTEXT)


def test_a_missed_deadline_goes_all_the_way_from_event_to_nudge(deployed: Deployed) -> None:
    """One nudge, one decision, counted once, through all four functions; what is repeated changes nothing."""
    batch = queue_batch(
        message("track", "m_1", "2026-11-01T12:00:00Z", event="signed_up"),
        message("identify", "m_2", "2026-11-01T12:00:01Z", traits={"email_opt_in": True, "first_name": "Ada"}),
        "not json",
    )
    for _ in range(2):
        assert failures(ingest.lambda_handler(batch, CONTEXT)) == []
    dead = deployed.take("dead")
    assert [each["Body"] for each in dead] == ["not json"] * 2
    assert "is not JSON" in dead[0]["MessageAttributes"]["reason"]["StringValue"]

    # The first sight of a member is booked without telling anybody.
    publish.lambda_handler(stream_batch("user:u_42"), CONTEXT)
    assert keys.OUTBOX not in deployed.aggregate("user:u_42")

    # A week and the grace of a quarter of an hour.
    assert run_sweep("2026-11-08T12:14:59Z") == {"subjects": 0, "held": False}
    assert run_sweep("2026-11-08T12:15:00Z") == {"subjects": 1, "held": False}
    ticks = queue_batch(*(each["Body"] for each in deployed.take("ticks")))
    for _ in range(2):
        assert failures(settle.lambda_handler(ticks, CONTEXT)) == []
    assert "B" in deployed.aggregate("user:u_42")[keys.OUTBOX]

    for _ in range(2):
        assert failures(publish.lambda_handler(stream_batch("user:u_42"), CONTEXT)) == []
    [outcome], [email] = deployed.take("outcomes"), deployed.take("email")
    assert loads(outcome["Body"])["data"] == {
        "subject": "user:u_42",
        "milestone": "first-workout",
        "outcome": "missed",
        "n": 1,
        "at": "2026-11-08T12:00:00Z",
        "ref": "2026-11-01T12:00:00Z",
        "variant": None,
        "catalog_version": 1,
    }
    nudge = loads(email["Body"])
    assert (nudge["type"], nudge["data"]["template"]) == ("milepost.nudge.v1", "need-a-hand")
    assert nudge["data"]["content"]["subject"] == "Ada, can we help you to get started?"
    assert "<p>Hello Ada,</p>" in nudge["data"]["content"]["body"]
    assert email["MessageAttributes"]["path"]["StringValue"] == "missed"

    aggregate, decision = scan(deployed.connection.dynamodb, deployed.table)
    assert aggregate.keys() & {keys.OUTBOX, keys.DUE, keys.DUE_SHARD} == set()
    assert (decision["id"], decision["verdict"]) == ({"S": nudge["id"]}, {"S": "sent"})
    counts = {
        (item["pk"]["S"], name): value["N"]
        for item in scan(deployed.connection.dynamodb, deployed.statistics)
        for name, value in item.items()
        if "N" in value
    }
    assert counts == {
        ("acme-fitness#*", "members"): "1",
        ("acme-fitness#first-workout", "missed"): "1",
        ("acme-fitness#first-workout", "sent.email"): "1",
    }


def test_with_a_message_in_the_event_queue_settle_decides_nothing(deployed: Deployed) -> None:
    """Then it does, once the queue is empty."""
    ingest.lambda_handler(queue_batch(message("track", "m_1", "2026-11-01T12:00:00Z", event="signed_up")), CONTEXT)
    deployed.connection.sqs.send_message(QueueUrl=deployed.urls["events"], MessageBody="waiting")
    tick = queue_batch(dumps({"shard": 0, "subjects": ["user:u_42"], "at": "2026-11-09T00:00:00Z"}))
    settle.lambda_handler(tick, CONTEXT)
    publish.lambda_handler(stream_batch("user:u_42"), CONTEXT)
    assert deployed.take("outcomes") == []
    deployed.take("events")
    settle.lambda_handler(tick, CONTEXT)
    publish.lambda_handler(stream_batch("user:u_42"), CONTEXT)
    assert [loads(each["Body"])["data"]["outcome"] for each in deployed.take("outcomes")] == ["missed"]


@pytest.mark.parametrize("subject", ["", "x" * 3_000], ids=["empty", "too long"])
def test_a_forged_tick_for_a_subject_that_cannot_exist_holds_up_no_other(deployed: Deployed, subject: str) -> None:
    """DynamoDB refuses the whole request for one impossible key."""
    ingest.lambda_handler(queue_batch(message("track", "m_1", "2026-11-01T12:00:00Z", event="signed_up")), CONTEXT)
    bodies = [dumps({"shard": 0, "subjects": [each], "at": "2026-11-09T00:00:00Z"}) for each in (subject, "user:u_42")]
    assert failures(settle.lambda_handler(queue_batch(*bodies), CONTEXT)) == []
    publish.lambda_handler(stream_batch("user:u_42"), CONTEXT)
    assert [loads(each["Body"])["data"]["outcome"] for each in deployed.take("outcomes")] == ["missed"]
