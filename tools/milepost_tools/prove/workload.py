"""What people do in a seed: a few of them, some tens of events, among them copies, late ones, aliases and rubbish."""

from collections.abc import Mapping
from datetime import UTC, datetime
from json import dumps
from random import Random
from typing import Final, TypeAlias

from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant, format_instant
from milepost_tools.prove.checker.evidence import Sent

BEGIN: Final[Instant] = int(datetime(2026, 11, 2, 7, tzinfo=UTC).timestamp()) * SECOND
STRETCH: Final[Duration] = 4 * MINUTE
"""How long something goes on, between hours and days in which nothing does."""
_PEOPLE: Final = (3, 6)
_RUBBISH: Final = ("not json", '{"type": "track"}', '{"a": 1, "a": 2}', "[1, NaN]", '{"batch": [{"type": "x"}, 7]}')
_COPIES: Final = 0.25
_LATE: Final = 0.25
_OLD: Final = 0.03
_IN_TIME: Final = 0.4
_HEARD_LATER: Final = (2 * HOUR, 3 * HOUR, DAY)
"""By then the deadline has passed: it is two hours."""
_WITHDRAWS: Final = 0.12
_COMPLAINS: Final = 0.06
LEAVER: Final = "user:gone"
"""Who is erased, if anybody is."""
ZONES: Final = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago")

Sends: TypeAlias = list[tuple[Instant, Sent]]
"""What is sent when; a copy is the same object again."""
Who: TypeAlias = tuple[str, str]
"""A person, and the time zone of their wall clock."""


class Workload:
    """Who there is and what was meant so far; each stretch adds to it."""

    def __init__(self, draw: Random, *, hot: bool, people: int | None = None) -> None:
        """`hot`: one person does nearly everything. `people`: so many, and not as many as are drawn."""
        self._draw = draw
        self.sent: list[Sent] = []
        self.aliases: dict[str, str] = {}
        self.people = [f"u{number}" for number in range(people or draw.randrange(*_PEOPLE))]
        self._zones = {person: draw.choice(ZONES) for person in self.people}
        self._zones["d0"] = self._zones["u0"]
        self._agreed: list[str] = []
        self._busy = [*self.people, *["u0"] * 40 * hot]
        self._new = [*self.people]
        self._alias_comes = draw.random() < 0.7  # noqa: PLR2004  # Most seeds.
        if self._alias_comes:
            self.aliases["user:d0"] = "user:u0"
            self._busy += ["d0", "d0"]  # Enough events for its ledger to spill before it is somebody else's.

    def stretch(self, begin: Instant, events: int, *, last: bool = False) -> Sends:
        """Some minutes in which so many events happen, and copies of them from then on; `last` of those planned."""
        draw = self._draw
        meant = self._changes(begin)
        for person in self._new if last else [each for each in self._new if draw.random() < 0.6]:  # noqa: PLR2004  # Most.
            self._new.remove(person)
            signed_up = _track(draw, _instant(draw, begin), self._who(person), "signed_up")
            meant += [signed_up, *self._first_steps(person, signed_up[0])]
            if draw.random() < 0.7:  # noqa: PLR2004  # Most want to hear of it.
                self._agreed.append(person)
                meant.append(_identify(_instant(draw, begin), person, {"email_opt_in": True}))
        if self._alias_comes and (last or draw.random() < 0.3):  # noqa: PLR2004  # The device has some time for itself.
            self._alias_comes = False
            meant += [_alias(_instant(draw, begin), "u0") for _ in range(2)]
        meant += [_any(draw, _instant(draw, begin), self._who(draw.choice(self._busy))) for _ in range(events)]
        self.sent += [each for _, each in meant]
        waits = (SECOND, MINUTE, HOUR, DAY, 12 * DAY)
        copies = [(when + draw.choice(waits), each) for when, each in meant if draw.random() < _COPIES]
        return sorted([*meant, *copies], key=lambda send: (send[0], send[1].body))

    def leaver(self, begin: Instant) -> Sends:
        """What the one who leaves has done: told at once, again, late and much later, but all of it before."""
        draw, who = self._draw, (LEAVER.removeprefix("user:"), self._zones["u0"])
        names = ("signed_up", *draw.choices(("worked", "worked", "paid"), k=draw.randrange(3, 9)))
        meant = [_track(draw, _instant(draw, begin), who, name) for name in names]
        meant.append(_identify(_instant(draw, begin), who[0], {"email_opt_in": True}))
        waits = (0, SECOND, MINUTE, 2 * MINUTE, HOUR, DAY, 5 * DAY, 12 * DAY)
        return [(when + draw.choice(waits), each) for when, each in meant for _ in range(draw.randrange(1, 4))]

    def come_back(self) -> None:
        """Have the one who left begin anew, like anybody else."""
        person = LEAVER.removeprefix("user:")
        self._zones[person] = self._zones["u0"]
        self.people.append(person)
        self._new.append(person)
        self._busy += [person, person]

    def _first_steps(self, person: str, signed_up: Instant) -> Sends:
        """Some do in time what the deadline asks for; of some it is heard only when they are said to have missed it."""
        draw = self._draw
        if draw.random() >= _IN_TIME:
            return []
        is_late = draw.random() < 0.5  # noqa: PLR2004  # Heads or tails.
        instants = [signed_up + draw.choice((MINUTE, HOUR)) + draw.randrange(HOUR) for _ in range(2)]
        steps = [_track(draw, instant, self._who(person), "worked")[1] for instant in instants]
        for step in steps:
            step.sent += draw.choice(_HEARD_LATER) * is_late
        return [(step.sent, step) for step in steps]

    def _who(self, person: str) -> Who:
        return person, self._zones[person]

    def _changes(self, begin: Instant) -> Sends:
        """Some withdraw their consent for good, or open a support case, long after they came."""
        draw = self._draw
        meant: Sends = []
        for person in [each for each in self.people if each not in self._new]:
            if person in self._agreed and draw.random() < _WITHDRAWS:
                self._agreed.remove(person)
                meant.append(_identify(_instant(draw, begin) + MINUTE, person, {"email_opt_in": False}))
            if draw.random() < _COMPLAINS:
                meant.append(_identify(_instant(draw, begin) + MINUTE, person, {"support_case": "open"}))
        return meant


