"""A word that stands in every field of what producers send is nowhere in what operators can read."""

from collections.abc import Callable, Iterator
from json import dumps, loads
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from tests.adapters.tables import scan
from tests.functions.deployed import Deployed, message
from tests.functions.lambdas import CANARY, CONTEXT, ROOT, canary_bodies, queue_batch, stream_batch
from tests.template.loading import raw, stack

USER = f"u-{CANARY}"


def bodies() -> Iterator[str]:
    """Everything that is used or refused, and what makes somebody miss a deadline and be written to."""
    yield from canary_bodies()
    yield message("track", f"s-{CANARY}", "2026-11-22T07:00:00Z", userId=USER, event="signed_up")
    yield message("identify", f"c-{CANARY}", "2026-11-22T07:00:01Z", userId=USER, traits={"email_opt_in": True})


def all_four(deployed: Deployed) -> list[Any]:
    """Run everything from event to nudge, and one that cannot be; what the functions answer."""
    answers = [ingest.lambda_handler(queue_batch(*bodies()), CONTEXT) for _ in range(2)]
    answers.append(sweep.lambda_handler({"time": "2026-11-30T12:00:00Z"}, CONTEXT))
    ticks = [each["Body"] for each in deployed.take("ticks")]
    answers.append(settle.lambda_handler(queue_batch(*ticks, CANARY), CONTEXT))
    named = {item["pk"]["S"] for item in scan(deployed.connection.dynamodb, deployed.table)}
    assert any(CANARY in name for name in named)
    answers.append(publish.lambda_handler(stream_batch(*named), CONTEXT))
    return answers


def test_nothing_of_a_persons_data_is_in_logs_metrics_answers_and_reasons(
    deployed: Deployed, capfd: pytest.CaptureFixture[str]
) -> None:
    """Through all four functions and their real adapters: what is told goes to the channel's topic alone."""
    answers = all_four(deployed)
    written = capfd.readouterr()
    assert CANARY not in (written.out + written.err + dumps(answers)).lower()
    dead = deployed.take("dead")
    reasons = [each["MessageAttributes"]["reason"]["StringValue"] for each in dead]
    assert len(reasons) > 30
    assert not [reason for reason in reasons if CANARY in reason.lower()]
    assert all({*each["MessageAttributes"]} == {"reason"} for each in dead)
    told = [*deployed.take("email"), *deployed.take("outcomes")]
    assert told
    assert all(CANARY in each["Body"] and CANARY not in dumps(each["MessageAttributes"]) for each in told)
    assert CANARY not in dumps(scan(deployed.connection.dynamodb, deployed.statistics))


def test_metrics_have_the_service_for_their_only_dimension(
    deployed: Deployed, capfd: pytest.CaptureFixture[str]
) -> None:
    """A dimension with an id in it would be personal, and a bill."""
    all_four(deployed)
    lines = [loads(line) for line in capfd.readouterr().out.splitlines()]
    measured = [each for line in lines if "_aws" in line for each in line["_aws"]["CloudWatchMetrics"]]
    assert len(measured) >= 5
    assert all(each["Dimensions"] == [["service"]] for each in measured)


def test_what_lambda_logs_of_an_error_that_nobody_handles_holds_nothing_of_it(
    deployed: Deployed, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its text and those of its causes: here the table is gone."""
    deployed.connection.dynamodb.delete_table(TableName=deployed.table)
    runs: tuple[Callable[[], object], ...] = (
        lambda: ingest.lambda_handler(queue_batch(*bodies()), CONTEXT),
        lambda: settle.lambda_handler(
            queue_batch(dumps({"shard": 0, "subjects": [USER], "at": "2026-11-30T12:00:00Z"})), CONTEXT
        ),
        lambda: publish.lambda_handler(stream_batch(f"user:{USER}"), CONTEXT),
    )
    for run in runs:
        with pytest.raises(ClientError) as raised:
            run()
        assert CANARY not in "".join(format_exception(raised.value)).lower()
    assert CANARY not in "".join(capfd.readouterr()).lower()


def test_nothing_is_traced() -> None:
    """No X-Ray, so neither annotations nor subsegments: neither the template nor the code asks for it."""
    assert "Tracing" not in dumps(raw()["Globals"])
    assert not [name for name, each in stack().functions().items() if "Tracing" in each or "TRACE" in dumps(each)]
    for folder in ("shared", "functions"):
        sources = [path.read_text(encoding="utf-8") for path in Path(ROOT, folder).rglob("*.py")]
        assert sources
        assert not any("Tracer" in each or "xray" in each for each in sources)
