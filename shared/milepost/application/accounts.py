"""What an event of a user means for the user's account: it counts for both (semantics, section 1)."""

from dataclasses import replace
from hashlib import blake2b

from milepost.domain.catalog import ACCOUNT
from milepost.domain.event import Identify, Message, Track
from milepost.domain.ledger import mark_of
from milepost.domain.progress import Progress


def for_account(event: Message, user: Progress) -> Track | Identify | None:
    """The event as the account's own, or None if it concerns none; `user` has counted it, whoever sent it.

    The account is the one that the event's context named, or that the user belonged to when it happened, the first
    time that the event came: whatever a copy says and whatever has become known since, it goes to the same account,
    which may not have been written that first time.
    """
    entry = user.ledger.find(event)
    if entry is None or not entry.account or isinstance(event, Identify):
        return None
    known = (*((event.account,) if event.account else ()), *(each.account for each in user.memberships))
    account = next((each for each in known if mark_of(each) == entry.account), None)
    if account is None:
        return None
    subject, key = f"{ACCOUNT}{account}", _key(event)
    if isinstance(event, Track):
        return replace(event, subject=subject, key=key, user=user.subject)
    common = (subject, event.message_id, key, event.body, event.instant, event.arrived)
    return Identify(*common, event.traits, dated=event.dated)


def _key(event: Message) -> int:
    """64 bits of user and messageId: two users of an account may well use the same messageId."""
    own = f"{event.subject}\n{event.message_id}"
    return int.from_bytes(blake2b(own.encode(), digest_size=8).digest(), "big")
