"""The schemas of what goes out and of what `milepost simulate` writes."""

from milepost.adapters.contract.facts import CONTENT
from milepost.adapters.contract.nudge import NudgeEvent
from milepost.adapters.contract.outcome import OutcomeData, OutcomeEvent
from milepost_tools.contracts.typed import Schema, reference, schema_of
from milepost_tools.history.line import NudgeLine


def outcome_schema() -> Schema:
    """A message of the topic `outcomes`."""
    return schema_of(OutcomeEvent, "Milepost outcome")


def nudge_schema() -> Schema:
    """A message of a channel's topic; what `content` holds depends on the channel."""
    schema = schema_of(NudgeEvent, "Milepost nudge")
    parts = schema["$defs"]
    parts["NudgeData"]["allOf"] = [
        {
            "if": {"properties": {"channel": {"const": channel}}},
            "then": {"properties": {"content": {"anyOf": [reference(shape, parts), {"type": "null"}]}}},
        }
        for channel, shape in CONTENT.items()
    ]
    return schema


def outcome_line_schema() -> Schema:
    """A line of the file that `--outcomes` names."""
    return schema_of(OutcomeData, "A line of milepost simulate --outcomes")


def nudge_line_schema() -> Schema:
    """A line of the file that `--nudges` names."""
    return schema_of(NudgeLine, "A line of milepost simulate --nudges")
