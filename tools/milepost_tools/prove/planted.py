"""Bugs to plant, each of which the simulation has to find: what it does not find there, it proves nothing about."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeAlias
from unittest.mock import patch

from milepost.adapters import bookings, queues, segments, topics, worked_off, writes
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.queues import SqsDeadLetters
from milepost.adapters.segments import Segments
from milepost.adapters.topics import SnsTopics
from milepost.adapters.worked_off import QueueAge
from milepost.application import folding, ingest, publish, settle
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest
from milepost.application.merging import Merging
from milepost.application.ports import Saved
from milepost.application.publish import Publish
from milepost.domain import advance, decision
from milepost.domain.event import Tick
from milepost.domain.instant import DAY, MINUTE
from milepost.domain.ledger import Ledger
from milepost_tools.prove import bugs, bugs_of_decisions
from milepost_tools.prove.dynamodb import DynamoDb as Client

Patch: TypeAlias = tuple[Any, str, Any]
"""Whose attribute, which one, and what it is with the bug."""


def _then(owner: Any, name: str, change: Callable[[Any], Any]) -> Callable[[], Patch]:  # noqa: ANN401
    """Another answer in the place of the real one."""
    real = getattr(owner, name)
    return lambda: (owner, name, lambda *what, **more: change(real(*what, **more)))


def _instead(owner: Any, name: str, bug: Callable[..., Any]) -> Callable[[], Patch]:  # noqa: ANN401
    """Other code in the place of the real one, which it is given first."""
    real = getattr(owner, name)
    return lambda: (owner, name, lambda *what, **more: bug(real, *what, **more))


def _all_went_well(result: Any) -> Any:  # noqa: ANN401
    return replace(result, failed=frozenset())


def _of_this_time(real: Any, fold: Any, *what: Any) -> Any:  # noqa: ANN401
    name = real(fold, *what)
    return f"{name}{fold.now}" if isinstance(name, str) else replace(name, id=f"{name.id}{fold.now}")


BUGS: Final[Mapping[str, Callable[[], Patch]]] = {
    # The conditional write.
    "writes without the version": _then(writes, "statement_of", bugs.without_version),
    "takes a lost race for done": _then(writes, "_saved", bugs.done_if_lost),
    "takes a refused statement for done": _then(writes, "_saved", lambda _: Saved.DONE),
    "takes a lost race of a single write for done": _then(writes, "_item", bugs.done_if_lost),
    # The ledger and what has left it.
    "ignores the ledger": lambda: (Ledger, "find", lambda *_: None),
    "forgets the segments": lambda: (Folding, "_recalled", lambda _, loaded, __: loaded),
    "spills what is not stored": lambda: (Ledger, "spill", bugs.spill_what_is_not_stored),
    "spills into nothing": lambda: (Segments, "_writes", lambda *_: ()),
    "remembers only the first spill": lambda: (Ledger, "spill", bugs.remember_the_first_spill),
    "writes a segment after it let go of it": lambda: (DynamoStore, "save", bugs.save_and_then_spill),
    "lets segments expire before the last redrive": lambda: (segments, "_SLACK", -53 * DAY),
    "reads segments as they were": _instead(
        Client, "query", lambda real, self, **request: real(self, **{**request, "ConsistentRead": False})
    ),
    # Messages.
    "never hands a subject's messages back": _then(Folding, "fold", _all_went_well),
    "hands back no message": _then(Ingest, "ingest", _all_went_well),
    "gives up soon and calls it done": lambda: (Folding, "fold", bugs.give_up_soon),
    "loses what it refuses": lambda: (SqsDeadLetters, "put", bugs.put_and_forget),
    "forgets the account when a message comes again": lambda: (ingest, "for_account", bugs.account_once()),
    # One person under two ids.
    "leaves events with an id that is another's": lambda: (folding, "_send_on", lambda *_: False),
    "takes a lost merge for done": _then(DynamoStore, "join", bugs.done_if_lost),
    "merges again what is one": lambda: (
        Merging,
        "_chain",
        lambda self, subject: list(self.store.load([subject], consistent=True).values()) or None,
    ),
    # The outbox, decisions and statistics.
    "acknowledges before it sends": lambda: (Publish, "publish", bugs.book_and_then_tell),
    "acknowledges whatever the topic says": lambda: (SnsTopics, "_publish", bugs.take_all_for_sent),
    "tells what may not go": lambda: (Publish, "_may_go", lambda *_: True),
    "tells under a new id each time": lambda: (topics, "cloud_event", bugs.tell_anew()),
    "names a nudge by its time": _instead(decision, "_id", _of_this_time),
    "names an outcome by its time": _instead(advance, "outcome_of", _of_this_time),
    "books without the version": _then(bookings, "update_of", bugs.without_condition),
    "books statistics before it acknowledges": lambda: (bookings, "_transact", bugs.torn(statistics_first=True)),
    "acknowledges before it books statistics": lambda: (bookings, "_transact", bugs.torn(statistics_first=False)),
    "forgets what an outcome takes back": lambda: (publish, "_increments", bugs.undo_nothing),
    # The clock.
    "never arms what waits for the clock": _instead(
        advance, "_earliest", lambda real, due, _, outbox, now: real(due, (), outbox, now)
    ),
    "never looks after an outbox again": _instead(
        advance, "_earliest", lambda real, due, wants, _, now: real(due, wants, (), now)
    ),
    "lets an older catalog disarm a newer one": lambda: (advance, "_unknown_due", lambda *_: None),
    "believes the due index": lambda: (settle, "Tick", lambda until: Tick(until + DAY)),
    "works off two ticks for a subject at once": _then(
        queues, "_tick_entry", lambda entry: {**entry, "MessageGroupId": entry["MessageDeduplicationId"]}
    ),
    "decides with a backlog": lambda: (QueueAge, "until", lambda _, now: now),
    "takes an unknown age for none": _instead(QueueAge, "until", lambda real, self, now: real(self, now) or now),
    "trusts every clock": lambda: (worked_off, "MARGIN", -15 * MINUTE),
    # What becomes of a nudge.
    **bugs_of_decisions.BUGS,
}
"""By what each does."""


@contextmanager
def planted(bug: str | None) -> Iterator[None]:
    """With this bug in the code, or none."""
    if bug is None:
        yield
        return
    with patch.object(*BUGS[bug]()):
        yield
