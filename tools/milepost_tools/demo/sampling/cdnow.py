"""The CDNOW data as it lies in tests/data: who is taken, their purchases and the right answers."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, TypedDict

Body: TypeAlias = dict[str, object]
"""A message body (semantics, section 1)."""

CDNOW: Final = Path(__file__).parents[4] / "tests" / "data" / "cdnow"
AS_OF: Final = datetime.fromisoformat("1998-07-01T00:00:00-04:00")
"""The moment at which the answers hold; nothing is delivered after it."""


class Message(NamedTuple):
    """A usable message: whose it is, when it happened, and its body without `receivedAt`."""

    id: str
    user: str
    instant: datetime
    body: Body


class Answer(TypedDict):
    """One right outcome. `at` is None where it may depend on the order of arrival (semantics, 3.1)."""

    subject: str
    milestone: str
    outcome: str
    n: int
    at: str | None


def lines(path: Path) -> Iterator[str]:
    """The lines of a gzipped text file, without their ends."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")


def message(body: Body) -> Message:
    """A usable message of its body."""
    return Message(str(body["messageId"]), str(body["userId"]), datetime.fromisoformat(str(body["timestamp"])), body)


def purchases() -> list[Message]:
    """Every purchase, the oldest first."""
    return [message(json.loads(line)) for line in lines(CDNOW / "events.ndjson.gz")]


def until(everyone: list[Message], end: datetime) -> list[Message]:
    """The messages of before that moment."""
    return [each for each in everyone if each.instant < end]


def answers() -> list[Answer]:
    """Every right answer to tests/data/cdnow/catalog.yaml."""
    return [json.loads(line) for line in lines(CDNOW / "outcomes.ndjson.gz")]


def customers(everyone: list[Message], wanted: int | None) -> list[str]:
    """So many customers, or all, evenly spread over all, who are numbered by the day of their first purchase."""
    ids = sorted({each.user for each in everyone})
    wanted = len(ids) if wanted is None else wanted
    return [ids[place * len(ids) // wanted] for place in range(wanted)]
