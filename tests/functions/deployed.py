"""The functions' tables, queues and topics on MiniStack, and the environment that names them."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any
from uuid import uuid4

from milepost_tools.local.connection import Connection
from tests.adapters.tables import DUE_INDEX, create_statistics_table, create_table
from tests.adapters.test_queues import received

CHANNELS = ("EMAIL", "SMS", "PUSH", "IN_APP", "DIRECT_MAIL", "OPS", "OUTCOMES")
ENVIRONMENT = {
    "STAGE": "prod",
    "CLOCK": "live",
    "TABLE_NAME": "table",
    "STATISTICS_TABLE_NAME": "statistics",
    "DUE_INDEX_NAME": DUE_INDEX,
    "EVENT_QUEUE_URL": "https://events",
    "EVENT_QUEUE_NAME": "events",
    "EVENT_DEAD_LETTER_QUEUE_URL": "https://dead",
    "TICK_QUEUE_URL": "https://ticks",
    "PROGRESS_WRITES": "batch",
    "LEDGER_ENTRIES": "0",
    **{f"TOPIC_ARN_{channel}": f"arn:{channel.lower()}" for channel in CHANNELS},
}


@dataclass(frozen=True)
class Deployed:
    """A stack on MiniStack whose functions run in this process."""

    connection: Connection
    table: str
    statistics: str
    urls: Mapping[str, str]
    arns: Mapping[str, str]

    @property
    def environment(self) -> Mapping[str, str]:
        """What the functions find in it, with the clock in the messages."""
        return {
            **ENVIRONMENT,
            "STAGE": "local",
            "CLOCK": "replay",
            "LEDGER_ENTRIES": "1",
            "TABLE_NAME": self.table,
            "STATISTICS_TABLE_NAME": self.statistics,
            "EVENT_QUEUE_URL": self.urls["events"],
            "EVENT_DEAD_LETTER_QUEUE_URL": self.urls["dead"],
            "TICK_QUEUE_URL": self.urls["ticks"],
            **{f"TOPIC_ARN_{channel}": arn for channel, arn in self.arns.items()},
        }

    def take(self, name: str) -> list[Any]:
        """Take everything out of a queue, as an event source mapping does."""
        messages = received(self.connection.sqs, self.urls[name])
        for each in messages:
            self.connection.sqs.delete_message(QueueUrl=self.urls[name], ReceiptHandle=each["ReceiptHandle"])
        return messages

    def aggregate(self, subject: str) -> Mapping[str, Any]:
        """A subject's item."""
        key: Any = {"pk": {"S": subject}, "sk": {"S": "a"}}
        return self.connection.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})


def deploy(connection: Connection) -> Deployed:
    """Tables, queues and topics under names of their own, and a queue behind the topics of two channels."""
    unique = uuid4().hex
    sqs, sns = connection.sqs, connection.sns
    urls = {
        name: sqs.create_queue(QueueName=f"{name}-{unique}")["QueueUrl"]
        for name in ("events", "dead", "email", "outcomes")
    }
    fifo: Any = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    urls["ticks"] = sqs.create_queue(QueueName=f"ticks-{unique}.fifo", Attributes=fifo)["QueueUrl"]
    arns = {name: sns.create_topic(Name=f"{name.lower()}-{unique}")["TopicArn"] for name in CHANNELS}
    for name in ("email", "outcomes"):
        _subscribe(connection, arns[name.upper()], urls[name])
    dynamodb = connection.dynamodb
    return Deployed(connection, create_table(dynamodb), create_statistics_table(dynamodb), urls, arns)


def _subscribe(connection: Connection, topic: str, url: str) -> None:
    """Under AUTH a queue takes a topic's messages only if its policy says so."""
    attributes = connection.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attributes["QueueArn"],
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = dumps({"Version": "2012-10-17", "Statement": [statement]})
    connection.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    options = {"RawMessageDelivery": "true"}
    connection.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"], Attributes=options)


def message(kind: str, message_id: str, timestamp: str, **more: Any) -> str:
    """What a producer sends."""
    return dumps({"type": kind, "messageId": message_id, "userId": "u_42", "timestamp": timestamp, **more})
