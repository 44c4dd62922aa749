"""Messages that must be turned away, each broken in a way of its own.

Whoever accepts one all the same is found out by the answers. A *forgery* tells of an order that would take
its customer past several milestones, or of a consent that was never given. A *first try* carries the
messageId of a real purchase that follows, mended: it must not be remembered as if it had been counted.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from milepost_tools.demo.sampling import draw
from milepost_tools.demo.sampling.cdnow import Body, Message
from milepost_tools.demo.sampling.delivery import Delivery
from milepost_tools.demo.sampling.profiles import Traits

Breaker: TypeAlias = Callable[[Body], str]
"""Takes a usable body, `receivedAt` included, and gives one line of text."""
AMOUNT: Final = 999.75


class Line(NamedTuple):
    """One line of the log, and the clock at which it is sent."""

    received: datetime
    text: str


def _with(**changed: object) -> Breaker:
    return lambda body: json.dumps({**body, **changed})


def _without(name: str) -> Breaker:
    return lambda body: json.dumps({key: value for key, value in body.items() if key != name})


def _moved(by: timedelta) -> Breaker:
    def moved(body: Body) -> str:
        timestamp = datetime.fromisoformat(str(body["timestamp"])) + by
        return json.dumps({**body, "timestamp": timestamp.isoformat()})

    return moved


def _buying(amount: object) -> Breaker:
    return lambda body: json.dumps({**body, "properties": {"amount": amount, "cds": 1}})


FORGERIES: Final[Mapping[str, Breaker]] = {
    "cut short, so not JSON": lambda body: json.dumps(body)[:-20],
    "a list, not an object": lambda body: json.dumps([body]),
    "no userId": _without("userId"),
    "an empty userId": _with(userId=""),
    "a userId that is true": _with(userId=True),
    "a userId with a lone surrogate": lambda body: json.dumps({**body, "userId": f"{body['userId']}\ud800"}),
    "a userId of 257 bytes in 129 characters": _with(userId="é" * 128 + "x"),
    "no messageId": _without("messageId"),
    "a type that there is not": _with(type="trakc"),
    "no event name": _without("event"),
    "properties that are a list": _with(properties=[AMOUNT]),
    "an amount that is NaN": _buying(float("nan")),
    "an amount of 39 digits": _buying(10**38 + 1),
    "an amount given twice": lambda body: json.dumps(body).replace('"amount"', '"amount": 1, "amount"'),
    "a timestamp that is a number": lambda body: json.dumps({**body, "timestamp": 883612800}),
    "a timestamp in the future": _moved(timedelta(days=30)),
    "a timestamp beyond max_age": _moved(timedelta(days=-36)),
}
FIRST_TRIES: Final[Mapping[str, Breaker]] = {
    "a timestamp without an offset": lambda body: json.dumps({**body, "timestamp": str(body["timestamp"])[:-6]}),
    "a date that does not exist": _with(timestamp="1997-02-30T00:00:00-05:00"),
}
CONSENT: Final = "a consent given twice, differently"
KINDS: Final = (*FORGERIES, *FIRST_TRIES, CONSENT)


def with_broken(log: Sequence[Delivery], profiles: Mapping[str, Traits]) -> list[Line]:
    """The log as lines of text, with one line of each kind in its middle."""
    before: dict[int, list[str]] = {}
    for place, text in [*_forgeries(log), *_first_tries(log), _forged_consent(log, profiles)]:
        before.setdefault(place, []).append(text)
    result: list[Line] = []
    for place, each in enumerate(log):
        result += [Line(each.received, text) for text in before.get(place, [])]
        result.append(Line(each.received, json.dumps(_received(each.message.body, each.received))))
    return result


def _received(body: Body, when: datetime) -> Body:
    return {**body, "receivedAt": when.isoformat()}


def _purchases_of(log: Sequence[Delivery]) -> dict[str, list[int]]:
    """By customer, where in the log the purchases are, resends left out."""
    found: dict[str, list[int]] = {}
    for place, each in enumerate(log):
        if each.message.body["type"] == "track" and not each.again:
            found.setdefault(each.message.user, []).append(place)
    return found


def _forgeries(log: Sequence[Delivery]) -> list[tuple[int, str]]:
    """Orders that never were, of customers for whom one more would be the third."""
    bought_twice = [user for user, places in _purchases_of(log).items() if len(places) == 2]  # noqa: PLR2004  # See above.
    users = draw.shuffled("forged", bought_twice)
    return [
        (_middle(log, place, len(FORGERIES)), _forged(log, users[place], breaker, place))
        for place, breaker in enumerate(FORGERIES.values())
    ]


def _middle(log: Sequence[Delivery], place: int, of: int) -> int:
    return len(log) * (of + 2 * place) // (4 * of)


def _forged(log: Sequence[Delivery], user: str, breaker: Breaker, place: int) -> str:
    when = log[_middle(log, place, len(FORGERIES))].received
    body: Body = {
        "type": "track",
        "messageId": f"broken-{place + 1:02}",
        "userId": user,
        "event": "purchase",
        "timestamp": when.isoformat(),
        "properties": {"amount": AMOUNT, "cds": 1},
    }
    return breaker(_received(body, when))


def _first_tries(log: Sequence[Delivery]) -> list[tuple[int, str]]:
    """First tries at the only purchase of a customer, right before the real one."""
    only = {user: places[0] for user, places in _purchases_of(log).items() if len(places) == 1}
    chosen = [only[user] for user in draw.shuffled("first try", only) if _on_time(log[only[user]])]
    return [
        (place, breaker(_received(log[place].message.body, log[place].received)))
        for place, breaker in zip(chosen, FIRST_TRIES.values(), strict=False)
    ]


def _on_time(each: Delivery) -> bool:
    return each.received == each.message.instant


def _forged_consent(log: Sequence[Delivery], profiles: Mapping[str, Traits]) -> tuple[int, str]:
    """A yes to email by somebody who has said no, before any outcome of theirs could be told by email."""
    buyers = _purchases_of(log)
    unwilling = [user for user, traits in profiles.items() if traits.get("email_opt_in") is False]
    user = draw.shuffled("forged consent", (each for each in unwilling if len(buyers[each]) >= 3))[0]  # noqa: PLR2004  # The third is told by email.
    place = buyers[user][0]
    body: Body = {
        "type": "identify",
        "messageId": "broken-consent",
        "userId": user,
        "timestamp": log[place].received.isoformat(),
        "traits": {"email_opt_in": True},
    }
    text = json.dumps(_received(body, log[place].received))
    return place, text.replace('"email_opt_in"', '"email_opt_in": false, "email_opt_in"')


def unbroken(log: Sequence[Delivery]) -> list[Message]:
    """The messages that count, in the order of their first delivery."""
    return [each.message for each in log if not each.again]
