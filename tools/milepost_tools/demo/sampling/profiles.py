"""What the customers have told the shop about themselves: their traits, and when they said so."""

from collections.abc import Collection, Mapping, Sequence
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
_FIRST: Final = datetime.fromisoformat("1996-12-31T09:00:00-05:00")
_APART: Final = timedelta(seconds=10)


def traits(customers: Sequence[str]) -> dict[str, Traits]:
    """The traits of each customer; half of those who say nothing about email are not in it at all."""
    order = draw.shuffled("email", customers)
    yes = round(len(order) * EMAIL)
    no = yes + (len(order) - yes) // 2
    unheard = frozenset(order[no + (len(order) - no) // 2 :])
    agreed = dict.fromkeys(order[:yes], True) | dict.fromkeys(order[yes:no], False)
    push = draw.share("push", customers, PUSH)
    return {each: _profile(each, agreed, push) for each in customers if each not in unheard}


def _profile(customer: str, email: Mapping[str, bool], push: Collection[str]) -> Traits:
    plan = ("basic", "basic", "plus")[draw.between("plan", customer, 0, 2)]
    source = ("search", "banner", "friend", "radio")[draw.between("source", customer, 0, 3)]
    answered: Traits = {"email_opt_in": email[customer]} if customer in email else {}
    agreed: Traits = {"push_opt_in": True} if customer in push else {}
    return {"plan": plan, "source": source, **answered, **agreed}


def identifies(profiles: Mapping[str, Traits]) -> list[Message]:
    """One `identify` message for each profile, on the day before the first purchase of all."""
    return [_identify(each, traits, _FIRST + place * _APART) for place, (each, traits) in enumerate(profiles.items())]


def _identify(customer: str, traits: Traits, said: datetime) -> Message:
    return message(
        {
            "type": "identify",
            "messageId": f"profile-{customer}",
            "userId": customer,
            "timestamp": said.isoformat(),
            "traits": traits,
        }
    )
