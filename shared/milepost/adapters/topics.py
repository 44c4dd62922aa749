"""The topics on SNS: one per channel, and one for outcomes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters.aws import PassingErrors, in_batches
from milepost.adapters.cloudevents import attributes, cloud_event
from milepost.application.ports import Outgoing
from milepost.domain.catalog import Catalog
from milepost.domain.outbox import Nudge

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

PUBLISH_AT_ONCE: Final = 10
MOST_BYTES_AT_ONCE: Final = 262_144
"""SNS's limits for PublishBatch: entries, and bytes of all messages together."""
OUTCOMES: Final = "outcomes"


@dataclass(frozen=True, slots=True)
class SnsTopics:
    """Topic ARNs by channel, `outcomes` among them."""

    client: "SNSClient"
    arns: Mapping[str, str]
    catalog: Catalog

    def publish(self, entries: Sequence[Outgoing]) -> frozenset[str]:
        """Publish entries, batched by topic; see the port."""
        by_topic: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for outgoing in entries:
            topic = outgoing.entry.channel if isinstance(outgoing.entry, Nudge) else OUTCOMES
            if topic in self.arns:  # A newer release may have left one for a channel that this one does not have.
                by_topic[self.arns[topic]].append(message(outgoing, self.catalog))
        return frozenset(id_ for arn, messages in by_topic.items() for id_ in self._publish_all(arn, messages))

    def _publish_all(self, arn: str, messages: Sequence[dict[str, Any]]) -> Iterator[str]:
        for batch in in_batches(messages, PUBLISH_AT_ONCE, MOST_BYTES_AT_ONCE, size):
            yield from self._publish(arn, batch)

    def _publish(self, arn: str, batch: Sequence[Any]) -> Sequence[str]:
        try:
            answer = self.client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=batch)
        except PassingErrors:
            # Not even a topic that refuses us for good may hold up what other topics have taken: it is not
            # acknowledged, is counted as not taken, and the clock brings it back.
            return ()
        return [each["Id"] for each in answer.get("Successful", [])]


def message(outgoing: Outgoing, catalog: Catalog) -> dict[str, Any]:
    """An entry of PublishBatch."""
    found = attributes(outgoing.entry, catalog)
    return {
        "Id": outgoing.entry.id,
        "Message": cloud_event(outgoing, catalog),
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in found.items()},
    }


def size(message: Mapping[str, Any]) -> int:
    """Bytes of a message as SNS counts them: the text, and each attribute's name, type and value."""
    named = (len(name) + sum(map(len, each.values())) for name, each in message["MessageAttributes"].items())
    return len(message["Message"].encode()) + sum(named)
