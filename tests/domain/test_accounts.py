"""Which account a user belongs to, and when; and milestones of accounts (semantics, sections 1 and 2)."""

from dataclasses import replace

import pytest

from milepost.domain.event import Group, Track
from milepost.domain.identity import MOST_MEMBERSHIPS
from milepost.domain.instant import DAY, Duration
from milepost.domain.progress import Progress, account_at
from milepost.domain.rules.distinct import Distinct
from tests.domain.build import MAX_AGE, SUBJECT, T0, Life, catalog, count, key_of, matcher, milestone, track

ACCOUNT = "account:acct_7"


def joins(account: str, at: Duration = 0, *, late: Duration = 0) -> Group:
    """The user belongs to this account from then on."""
    message_id = f"{account}-{at}"
    return Group(SUBJECT, message_id, key_of(message_id), 0, T0 + at, T0 + at + late, account, {})


def user(*groups: Group) -> Progress:
    """A user of whom nothing else is known."""
    life = Life(catalog(milestone(count(9))))
    for each in groups:
        life.get(each)
    return life.progress


@pytest.mark.parametrize(
    ("at", "account"), [(-1, None), (0, "a"), (DAY - 1, "a"), (DAY, "b"), (2 * DAY - 1, "b"), (9 * DAY, "a")]
)
def test_the_account_of_an_event_is_that_of_the_time_at_which_it_happened(at: Duration, account: str | None) -> None:
    """1: from the instant of the group event on, until the next; back again is a membership of its own."""
    groups = [joins("a"), joins("b", DAY), joins("a", 2 * DAY)]
    for order in (groups, groups[::-1]):
        assert account_at(user(*order).memberships, T0 + at) == account


def test_a_group_event_that_is_sent_again_is_one_membership() -> None:
    """3.1: duplicates change nothing."""
    once = user(joins("a"))
    assert user(joins("a"), joins("a")) == once
    assert len(once.memberships) == 1


def test_the_newest_memberships_are_remembered_and_no_more() -> None:
    """A producer that makes up accounts must not fill the user's item."""
    life = Life(catalog(milestone(count(9))))
    for place in range(MOST_MEMBERSHIPS + 50):
        life.get(joins(f"a{place}", place))
    assert len(life.progress.memberships) == MOST_MEMBERSHIPS
    assert account_at(life.progress.memberships, T0 + DAY) == f"a{MOST_MEMBERSHIPS + 49}"


def test_where_the_user_was_before_any_event_can_still_come_is_forgotten_but_for_the_last() -> None:
    """An event from right after the horizon still finds the account of that time."""
    year = 365 * DAY
    progress = user(joins("a"), joins("b", DAY), joins("c", 2 * DAY), joins("d", year))
    assert [each.account for each in progress.memberships] == ["c", "d"]
    assert account_at(progress.memberships, T0 + year - MAX_AGE) == "c"


def account_event(message_id: str, at: Duration, by: str) -> Track:
    """What somebody did, as the account's own event."""
    event = track(message_id, T0 + at)
    return replace(event, subject=ACCOUNT, key=key_of(f"{by}{message_id}"), user=by)


def test_an_account_has_the_milestones_of_accounts_and_no_others() -> None:
    """2: `subject: account` makes accounts, not users, the unit."""
    shared = replace(milestone(count(2), name="shared"), subject="account")
    used = catalog(milestone(count(2), name="own"), shared)
    account, person = Life(used, Progress(ACCOUNT)), Life(used)
    for place in range(2):
        account.get(account_event(f"e{place}", place, "user:ann"))
        person.get(track(f"e{place}", T0 + place))
    assert [line.milestone for line in account.lines()] == ["shared"]
    assert [line.milestone for line in person.lines()] == ["own"]
    assert {each.subject for each in account.outcomes} == {ACCOUNT}


def test_users_of_an_account_are_counted_by_who_did_it() -> None:
    """2: `distinct of user` counts users, not events."""
    users = replace(milestone(Distinct(matcher("bought"), None, 2)), subject="account")
    life = Life(catalog(users), Progress(ACCOUNT))
    life.each([account_event("a", 0, "user:ann"), account_event("b", 1, "user:ann")])
    assert life.lines() == []
    life.get(account_event("a", 2, "user:bob"))
    assert [line.at for line in life.lines()] == [2]
