"""What people do as it happens, drawn from a seed: with copies, aliases, and what must be refused among it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from json import dumps, loads
from random import Random
from typing import Any, Final

from milepost_tools.demo.sampling.broken import FORGERIES, Breaker
from milepost_tools.local.connection import to_ministack
from milepost_tools.local.sending import Parcel, batches, send_batch
from milepost_tools.prove.checker.clock import WITHIN
from milepost_tools.prove.checker.evidence import Sent
from milepost_tools.prove.checker.plan import DAY

COPIES: Final = 0.05
POISON: Final = 0.01
QUIET: Final = "q"
"""How ids of those begin who were here on earlier days, so that their silence is noticed in the run; the rest came
today, and their deadlines pass while it runs."""
SECOND: Final = 1_000_000
_BURST: Final = 40
"""Doings at once, as many as the workers take together, so that they meet."""
_RECENT: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BREAKERS: Final[tuple[Breaker, ...]] = (
    *FORGERIES.values(),
    lambda body: dumps(body).replace('"amount": ', '"amount": ' + "7" * 5_000),
    lambda body: dumps(body).replace('"amount": ', f'"depth": {"[" * 200 + "]" * 200}, "amount": '),
    lambda body: dumps({**body, "messageId": "m" * 2_049}),
    lambda body: dumps({**body, "properties": {"amount": float("-inf")}}),
)


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes: messages a second, about how many people, seconds between kills, workers, and what is drawn."""

    seconds: float
    rate: float = 20
    people: int = 400
    interval: float = 8
    workers: int = 4
    seed: int = 1

    @property
    def ahead(self) -> int:
        """Seconds from now, at most, in which deadlines pass and silences are noticed."""
        return max(5, min(60, int(self.seconds / 4)))


@dataclass(slots=True)
class Producer:
    """Sends to a queue. `log` is what was meant, `copies` how often something was sent again, `aliases` who is who."""

    endpoint: str
    url: str
    course: Course
    log: list[Sent] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    copies: int = 0
    _known: set[str] = field(default_factory=set)

    def run(self) -> "Producer":
        """Send everything; itself, with its log."""
        sqs, draw = to_ministack(self.endpoint).sqs, Random(self.course.seed)  # noqa: S311  # nosec B311  # Nothing secret.
        begin = time.monotonic()
        while (passed := time.monotonic() - begin) < self.course.seconds:
            meant = [each for _ in range(_BURST) for each in self._next(draw, passed / self.course.seconds)]
            copied = [draw.choice(self.log[-_RECENT:] or meant) for _ in meant if draw.random() < COPIES]
            self.log += meant
            self.copies += len(copied)
            for batch in batches(Parcel(each.message_id, each.body) for each in (*meant, *copied)):
                if unsent := send_batch(sqs, self.url, batch):
                    raise RuntimeError(unsent[0].reason)
            time.sleep(max(0.0, begin + len(self.log) / self.course.rate - time.monotonic()))
        return self

    def _next(self, draw: Random, share: float) -> Iterator[Sent]:
        """What somebody does next; more and more people are there to do it."""
        who = draw.randrange(1 + int(self.course.people * share))
        quiet, linked = who % 2 == 1, who % 8 == 1
        person, now = f"{QUIET if quiet else 'p'}{who}", time.time_ns() // 1000
        ahead = draw.randrange(self.course.ahead * SECOND)
        if person not in self._known:
            self._known.add(person)
            yield self._track(draw, person, "signed_up", now - (12 * DAY if quiet else WITHIN - ahead), now)
        if linked and draw.random() < 0.2:  # noqa: PLR2004  # The same is said again and again.
            yield self._alias(draw, person, now)
        if linked and draw.random() < 0.5:  # noqa: PLR2004  # Heads or tails.
            person += "-device"
        past = DAY - ahead + draw.randrange(9 * DAY) if quiet else draw.randrange(WITHIN)
        sent = self._track(draw, person, draw.choice(("worked", "worked", "paid", "noted")), now - past, now)
        yield self._broken(draw, sent) if draw.random() < POISON else sent

    def _track(self, draw: Random, person: str, name: str, instant: int, now: int) -> Sent:
        instant, amount = instant - instant % SECOND, draw.randrange(5, 90)
        account = f"a{draw.randrange(9)}" if draw.random() < 0.1 else None  # noqa: PLR2004  # Few are at work.
        body = self._body(draw, "track", person, instant) | {"event": name, "properties": {"amount": amount}}
        body |= {"context": {"groupId": account}} if account else {}
        sent = Sent(f"user:{person}", body["messageId"], name, instant, now, dumps(body), valid=True)
        sent.amount, sent.account = amount if name == "paid" else 0, f"account:{account}" if account else None
        return sent

    @staticmethod
    def _broken(draw: Random, sent: Sent) -> Sent:
        sent.body, sent.valid = draw.choice(_BREAKERS)(loads(sent.body)), False
        return sent

    def _alias(self, draw: Random, person: str, now: int) -> Sent:
        self.aliases[f"user:{person}-device"] = f"user:{person}"
        body = self._body(draw, "alias", person, now - now % SECOND) | {"previousId": f"{person}-device"}
        return Sent(f"user:{person}", body["messageId"], None, now, now, dumps(body), valid=True)

    @staticmethod
    def _body(draw: Random, kind: str, person: str, instant: int) -> dict[str, Any]:
        timestamp = (_EPOCH + timedelta(microseconds=instant)).isoformat()
        return {"type": kind, "messageId": f"{draw.getrandbits(64):x}", "userId": person, "timestamp": timestamp}
