"""Subjects as people name them."""

from typing import Final
from unicodedata import normalize

from milepost.domain.catalog import ACCOUNT, USER
from milepost.domain.event import Subject
from milepost_tools.problem import ProblemError

KINDS: Final = (USER, ACCOUNT)


def subject_of(text: str) -> Subject:
    """The subject that `u_42`, `user:u_42` or `account:acct_7` means.

    Raises:
        ProblemError: there is no id in it.
    """
    name = normalize("NFC", text)
    subject = name if name.startswith(KINDS) else f"{USER}{name}"
    if subject in KINDS:
        raise ProblemError(f"'{text}' names nobody.", "Write u_42, user:u_42 or account:acct_7.")
    return subject


def nobody_knows(subject: Subject, where: str) -> ProblemError:
    """What to say when a source has never heard of a subject."""
    field, other = ("userId", f"{ACCOUNT}ID for an account")
    if subject.startswith(ACCOUNT):
        field, other = ("groupId", "and milestones of accounts in the catalog; a user is user:ID")
    what = f"Nobody called {subject} is known in {where}."
    return ProblemError(what, f"Compare the id with the events' {field}, capitals included; write {other}.")
