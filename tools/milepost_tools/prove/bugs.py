"""Bugs that take more than a line, each where somebody might make it; the others stand in the table, see `planted`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from milepost.adapters import bookings
from milepost.adapters.cloudevents import cloud_event
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.queues import SqsDeadLetters
from milepost.adapters.topics import SnsTopics
from milepost.application import publish
from milepost.application.accounts import for_account
from milepost.application.folding import Folded, Folding
from milepost.application.ports import Outgoing, Saved, Stored
from milepost.application.publish import Publish, Published
from milepost.application.telling import Telling
from milepost.domain.event import Subject
from milepost.domain.ledger import Ledger
from milepost.domain.outbox import Nudge, Outcome
from milepost_tools.prove.recorded import STATISTICS

_FEW: Final = 3
_fold, _put, _publish, _spill = Folding.fold, SqsDeadLetters.put, SnsTopics._publish, Ledger.spill  # noqa: SLF001
_transact, _increments = bookings._transact, publish._increments  # noqa: SLF001  # As they are without a bug.


def done_if_lost(saved: Saved) -> Saved:
    """Take a lost race for a write that was done."""
    return Saved.DONE if saved is Saved.CONFLICT else saved


def without_version(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write whatever has been written since."""
    text, parameters = statement["Statement"], statement["Parameters"]
    if not text.startswith("UPDATE"):
        return statement
    return {**statement, "Statement": text.removesuffix(" AND v = ?"), "Parameters": parameters[:-1]}


def without_condition(update: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for a booking."""
    values = {name: value for name, value in update["ExpressionAttributeValues"].items() if name != ":read"}
    kept = {name: value for name, value in update.items() if name != "ConditionExpression"}
    return {**kept, "ExpressionAttributeValues": values}


def spill_what_is_not_stored(self: Ledger, keep: int) -> Any:  # noqa: ANN401
    """Spill events whose write may still lose its race."""
    self.stored = self.size
    return _spill(self, keep)


def remember_the_first_spill(self: Ledger, keep: int) -> Any:  # noqa: ANN401
    """Leave the watermark where the first spill has put it."""
    left, spilled = _spill(self, keep)
    if spilled.after is not None:
        left.elsewhere = left.elsewhere._replace(spilled=spilled.after)
    return left, spilled


def save_and_then_spill(self: DynamoStore, changes: Sequence[Stored]) -> Mapping[Subject, Saved]:
    """Write the segment once the aggregate has let go of its entries."""
    later: list[Any] = []

    def way(*what: Any) -> Sequence[Saved]:  # noqa: ANN401
        later.append(what)
        return [Saved.DONE] * len(what[2])

    relieve = self._writes if self.segments is None else replace(self.segments, way=way).relieve
    saved = self.way(self.client, self.table, relieve(changes))
    for what in later:
        self.way(*what)
    return dict(zip((each.progress.subject for each in changes), saved, strict=True))


def give_up_soon(self: Folding, work: Any, now_of: Any, waits: Any) -> Folded:  # noqa: ANN401
    """Try a few times, and call it done."""

    class Impatient:
        def wait(self, attempt: int) -> bool:
            return attempt < _FEW and bool(waits.wait(attempt))

    return replace(_fold(self, work, now_of, Impatient()), failed=frozenset())


def put_and_forget(self: SqsDeadLetters, refusals: Sequence[Any]) -> frozenset[str]:
    """Take every refused message for taken."""
    _put(self, refusals)
    return frozenset(each.message_id for each in refusals)


def account_once() -> Callable[..., Any]:
    """Count for the account only when a message comes for the first time."""
    seen: set[tuple[str, int]] = set()

    def once(event: Any, user: Any) -> Any:  # noqa: ANN401
        key = (event.subject, event.key)
        found = None if key in seen else for_account(event, user)
        seen.add(key)
        return found

    return once


def book_and_then_tell(self: Publish, subjects: Iterable[str], _: object) -> Published:
    """Acknowledge what was not sent yet."""
    loaded = self.store.load(sorted(subjects), consistent=True)
    waiting = (each for stored in loaded.values() for each in stored.progress.outbox)
    entries = [each for each in waiting if isinstance(each, Outcome | Nudge) and self._may_go(each)]
    self._book(loaded, Telling(self.composer, {each.id for each in entries}), Counter())
    if entries:
        self.topics.publish([Outgoing(each) for each in entries])
    return Published(frozenset(), Counter())


def take_all_for_sent(self: SnsTopics, arn: str, batch: Sequence[Any]) -> Sequence[str]:
    """Believe that a topic took the whole batch."""
    _publish(self, arn, batch)
    return [each["Id"] for each in batch]


def tell_anew() -> Callable[..., str]:
    """Give a message another id each time that it is sent."""
    number = count()

    def anew(outgoing: Outgoing, catalog: Any) -> str:  # noqa: ANN401
        entry = replace(outgoing.entry, id=f"{outgoing.entry.id}-{next(number)}")
        return cloud_event(replace(outgoing, entry=entry), catalog)

    return anew


def torn(*, statistics_first: bool) -> Callable[..., Any]:
    """Book statistics in a transaction of their own, before the acknowledgement or after it."""

    def transact(client: Any, items: Any, subjects: int) -> Any:  # noqa: ANN401
        counts = [each for each in items if each.get("Update", {}).get("TableName") == STATISTICS]
        rest = [each for each in items if each not in counts]
        if statistics_first:
            _transact(client, counts, 0)
        saved = _transact(client, rest, subjects)
        if not statistics_first:
            _transact(client, counts, 0)
        return saved

    return transact


def undo_nothing(subject: Subject, entries: Sequence[Any], decisions: Any) -> Any:  # noqa: ANN401
    """Leave in the statistics what an outcome takes back."""
    return _increments(
        subject, [replace(each, undoes=()) if isinstance(each, Outcome) else each for each in entries], decisions
    )
