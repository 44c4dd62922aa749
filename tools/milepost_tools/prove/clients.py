"""SQS, SNS and CloudWatch as a worker meets them: batches are taken in part, figures are old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any, Final

from milepost.domain.instant import MINUTE, SECOND, Duration
from milepost_tools.prove.checker.evidence import Told
from milepost_tools.prove.machine import Machine

Request = Mapping[str, Any]
_LAG: Final[Duration] = 2 * MINUTE
"""How old a metric may be."""


@dataclass(slots=True)
class Sqs:
    """All queues, by their names."""

    machine: Machine

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Request]) -> Any:  # noqa: ANN401, N803
        """Take some or all of the messages."""

        def act(fault: str | None) -> Any:  # noqa: ANN401
            left = set(self.machine.world.faults.part_of(len(Entries)) if fault == "partial" else ())
            answer: dict[str, list[Any]] = {"Successful": [], "Failed": []}
            for place, each in enumerate(Entries):
                answer["Failed" if place in left else "Successful"].append({"Id": each["Id"]})
                if place not in left:
                    reason = each.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
                    same, group = each.get("MessageDeduplicationId", ""), each.get("MessageGroupId")
                    self.machine.world.queues[QueueUrl].send(each["MessageBody"], group=group, same=same, reason=reason)
            return answer if answer["Failed"] else {"Successful": answer["Successful"]}

        return self.machine.call("sqs", "send_message_batch", act, QueueUrl)

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str]) -> Any:  # noqa: ANN401, N803
        """How many there are."""
        queue = self.machine.world.queues[QueueUrl]

        def act(_: str | None) -> Any:  # noqa: ANN401
            return {
                "Attributes": {
                    name: str(len(queue.messages) if not place else 0) for place, name in enumerate(AttributeNames)
                }
            }

        return self.machine.call("sqs", "get_queue_attributes", act, QueueUrl)


@dataclass(slots=True)
class Sns:
    """All topics; what they take is what subscribers are told."""

    machine: Machine

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Request]) -> Any:  # noqa: ANN401, N803
        """Take some or all of the messages."""
        world, entries = self.machine.world, PublishBatchRequestEntries

        def act(fault: str | None) -> Any:  # noqa: ANN401
            left = set(world.faults.part_of(len(entries)) if fault == "partial" else ())
            for place, each in enumerate(entries):
                if place not in left:
                    world.told.append(Told(TopicArn, loads(each["Message"]), world.kernel.now))
            return {"Successful": [{"Id": each["Id"]} for place, each in enumerate(entries) if place not in left]}

        return self.machine.call("sns", "publish_batch", act, TopicArn)


@dataclass(slots=True)
class CloudWatch:
    """The age of the oldest message, as it was up to two minutes ago; an idle queue has none, or nought."""

    machine: Machine

    def get_metric_data(self, **_: Any) -> Any:  # noqa: ANN401
        """One datapoint."""
        world = self.machine.world

        def act(_: str | None) -> Any:  # noqa: ANN401
            then = world.kernel.now - world.faults.draw.randrange(_LAG)
            oldest = world.queues["events"].oldest(then)
            if oldest is None or world.faults.happens("no metric"):
                return {"MetricDataResults": [{"Values": [0.0] if then % 2 and oldest is None else []}]}
            return {"MetricDataResults": [{"Values": [(then - oldest) / SECOND]}]}

        return self.machine.call("cloudwatch", "get_metric_data", act)
