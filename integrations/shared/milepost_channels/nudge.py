"""A nudge as a subscriber gets it, and why one may be refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any, Final

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What an id is made of here: it becomes a header's and a tag's value, where a full stop or a line feed would hurt."""
_NUDGE: Final = "milepost.nudge.v1"


class Reason(StrEnum):
    """Why a message went to the dead-letter queue; nothing of the message is ever part of a reason."""

    UNREADABLE = "unreadable"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    NO_CONTENT = "no_content"
    NOT_A_USER = "not_a_user"
    REFUSED = "refused_by_vendor"
    AMBIGUOUS = "ambiguous"


class RefusedError(Exception):
    """This message can never be sent; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Nudge:
    """One CloudEvent of type `milepost.nudge.v1`; `subject` is `user:u_42` or `account:acct_7`."""

    id: str
    subject: str
    event: Mapping[str, Any]

    @property
    def data(self) -> Mapping[str, Any]:
        """The nudge's facts and content, as the contract has them."""
        data: Mapping[str, Any] = self.event["data"]
        return data

    @property
    def channel(self) -> str:
        """The channel whose topic it came over, such as `email`."""
        return str(self.data["channel"])

    @property
    def decided_at(self) -> float:
        """When Milepost decided on it, in seconds since 1970."""
        return datetime.fromisoformat(self.event["time"]).timestamp()


def read_nudge(body: str) -> Nudge:
    """The nudge in a message's body; raises `RefusedError` where there is none."""
    try:
        event = loads(body)
        id_, subject = event["id"], event["subject"]
        readable = event["type"] == _NUDGE and isinstance(event["data"]["channel"], str) and isinstance(id_, str)
        readable &= datetime.fromisoformat(event["time"]).tzinfo is not None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RefusedError(Reason.UNREADABLE) from None
    if not (readable and _ID.fullmatch(id_) and isinstance(subject, str) and is_subject(subject)):
        raise RefusedError(Reason.UNREADABLE)
    return Nudge(id_, subject, event)


def is_subject(text: str) -> bool:
    """Whether it names a user or an account."""
    kind, _, id_ = text.partition(":")
    return kind in {"user", "account"} and bool(id_)
