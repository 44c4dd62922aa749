"""A milestone leaves the catalog while nudges of it wait: what becomes of them is on record under its own name.

What waits is stored under one catalog and read under another, in DynamoDB's notation, by the services themselves.
"""

from collections import Counter
from dataclasses import replace
from typing import Any, Final, cast

import pytest

from milepost.adapters import keys
from milepost.adapters.codec import Attributes, Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.writes import key_of
from milepost.application.decisions import Recorded
from milepost.application.folding import Folding
from milepost.application.merging import Merging
from milepost.application.operate import Operate
from milepost.application.publish import Publish
from milepost.domain.catalog import Catalog
from milepost.domain.event import Alias, Stimulus, Subject, Tick
from milepost.domain.instant import DAY, HOUR, Duration
from milepost.domain.local import Span
from milepost.domain.milestone import Milestone, Step
from milepost.domain.operator import CANCELLED
from milepost_tools.engine import Engine
from milepost_tools.nudges.recorded import DynamoDecisions
from tests.adapters.tables import create_statistics_table, create_table
from tests.domain.build import SUBJECT, T0, catalog, count, milestone, track
from tests.fakes.composer import MemoryComposer
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics

OTHER: Final = "user:device-7"
LATER: Final = Step(("in_app",), "later", after=Span(elapsed=3 * DAY))
STAYS: Final = milestone(count(9), name="stays")
TRIAL: Final = milestone(count(1), name="trial", reached=[LATER])
BEFORE: Final = catalog(STAYS, version=1)
WITH: Final = catalog(STAYS, TRIAL, version=2)
AFTER: Final = catalog(STAYS, version=3)
AGAIN: Final = catalog(STAYS, TRIAL, version=4)
"""The milestone is added, taken out, and put back."""
Line = tuple[str, str, str | None]


class Shop:
    """A table, and the services that work on it, with whichever catalog is deployed at the time."""

    def __init__(self, deployed: Catalog = WITH) -> None:
        self.client = cast("Any", Engine())
        self.tables = create_table(self.client), create_statistics_table(self.client)
        self.deployed, self.topics = deployed, MemoryTopics()

    @property
    def store(self) -> DynamoStore:
        """As a function has it with this catalog."""
        return DynamoStore(self.client, Codec.of(self.deployed), *self.tables, self.deployed.name)

    def buys(self, subject: Subject = SUBJECT, *, at: Duration = 0) -> None:
        """A purchase, and all that is said of it is booked."""
        self._fold(subject, replace(track(f"{subject} {at}", T0 + at), subject=subject), at)

    def ticks(self, subject: Subject = SUBJECT, *, at: Duration) -> None:
        """The clock is folded, and all that is said of it is booked."""
        self._fold(subject, Tick(T0 + at), at)

    def _fold(self, subject: Subject, stimulus: Stimulus, at: Duration) -> None:
        folded = Folding(self.store, self.deployed).fold({subject: [stimulus]}, lambda _: T0 + at, InstantBackoff(9))
        assert (folded.failed, folded.faults) == (frozenset(), ())
        self.publish(subject, at=at)

    def publish(self, *subjects: Subject, at: Duration) -> None:
        """Tell and book what waits in outboxes."""
        publish = Publish(self.store, self.topics, self.deployed, lambda _: T0 + at, MemoryComposer())
        assert publish.publish(subjects, InstantBackoff(9)).unfinished == frozenset()

    def becomes_one(self, *, at: Duration) -> bool:
        """The other turns out to be the user; whether this catalog could say so."""
        alias = Alias(SUBJECT, "alias", 1, 0, T0 + at, T0 + at, OTHER)
        merging = Merging(self.store, self.deployed, lambda _: T0 + at)
        done = not merging.merge([alias], InstantBackoff(9), Counter())
        self.publish(SUBJECT, OTHER, at=at)
        return done

    def cancel(self, nudge: str, *, at: Duration) -> None:
        """What an operator does."""
        decisions = DynamoDecisions(self.client, self.tables[0])
        Operate(self.store, decisions, self.deployed, lambda: T0 + at).cancel(SUBJECT, nudge, InstantBackoff(9))
        self.publish(SUBJECT, at=at)

    def item(self, subject: Subject = SUBJECT) -> Attributes:
        """The aggregate as it is stored."""
        item: Attributes = self.client.get_item(TableName=self.tables[0], Key=key_of(subject))["Item"]
        return item

    def forget_names(self) -> None:
        """The item as a release from before names were kept has it."""
        self.client.update_item(
            TableName=self.tables[0],
            Key=key_of(SUBJECT),
            UpdateExpression="REMOVE #names",
            ExpressionAttributeNames={"#names": keys.WAITING},
        )

    def records(self, subject: Subject = SUBJECT) -> list[Recorded]:
        """Each nudge's last decision, in the order of what they are about."""
        return list(DynamoDecisions(self.client, self.tables[0]).of(subject))

    def record(self, subject: Subject = SUBJECT) -> Recorded:
        """The only one."""
        (found,) = self.records(subject)
        return found


