"""A worker of ingest in a process of its own: `python -m milepost_tools.prove.local.worker QUEUE_URL DESCRIPTOR`.

It polls the queue and runs the shipped handler, as Lambda does. Into the descriptor it says what it has in hand:
`10 2` is ten messages, two of which somebody had before; `0 0` comes once those that were done are deleted.
"""

import os
import sys
from typing import Any, Final

from functions.ingest.handler import lambda_handler
from milepost_tools.local.connection import to_ministack

_TIME: Final = 3_000
"""Milliseconds for a batch: less than its messages stay invisible."""


class _Context:
    """As much of a Lambda context as the handler uses."""

    def get_remaining_time_in_millis(self) -> int:
        return _TIME


def work(url: str, descriptor: int) -> None:
    """Work until killed."""
    sqs = to_ministack(os.environ["AWS_ENDPOINT_URL"]).sqs  # More patient than the handler's: Lambda's pollers are.
    asked: Any = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, "AttributeNames": ["All"]}
    with os.fdopen(descriptor, "w", buffering=1) as said:
        while True:
            batch = sqs.receive_message(**asked).get("Messages", [])
            if batch:
                said.write(
                    f"{len(batch)} {sum(each['Attributes']['ApproximateReceiveCount'] != '1' for each in batch)}\n"
                )
                _handle(sqs, url, batch)
                said.write("0 0\n")


def _handle(sqs: Any, url: str, batch: list[Any]) -> None:  # noqa: ANN401  # As botocore makes it.
    names = {"MessageId": "messageId", "Body": "body", "Attributes": "attributes"}
    context: Any = _Context()
    answer = lambda_handler({"Records": [{to: each[name] for name, to in names.items()} for each in batch]}, context)
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    done = [each["ReceiptHandle"] for each in batch if each["MessageId"] not in failed]
    if done:
        entries = [{"Id": str(place), "ReceiptHandle": handle} for place, handle in enumerate(done)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))
