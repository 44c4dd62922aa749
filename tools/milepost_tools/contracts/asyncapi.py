"""The AsyncAPI 3.0 document: the event queue and the topics, seen from Milepost, which receives and sends."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from milepost.adapters.contract.attributes import Attributes
from milepost.adapters.topics import MOST_BYTES_AT_ONCE
from milepost_tools.contracts.examples import published
from milepost_tools.contracts.incoming import FORMAT, Object, incoming_messages
from milepost_tools.contracts.typed import object_of
from milepost_tools.local.deploy import PROJECT
from milepost_tools.local.stack import CHANNELS, OUTCOMES
from milepost_tools.local.template import read_template

_MOST_EXAMPLES: Final = 3
_ABOUT: Final = (
    "Producers send events to one SQS queue; Milepost counts them once per user or account, and tells SNS topics, one "
    "for each channel and one for outcomes. Messages are in no order, and come at least once: an event is counted "
    "once by its messageId and timestamp, and what goes out keeps its id whenever it comes again. A message has at "
    f"most {MOST_BYTES_AT_ONCE:,} bytes, its attributes included. docs/contracts.md says what may change."
)
_QUEUE: Final = (
    "Give every message a messageId of its own, and the same one with the same timestamp when you send it again. What "
    "cannot be used ends unchanged in the dead-letter queue, with the reason as message attribute `reason`. "
    "CloudFormation makes up the queue's name; the stack exports STACK-EventQueueUrl and STACK-EventQueueArn."
)
_TOPIC: Final = (
    "CloudFormation makes up the topic's name; the stack exports STACK-{topic}Arn. Filter by message attributes, and "
    "ask for raw message delivery to get the message without SNS's envelope."
)


def asyncapi_document() -> Object:
    """The document, as docs/asyncapi.yaml keeps it. Schemas are those beside it.

    Raises:
        ProblemError: template.yaml, which says how the queues are set up, cannot be read.
    """
    incoming = incoming_messages()
    topics = (*CHANNELS, OUTCOMES)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Milepost", "version": "1.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {name: _server(name) for name in ("sqs", "sns")},
        "channels": {"events": _queue(incoming), **{topic: _topic(topic) for topic in topics}},
        "operations": {
            "receiveEvents": _operation("receive", "events", "Count an event, or refuse it with a reason."),
            **{f"send{_camel(topic)}": _operation("send", topic, _SENDS[topic == OUTCOMES]) for topic in topics},
        },
        "components": {
            "messages": {**incoming, **{_message_name(topic): _message(topic) for topic in topics}},
            "schemas": {"Attributes": {"schemaFormat": FORMAT, "schema": object_of(Attributes)}},
        },
    }


_SENDS: Final = ("Write to somebody, or do not: the subscriber sends.", "Tell what became of a milestone.")


def _server(protocol: str) -> Object:
    region = {"description": "The stack's.", "default": "us-east-1"}
    return {"host": f"{protocol}.{{region}}.amazonaws.com", "protocol": protocol, "variables": {"region": region}}


def _operation(action: str, channel: str, summary: str) -> Object:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _queue(messages: Mapping[str, Object]) -> Object:
    resources = read_template(PROJECT / "template.yaml")["Resources"]
    queue, dead = resources["EventQueue"]["Properties"], resources["EventDeadLetterQueue"]["Properties"]
    redrive = {
        "deadLetterQueue": {"name": "EventDeadLetterQueue"},
        "maxReceiveCount": queue["RedrivePolicy"]["maxReceiveCount"],
    }
    bound = {
        "queue": {**_sqs("EventQueue", queue), "redrivePolicy": redrive},
        "deadLetterQueue": _sqs("EventDeadLetterQueue", dead),
        "bindingVersion": "0.2.0",
    }
    return _channel("The event queue", _QUEUE, "sqs", messages, bound)


def _sqs(name: str, properties: Mapping[str, Any]) -> Object:
    return {"name": name, "fifoQueue": False, "messageRetentionPeriod": properties["MessageRetentionPeriod"]}


def _topic(topic: str) -> Object:
    name = f"{_camel(topic)}Topic"
    bound = {"name": name, "ordering": {"type": "standard"}, "bindingVersion": "0.1.0"}
    title = "Every outcome" if topic == OUTCOMES else f"Nudges of the channel {topic}"
    return _channel(title, _TOPIC.format(topic=name), "sns", [_message_name(topic)], bound)


def _channel(title: str, meaning: str, protocol: str, messages: Iterable[str], bound: Object) -> Object:
    return {
        "address": None,
        "title": title,
        "description": meaning,
        "servers": [{"$ref": f"#/servers/{protocol}"}],
        "messages": {each: {"$ref": f"#/components/messages/{each}"} for each in messages},
        "bindings": {protocol: bound},
    }


def _message(topic: str) -> Object:
    kind = "outcome" if topic == OUTCOMES else "nudge"
    own: Object = {} if topic == OUTCOMES else {"properties": {"data": {"properties": {"channel": {"const": topic}}}}}
    found = [each for each in published() if each.topic == topic]
    # Of each path one: the first of it.
    first = {each.attributes["path"]: each for each in reversed(found)}
    return {
        "title": f"{kind.capitalize()} to {topic}",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Attributes"},
        "payload": {"schemaFormat": FORMAT, "schema": {"allOf": [{"$ref": f"./schemas/{kind}.schema.json"}], **own}},
        "examples": [
            {"name": path, "headers": dict(each.attributes), "payload": each.message}
            for path, each in sorted(first.items())
        ][:_MOST_EXAMPLES],
    }


def _message_name(topic: str) -> str:
    return OUTCOMES if topic == OUTCOMES else f"{topic}_nudge"


def _camel(name: str) -> str:
    return "".join(map(str.capitalize, name.split("_")))
