"""Milepost's own services, wired as the functions wire them, over whatever stands for DynamoDB."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, cast

from milepost.adapters.clock import events_clock, outbox_clock
from milepost.adapters.codec import Attributes, Codec
from milepost.adapters.composing import LiquidComposer
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.segments import Segments
from milepost.adapters.writes import in_statements
from milepost.application.arrival import LiveArrival
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest, Received
from milepost.application.intake import Intake
from milepost.application.ports import Outgoing, Refusal
from milepost.application.publish import Publish
from milepost.domain.catalog import USER, Catalog
from milepost.domain.event import Subject
from milepost.domain.facts import no_shares
from milepost.domain.fold import memory_of
from milepost.domain.outbox import Outcome
from milepost.domain.progress import Progress
from milepost_tools.bench.design import Client, Contender, Counts, Record, create_table, index_of
from milepost_tools.catalog import load_catalog

CATALOG: Final = Path(__file__).with_name("hotpath.yaml")
_MICROSECONDS: Final = 1000


class Hasty:
    """A backoff that does not wait."""

    def wait(self, attempt: int) -> bool:
        """See the port."""
        return True


class _NothingRefused:
    def put(self, refusals: Sequence[Refusal]) -> frozenset[str]:
        raise AssertionError(f"the benchmark's messages can all be used, but: {refusals[0].reason}")


@dataclass(slots=True)
class _Topics:
    """Takes everything."""

    outcomes: int = 0

    def publish(self, entries: Sequence[Outgoing]) -> frozenset[str]:
        self.outcomes += sum(isinstance(each.entry, Outcome) for each in entries)
        return frozenset(each.entry.id for each in entries)


@dataclass(frozen=True, slots=True)
class _Watching(Codec):
    """Notes whose outbox is not empty when it is written, as the stream's filter does."""

    waiting: set[Subject] = field(default_factory=set)

    def encode(self, progress: Progress) -> tuple[Attributes, frozenset[str]]:
        if progress.outbox:
            self.waiting.add(progress.subject)
        return Codec.encode(self, progress)


class Milepost:
    """One worker of ingest and one of publish."""

    def __init__(self, client: Client, prefix: str) -> None:
        catalog = _catalog()
        self._codec = cast("_Watching", _Watching.of(catalog))
        table = f"{prefix}progress"
        segments = Segments(client, table, self._codec, in_statements, memory_of(catalog))
        self._store = DynamoStore(
            client, self._codec, table, f"{prefix}statistics", catalog.name, in_statements, segments
        )
        self._ingest = Ingest(
            Intake(catalog.max_age, LiveArrival()),
            Folding(self._store, catalog),
            _NothingRefused(),
            events_clock("replay"),  # The events' own time: no benchmark lasts for weeks.
        )
        self._topics = _Topics()
        composer = LiquidComposer(catalog, None, no_shares)
        self._publish = Publish(self._store, self._topics, catalog, outbox_clock("replay"), composer)
        self.conflicts = 0

    def receive(self, records: Sequence[Record]) -> Collection[str]:
        """See the protocol."""
        result = self._ingest.ingest([_received(record) for record in records], Hasty())
        self.conflicts += result.tally["conflict"]
        return result.failed

    def publish(self) -> int:
        """Tell and book what waits, as the stream would bring it; how many outcomes were told."""
        before = self._topics.outcomes
        subjects = frozenset(self._codec.waiting)
        unfinished = self._publish.publish(subjects, Hasty()).unfinished
        self._codec.waiting.clear()
        self._codec.waiting.update(unfinished)
        return self._topics.outcomes - before

    def counts(self, users: Iterable[str]) -> Counts:
        """See the protocol."""
        stored = self._store.load([f"{USER}{user}" for user in users], consistent=True)
        return {subject.removeprefix(USER): Counter(each.progress.counted) for subject, each in stored.items()}


@cache
def _catalog() -> Catalog:
    return load_catalog(CATALOG)


def _received(record: Record) -> Received:
    sent_at = int(record["attributes"]["SentTimestamp"]) * _MICROSECONDS
    return Received(record["messageId"], record["body"], sent_at)


def _create(client: Client, prefix: str) -> None:
    indexes = [index_of("due", ("dp", "d"), "KEYS_ONLY"), index_of("decisions", ("dd", "dt"), "ALL")]
    create_table(client, f"{prefix}progress", sort=True, indexes=indexes)
    create_table(client, f"{prefix}statistics", sort=True)


MILEPOST: Final = Contender("milepost", _create, Milepost, writes=0.03)
