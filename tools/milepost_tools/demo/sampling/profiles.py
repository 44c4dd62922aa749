"""What the customers have told the shop about themselves: their traits, and when they said so."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, TypeAlias

from milepost_tools.demo.sampling import draw
from milepost_tools.demo.sampling.cdnow import Message, message

Traits: TypeAlias = dict[str, object]

EMAIL: Final = Fraction(80, 100)
"""Share of the customers who say yes to email. Half of the others say no, the rest say nothing."""
PUSH: Final = Fraction(20, 100)
"""Share of the customers who say yes to push messages; nobody else is asked."""
SMS: Final = Fraction(30, 100)
"""Share of the customers who say yes to texts; nobody else is asked."""
ZONES: Final = ("America/New_York", "America/Los_Angeles", None)
"""Where they live, each as likely as the others; whoever does not say is taken for a New Yorker by the catalog."""
WAITING: Final = Fraction(2, 100)
"""Share of the customers who have a support case open, which is closed `CLOSED` days later."""
CLOSED: Final = 60
GONE: Final = Fraction(5, 100)
"""Share of those who have said yes to email that take it back, after `GONE_AFTER` days."""
GONE_AFTER: Final = (20, 120)
_FIRST: Final = datetime.fromisoformat("1996-12-31T09:00:00-05:00")
_APART: Final = timedelta(seconds=1)


def traits(customers: Sequence[str]) -> dict[str, Traits]:
    """The traits of each customer; half of those who say nothing about email are not in it at all."""
    order = draw.shuffled("email", customers)
    yes = round(len(order) * EMAIL)
    no = yes + (len(order) - yes) // 2
    unheard = frozenset(order[no + (len(order) - no) // 2 :])
    agreed = dict.fromkeys(order[:yes], True) | dict.fromkeys(order[yes:no], False)
    shares = {"push_opt_in": PUSH, "sms_opt_in": SMS}
    opted = {name: draw.share(name, customers, share) for name, share in shares.items()}
    waiting = draw.share("waiting", customers, WAITING)
    return {
        each: {
            **_profile(each, agreed),
            **{name: True for name, willing in opted.items() if each in willing},
            **({"support_case": "open"} if each in waiting else {}),
        }
        for each in customers
        if each not in unheard
    }


def _profile(customer: str, email: Mapping[str, bool]) -> Traits:
    plan = ("basic", "basic", "plus")[draw.between("plan", customer, 0, 2)]
    source = ("search", "banner", "friend", "radio")[draw.between("source", customer, 0, 3)]
    zone = ZONES[draw.between("zone", customer, 0, len(ZONES) - 1)]
    answered: Traits = {"email_opt_in": email[customer]} if customer in email else {}
    return {"plan": plan, "source": source, **answered, **({} if zone is None else {"timezone": zone})}


def identifies(profiles: Mapping[str, Traits]) -> list[Message]:
    """One `identify` for each profile, before the first purchase of all, and one for whatever changes later."""
    first = [_identify(each, "profile", said, _FIRST + n * _APART) for n, (each, said) in enumerate(profiles.items())]
    closed = [each for each, said in profiles.items() if "support_case" in said]
    gone = draw.share("gone", (each for each, said in profiles.items() if said.get("email_opt_in") is True), GONE)
    later = [_identify(each, "closed", {"support_case": "closed"}, _FIRST + timedelta(CLOSED)) for each in closed]
    left = [_identify(each, "gone", {"email_opt_in": False}, _leaves(each)) for each in sorted(gone)]
    return [*first, *later, *left]


def _leaves(customer: str) -> datetime:
    return _FIRST + timedelta(draw.between("gone after", customer, *GONE_AFTER))


def _identify(customer: str, what: str, traits: Traits, said: datetime) -> Message:
    return message(
        {
            "type": "identify",
            "messageId": f"{what}-{customer}",
            "userId": customer,
            "timestamp": said.isoformat(),
            "traits": traits,
        }
    )
