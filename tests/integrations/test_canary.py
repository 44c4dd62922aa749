"""A word that stands in every field of a nudge and of an event of SES is nowhere in what operators can read."""

from collections.abc import Callable
from json import dumps
from traceback import format_exception
from typing import Any

import pytest

from integrations.braze import handler as braze_handler
from integrations.ses import handler as ses_handler
from integrations.ses import reports
from integrations.webhook import handler as webhook_handler
from integrations.webhook.sender import BadSecretError, Webhook
from milepost_channels.queues import EventQueue
from tests.integrations import clients
from tests.integrations.driving import Bench, Context, nudge, record, records
from tests.integrations.standin import StandIn, Vendor, running
from tests.integrations.test_ses import event
from tests.integrations.vendors import BrazeVendor, SesVendor, WebhookVendor

CANARY = "canary7f3a"


def filled(number: int) -> dict[str, Any]:
    """A nudge with the canary in every text that may hold something personal."""
    found = nudge(
        number,
        subject=f"user:{CANARY}",
        address=f"{CANARY}@example.com",
        title=CANARY,
        content={"subject": CANARY, "body": CANARY},
        totals={CANARY: 1},
        reward=CANARY,
    )
    return {**found, "id": f"{CANARY}{number}"}


SENDERS: dict[str, tuple[Callable[[], Vendor], Callable[[StandIn], Any], Any]] = {
    "ses": (SesVendor, lambda s: clients.email(s, patience=0.3), ses_handler.lambda_handler),
    "webhook": (
        lambda: WebhookVendor(clients.SECRET),
        lambda s: clients.webhook(s, patience=0.3),
        webhook_handler.lambda_handler,
    ),
    "braze": (
        lambda: BrazeVendor(clients.KEY),
        lambda s: clients.braze(s, patience=0.3, at_once=1),
        braze_handler.lambda_handler,
    ),
}


@pytest.mark.parametrize("name", SENDERS)
def test_nothing_of_a_nudge_is_in_logs_metrics_and_answers(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Sent, refused, unreadable, busy and without an answer; the vendor alone gets to see it, and the queues."""
    vendor, sender, handler = SENDERS[name]
    bench = Bench()
    batch = records(*(filled(number) for number in range(5)), CANARY)
    batch["Records"][3]["body"] = dumps({**filled(3), "type": CANARY})
    plan = {1: "429", 2: "time-out after", 3: "500", 4: "500", 5: "500"}
    with running(vendor(), plan=plan) as stand_in:
        work = bench.delivery(sender(stand_in))
        answers = [handler(batch, Context(), work) for _ in range(2)]
    printed = capfd.readouterr()
    assert stand_in.taken()
    assert bench.queues.dead()["unreadable"] >= 2
    assert "_aws" in printed.out
    assert CANARY not in printed.out + printed.err + dumps(answers) + dumps(dict(bench.queues.dead()))


def test_nothing_of_an_event_of_ses_is_in_logs_and_metrics(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither of one that is reported nor of one that cannot be read."""
    bench = Bench()
    sqs: Any = bench.queues
    found = event("Click", "click", link=CANARY, userAgent=CANARY)
    found["mail"]["destination"] = [f"{CANARY}@example.com"]
    batch = {"Records": [record("m0", dumps(found)), record("m1", CANARY)]}
    work = reports.Reporter(bench.claims(), EventQueue(sqs, "events"))
    answer = reports.lambda_handler(batch, Context(), work)
    printed = capfd.readouterr()
    assert "_aws" in printed.out
    assert CANARY not in printed.out + printed.err + dumps(answer)


def test_a_service_that_fails_is_told_by_its_code_alone(capfd: pytest.CaptureFixture[str]) -> None:
    """Its words may hold what was asked of it."""
    bench = Bench()
    vendor, sender, handler = SENDERS["webhook"]
    with running(vendor()) as stand_in:
        work = bench.delivery(sender(stand_in))
        object.__setattr__(work.claims, "table", CANARY)
        handler(records(filled(1)), Context(), work)
    printed = capfd.readouterr()
    assert "ResourceNotFoundException" in printed.out
    assert CANARY not in printed.out + printed.err


def test_an_error_that_nobody_handles_holds_nothing_of_a_nudge() -> None:
    """Lambda logs its text and those of its causes: here the secret is none."""
    bench = Bench()
    with running(WebhookVendor(clients.SECRET)) as stand_in:
        hook = clients.webhook(stand_in)
        secret = f"whsec_{CANARY}!"
        work = bench.delivery(Webhook(hook.endpoint, lambda: secret))
        with pytest.raises(BadSecretError) as raised:
            webhook_handler.lambda_handler(records(filled(1)), Context(), work)
    assert CANARY not in "".join(format_exception(raised.value))
