"""What a function of an integration is made of: its environment, clients, secrets and answer to Lambda."""

from collections.abc import Callable, Mapping
from functools import cache
from time import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from aws_lambda_powertools.utilities.parameters import SSMProvider
from botocore.config import Config
from botocore.session import Session, get_session

from milepost_channels.claims import Claims
from milepost_channels.deliver import Delivery
from milepost_channels.queues import DeadLetters, EventQueue
from milepost_channels.telemetry import Telemetry

if TYPE_CHECKING:
    from milepost_channels.answers import Sender

TIMEOUTS: Final = {"connect_timeout": 1, "read_timeout": 3}
"""Seconds, for every client."""
SECRET_AGE: Final = 300
"""Seconds for which a secret is kept in memory: a new one is in use everywhere after five minutes."""
_MILLISECONDS: Final = 1000


class MissingSettingError(Exception):
    """An environment variable that `template.yaml` sets is not there."""


class LambdaContext(Protocol):
    """As much of Lambda's context as is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's time-out."""
        ...


def setting(environment: Mapping[str, str], name: str) -> str:
    """A variable of the environment; raises `MissingSettingError`."""
    if not (value := environment.get(name)):
        raise MissingSettingError(f"The environment variable {name} is not set: template.yaml sets it.")
    return value


@cache
def _session() -> Session:
    return get_session()


def client(service: str, tries: int = 2) -> Any:  # noqa: ANN401  # The caller names the client's type.
    """A client of a service of AWS that sends each request at most so many times."""
    retries: Any = {"mode": "standard", "total_max_attempts": tries}
    return _session().create_client(service, config=Config(retries=retries, **TIMEOUTS))  # type: ignore[arg-type]


def secrets(name: str) -> Callable[[], str]:
    """A secret by the name of its SSM parameter, a SecureString; read when first asked for, kept five minutes."""
    provider = SSMProvider(boto_config=Config(**TIMEOUTS))  # type: ignore[arg-type]
    return lambda: str(provider.get(name, max_age=SECRET_AGE, decrypt=True))


def event_queue(environment: Mapping[str, str]) -> EventQueue:
    """Milepost's event queue."""
    return EventQueue(client("sqs"), setting(environment, "EVENT_QUEUE_URL"))


def claims(environment: Mapping[str, str]) -> Claims:
    """The table of the nudges that were sent."""
    days = int(setting(environment, "REMEMBER_DAYS"))
    return Claims(client("dynamodb"), setting(environment, "TABLE_NAME"), time, days)


def delivery(environment: Mapping[str, str], sender: "Sender", *, reports: bool) -> Delivery:
    """The integration with its queues and its table; `reports` if what the vendor takes is thereby delivered."""
    return Delivery(
        sender,
        claims(environment),
        DeadLetters(client("sqs"), setting(environment, "DEAD_LETTER_QUEUE_URL")),
        event_queue(environment) if reports else None,
        send_ambiguous=environment.get("AMBIGUOUS") == "send",
    )


def answer(event: Mapping[str, Any], context: LambdaContext, work: Delivery) -> Mapping[str, Any]:
    """Work off Lambda's batch; the partial batch response names what the queue is to give out again."""
    telemetry = Telemetry()
    with telemetry.invocation():
        outcome = work.deliver(event["Records"], lambda: context.get_remaining_time_in_millis() / _MILLISECONDS)
        telemetry.count(outcome.tally)
        telemetry.dead_lettered(outcome.reasons)
        for code in outcome.failures:
            telemetry.store_failed(code)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in sorted(outcome.handed_back)]}
