"""An operator who erases a person while their events are on the way, until nothing is left of them."""

from collections import Counter
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from milepost.adapters import keys
from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_estate import DynamoEstate, ThrottledError
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.erasing import LONGEST_AT_WORK, Erase, NotErasedError
from milepost.domain.instant import MINUTE, SECOND, Instant
from milepost_tools.prove.checker.evidence import Erased, Told
from milepost_tools.prove.dynamodb import DynamoDb
from milepost_tools.prove.faults import CrashError
from milepost_tools.prove.functions import catalogs
from milepost_tools.prove.machine import Machine, World
from milepost_tools.prove.recorded import TABLE
from milepost_tools.prove.workload import LEAVER

_PATIENCE = 60.0
"""Seconds for the next attempt, as with the command."""


class Operator:
    """Erases the one who leaves, and does it again for as long as anything remains."""

    def __init__(self, world: World) -> None:
        self.machine = Machine("operator", world, 0, ends=2**62)
        client: Any = DynamoDb(self.machine, world.engine)
        codec = Codec.of(catalogs()[1])
        self._wait = lambda seconds: self.machine.pause(round(seconds * SECOND))
        estate = DynamoEstate(client, TABLE, codec, self._wait)
        self._erase = Erase(DynamoStore(client, codec, TABLE), estate)
        self.buried: Instant | None = None
        self.is_done = False

    def begin(self) -> None:
        """Start now; whatever fails is done again a minute later."""
        self.machine.world.kernel.start(self._run)

    def _run(self) -> None:
        while not self.is_done:
            try:
                self.is_done = self._erased()
            except (CrashError, NotErasedError, ThrottledError, ClientError, ReadTimeoutError):
                self.machine.world.note(self.machine.name, "begins again")
                self.machine.pause(MINUTE)
        self.machine.world.faults.count["erased"] += 1

    def _erased(self) -> bool:
        """Whether nothing remains; as `milepost erase` goes about it."""
        backoff = JitteredBackoff(lambda: _PATIENCE, self._wait)
        graves = self._erase.bury(LEAVER, self.machine.now(), backoff)
        if self.buried is None:
            self.buried = self.machine.world.kernel.now
        self._erase.clear(graves)
        self.machine.pause(LONGEST_AT_WORK)
        self._erase.clear(graves)
        return not self._erase.remains(graves)

    def evidence(self) -> Erased:
        """What the judge gets to see of it."""
        world, codec = self.machine.world, Codec.of(catalogs()[1])
        left = []
        for item in world.engine.items(TABLE):
            if item["pk"]["S"] == LEAVER:
                sort = item["sk"]["S"]
                is_tombstone = sort == keys.AGGREGATE and codec.decode(LEAVER, item).is_tombstone
                left += [] if is_tombstone else [sort]
        told = [each for each in world.told if is_about_leaver(each)]
        return Erased(LEAVER, self.buried if self.is_done else None, told, left, self._may_count(told))

    def _may_count(self, told: list[Told]) -> Counter[tuple[str, str]]:
        outcomes = {each.event["id"]: each.event["data"] for each in told if each.topic == "outcomes"}
        counted = Counter((data["milestone"], data["outcome"]) for data in outcomes.values())
        for who, item in self.machine.world.engine.booked():
            if who == LEAVER:
                counted[item["milestone"]["S"], f"{item['verdict']['S']}.{item['channel']['S']}"] += 1
        return counted + Counter({("*", "members"): 1})


def is_about_leaver(told: Told) -> bool:
    """Whether it is about the one who leaves."""
    return bool(told.event["data"]["subject"] == LEAVER)