def _instant(draw: Random, begin: Instant) -> Instant:
    """In a stretch's crowded moment, mostly, so that workers meet."""
    return begin + draw.choice((0, 0, 0, MINUTE)) + draw.randrange(2 * SECOND)


def _any(draw: Random, when: Instant, person: Who) -> tuple[Instant, Sent]:
    if draw.random() < 0.06:  # noqa: PLR2004  # Rubbish.
        body = draw.choice(_RUBBISH)[:-1] + " " * draw.randrange(50)
        return when, Sent("", "", None, None, when, body, valid=False)
    if draw.random() < _OLD:
        sent = _track(draw, when - 40 * DAY, person, "worked")[1]
        sent.sent, sent.valid = when, False
        return when, sent
    name = draw.choice(("worked", "worked", "worked", "paid", "noted"))
    if name == "noted" and draw.random() < 0.5:  # noqa: PLR2004  # Heads or tails.
        return _track(draw, when, person, name, dated=False)
    late = draw.randrange(draw.choice((5 * HOUR, 3 * DAY))) if draw.random() < _LATE else draw.randrange(2 * MINUTE)
    _, sent = _track(draw, when - late, person, name)
    sent.sent = when
    return when, sent


def _track(draw: Random, instant: Instant, who: Who, name: str, *, dated: bool = True) -> tuple[Instant, Sent]:
    instant -= instant % SECOND
    person, zone = who
    amount = draw.randrange(5, 90) if name == "paid" else 0
    at_work = draw.random() < 0.4 and f"user:{person}" != LEAVER  # noqa: PLR2004  # Less than half of them.
    account = "acme" if at_work else None
    body = {
        "type": "track",
        "messageId": f"{draw.getrandbits(48):012x}",
        "userId": person,
        "event": name,
        **({"timestamp": format_instant(instant)} if dated else {}),
        "properties": {"amount": amount} if amount else {},
        "context": {"timezone": zone} | ({"groupId": account} if account else {}),
    }
    key, whose = str(body["messageId"]), f"account:{account}" if account else None
    seen = instant if dated else None
    sent = Sent(f"user:{person}", key, name, seen, instant, dumps(body), valid=True, amount=amount, account=whose)
    sent.zone = zone
    return instant, sent


def _identify(when: Instant, person: str, traits: Mapping[str, object]) -> tuple[Instant, Sent]:
    key = f"i-{person}-{when}"
    body = {
        "type": "identify",
        "messageId": key,
        "userId": person,
        "timestamp": format_instant(when - when % SECOND),
        "traits": traits,
    }
    agrees = traits.get("email_opt_in") is True
    return when, Sent(f"user:{person}", key, None, when, when, dumps(body), valid=True, consent=agrees)


def _alias(when: Instant, person: str) -> tuple[Instant, Sent]:
    body = {
        "type": "alias",
        "messageId": f"a-{when}",
        "userId": person,
        "previousId": "d0",
        "timestamp": format_instant(when - when % SECOND),
    }
    return when, Sent(f"user:{person}", f"a-{when}", None, when, when, dumps(body), valid=True)