def line(recorded: Recorded) -> Line:
    """What it is of, and what was decided why."""
    return recorded.milestone, recorded.verdict, recorded.reason


def shop_that_waits(subject: Subject = SUBJECT, what: Milestone = TRIAL) -> tuple[Shop, str]:
    """A nudge waits, then its milestone leaves the catalog; the id under which it was deferred."""
    shop = Shop(catalog(STAYS, what, version=WITH.version))
    shop.buys(subject)
    deferred = shop.record(subject)
    assert line(deferred) == ("trial", "deferred", "not_yet")
    shop.deployed = AFTER
    return shop, deferred.id


@pytest.mark.parametrize("subject", [SUBJECT, "account:acct_7"])
def test_a_nudge_that_outlives_its_milestone_is_cancelled_under_its_name_and_the_id_it_had(subject: Subject) -> None:
    """One nudge, one record; of accounts as of users. Whatever is written in between keeps the name."""
    shop, deferred = shop_that_waits(subject, replace(TRIAL, subject=subject.partition(":")[0]))
    shop.buys(subject, at=DAY)
    assert shop.item(subject)[keys.WAITING] == {"S": "trial"}
    shop.ticks(subject, at=3 * DAY)
    assert line(shop.record(subject)) == ("trial", "cancelled", "not_in_catalog")
    assert shop.record(subject).id == deferred


def test_its_name_is_forgotten_with_the_last_nudge_of_it() -> None:
    """It is kept for what waits, and for nothing else."""
    shop, _ = shop_that_waits()
    shop.ticks(at=3 * DAY)
    assert not {keys.PENDING, keys.WAITING} & shop.item().keys()


def test_a_milestone_that_comes_back_in_time_sends_what_waited() -> None:
    """Under the same id, for it is the same nudge."""
    shop, deferred = shop_that_waits()
    shop.ticks(at=DAY)
    shop.deployed = AGAIN
    shop.ticks(at=3 * DAY)
    assert line(shop.record()) == ("trial", "sent", None)
    assert shop.record().id == deferred


def test_an_operator_calls_it_back_by_the_id_it_has() -> None:
    """Which is all that the operator knows of it."""
    shop, deferred = shop_that_waits()
    shop.cancel(deferred, at=DAY)
    assert line(shop.record()) == ("trial", "cancelled", CANCELLED)
    assert shop.record().id == deferred


def test_what_waits_of_it_goes_with_who_becomes_the_user() -> None:
    """Semantics 3.14: it is cancelled for the other, and waits for the user, under its name and one id for each."""
    shop, deferred = shop_that_waits(OTHER)
    assert shop.becomes_one(at=DAY)
    assert line(shop.record(OTHER)) == ("trial", "cancelled", "merged")
    assert shop.record(OTHER).id == deferred
    adopted = shop.record()
    assert line(adopted) == ("trial", "deferred", "merged")
    shop.ticks(at=3 * DAY)
    assert line(shop.record()) == ("trial", "cancelled", "not_in_catalog")
    assert shop.record().id == adopted.id
    assert keys.WAITING not in shop.item(OTHER)


def test_what_the_user_had_of_it_before_does_not_wait_a_second_time() -> None:
    """The user's standing on it is under a hash now, and the nudge under its name: they are of the same milestone."""
    shop = Shop()
    shop.buys()
    shop.ticks(at=3 * DAY)
    shop.buys(OTHER, at=HOUR)
    sent, deferred = shop.record(), shop.record(OTHER)
    shop.deployed = AFTER
    assert shop.becomes_one(at=3 * DAY)
    assert (shop.record(), sent.verdict) == (sent, "sent")
    assert (line(shop.record(OTHER)), shop.record(OTHER).id) == (("trial", "cancelled", "merged"), deferred.id)


def test_an_older_catalog_neither_decides_it_nor_forgets_its_name() -> None:
    """Functions are deployed one after another: what only the newer one knows is the newer one's to decide."""
    shop, deferred = shop_that_waits()
    shop.deployed = BEFORE
    shop.buys(at=DAY)
    shop.ticks(at=4 * DAY)
    assert (line(shop.record()), shop.item()[keys.WAITING]) == (("trial", "deferred", "not_yet"), {"S": "trial"})
    shop.deployed = WITH
    shop.ticks(at=4 * DAY)
    assert (line(shop.record()), shop.record().id) == (("trial", "sent", None), deferred)


def test_an_older_catalog_merges_nobody_for_whom_it_waits() -> None:
    """Although it could name it: what it says and when it may go, only the newer one knows."""
    shop, _ = shop_that_waits(OTHER)
    shop.deployed = BEFORE
    assert not shop.becomes_one(at=DAY)
    assert line(shop.record(OTHER)) == ("trial", "deferred", "not_yet")


def test_what_an_earlier_release_stored_without_a_name_is_on_record_under_the_hash() -> None:
    """As ever: the name is nowhere to be found."""
    shop, deferred = shop_that_waits()
    shop.forget_names()
    shop.ticks(at=3 * DAY)
    cancelled = next(each for each in shop.records() if each.verdict == "cancelled")
    assert cancelled.milestone.startswith("#")
    assert cancelled.id != deferred
