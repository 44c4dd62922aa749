"""An operator who erases a person while their events are on the way, until nothing is left; some then begin anew."""

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
from milepost_tools.prove.checker.evidence import Erased, Sent
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
        self.came_back: Instant | None = None
        self._until, self._left = 0, list[str]()

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
        self._until = max(grave.erased for grave in graves)
        if self.buried is None:
            self.buried = self.machine.world.kernel.now
        self._erase.clear(graves)
        self.machine.pause(LONGEST_AT_WORK)
        self._erase.clear(graves)
        return not self._erase.remains(graves)

    @property
    def leaves_room(self) -> bool:
        """Whether who was erased can begin anew: whatever happens from now on is not forgotten."""
        return self.is_done and self.came_back is None and self.machine.world.kernel.now > self._until

    def let_come_back(self) -> None:
        """From now on they are somebody like anybody else; what is left of before is looked for now."""
        self._left = self._remaining()
        self.came_back = self.machine.world.kernel.now

    def is_of_before(self, subject: str, when: Instant) -> bool:
        """Whether what was told or written then of a subject is of a life that was erased."""
        return subject == LEAVER and (self.came_back is None or when < self.came_back)

    def forgets(self, sent: Sent) -> bool:
        """Whether a message is of what happened before, however late it is sent."""
        return sent.subject == LEAVER and sent.valid and sent.instant is not None and sent.instant <= self._until

    def evidence(self) -> Erased:
        """What the judge gets to see of it."""
        told = [each for each in self.machine.world.told if self.is_of_before(each.event["data"]["subject"], each.when)]
        outcomes = {each.event["id"]: each.event["data"] for each in told if each.topic == "outcomes"}
        counted = Counter((data["milestone"], data["outcome"]) for data in outcomes.values())
        for when, who, item in self.machine.world.engine.booked():
            if self.is_of_before(who, when):
                counted[item["milestone"]["S"], f"{item['verdict']['S']}.{item['channel']['S']}"] += 1
        left = self._remaining() if self.came_back is None else self._left
        buried = self.buried if self.is_done else None
        return Erased(LEAVER, buried, told, left, counted + Counter({("*", "members"): 1}))

    def _remaining(self) -> list[str]:
        """What is stored of them beside a tombstone, by its sort key."""
        codec = Codec.of(catalogs()[1])
        items = [each for each in self.machine.world.engine.items(TABLE) if each["pk"]["S"] == LEAVER]
        return [
            each["sk"]["S"]
            for each in items
            if each["sk"]["S"] != keys.AGGREGATE or not codec.decode(LEAVER, each).is_tombstone
        ]
