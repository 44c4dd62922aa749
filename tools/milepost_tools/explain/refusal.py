"""Whose the refused messages of a line are: they are no events, so only a look at what they say of it can tell."""

from collections.abc import Mapping, Sequence
from typing import Final
from unicodedata import normalize

from milepost.application.envelope import unwrap
from milepost.application.strict_json import UnreadableError, read_json
from milepost.domain.catalog import ACCOUNT, USER
from milepost.domain.event import Subject

_ELSEWHERE: Final = "with others of its batch: only the first few reasons of a line are given."


def is_nobodys(body: str) -> bool:
    """Whether nobody can tell whose it is, because it cannot be read."""
    try:
        read_json(body)
    except UnreadableError:
        return True
    return False


def reasons_against(subject: Subject, body: str, reasons: Sequence[str], accepted: int) -> list[str]:
    """Of the reasons against a line those against messages of this subject, of whom so many were accepted."""
    if not reasons or is_nobodys(body):
        return []
    messages = list(unwrap(read_json(body)))
    own = [place for place, message in enumerate(messages) if _is_of(subject, message)]
    if len(messages) == 1:
        return [*reasons] if own else []
    given = {place: reason for place in own for reason in reasons if reason.startswith(_place(place))}
    unnamed = len(own) - accepted - len(given)
    return [reason.removeprefix(_place(place)) for place, reason in given.items()] + [_ELSEWHERE] * unnamed


def _place(place: int) -> str:
    return f"Message {place} of the batch: "


def _is_of(subject: Subject, message: object) -> bool:
    if not isinstance(message, Mapping):
        return False
    context = message.get("context")
    groups = [message.get("groupId"), context.get("groupId") if isinstance(context, Mapping) else None]
    named = {f"{USER}{id_text(message.get('userId'))}", *(f"{ACCOUNT}{id_text(group)}" for group in groups)}
    return subject in named


def id_text(value: object) -> str:
    """An id as the boundary reads it; nothing where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return normalize("NFC", value) if isinstance(value, str) else ""
