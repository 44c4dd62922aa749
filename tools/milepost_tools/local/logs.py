"""What the functions wrote to their log groups, merged by time."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from botocore.exceptions import ClientError

from milepost_tools.local.plainly import code_of
from milepost_tools.local.stack import Stack

_PAUSE: Final = 1.0
_OVERLAP: Final = 60_000
"""Milliseconds to look back at each turn: lines of several workers do not come in order."""


@dataclass(frozen=True)
class Line:
    """One line of one function."""

    at: datetime
    function: str
    text: str


_Identity = tuple[str, Line, int]
"""Stream, line, and which of the equal lines at that instant: MiniStack gives lines no ids."""


def read_logs(stack: Stack, functions: Sequence[str], *, follow: bool) -> Iterator[Line]:
    """The lines there are; with `follow` also those that come, for ever."""
    groups = {function: _group(stack, function) for function in functions}
    seen: AbstractSet[_Identity] = frozenset()
    since = 0
    while True:
        found = _read_all(stack, groups, since)
        new = (line for identity, line in found.items() if identity not in seen)
        yield from sorted(new, key=lambda line: line.at)
        if not follow:
            return
        seen = found.keys()  # what is older than the overlap is not read again
        since = int(time.time() * 1000) - _OVERLAP
        time.sleep(_PAUSE)


def _read_all(stack: Stack, groups: Mapping[str, str], since: int) -> Mapping[_Identity, Line]:
    found: dict[_Identity, Line] = {}
    for function, group in groups.items():
        repeated: Counter[tuple[str, Line]] = Counter()
        for stream, line in _read(stack, function, group, since):
            repeated[stream, line] += 1
            found[stream, line, repeated[stream, line]] = line
    return found


def _group(stack: Stack, function: str) -> str:
    name = stack.functions[function]
    settings = stack.connection.functions.get_function_configuration(FunctionName=name)
    return settings.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"


def _read(stack: Stack, function: str, group: str, since: int) -> Iterator[tuple[str, Line]]:
    pages = stack.connection.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    try:
        for event in (event for page in pages for event in page["events"]):
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            yield event["logStreamName"], Line(at, function, event["message"].rstrip())
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":  # the group comes with its first line
            raise
