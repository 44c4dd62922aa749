"""Arbitrary values of what is stored, as wide as their types and the boundary allow."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from milepost.adapters.names import milestone_key
from milepost.domain.caps import Use
from milepost.domain.ledger import Entry, Ledger
from milepost.domain.outbox import Joined, Nudge, Outcome, Parted, Waiting
from milepost.domain.progress import Membership, Progress, Standing, Trait
from milepost.domain.schedule import Pending
from milepost.domain.totals import Kept

WIDEST = 10**38 - 1
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
instants = st.integers(-(2**62), 2**62)
told = st.integers(-(2**55), 2**57)
"""Instants of what is told: those that can be written, from the year 828 to 6536."""
numbers = st.integers(-WIDEST, WIDEST)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | decimals | texts


def _nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(leaves, max_size=3).map(tuple) | st.dictionaries(texts, leaves, max_size=3)


values = st.recursive(scalars, _nested, max_leaves=6)
"""What a trait can hold."""
memos = st.recursive(
    st.none() | numbers | decimals | texts, lambda leaves: st.lists(leaves, max_size=4).map(tuple), max_leaves=8
)

kinds = st.sampled_from(["reached", "missed", "recovered", "baseline"])
joined = st.builds(Joined, at=told)
outcomes = st.builds(
    Outcome,
    id=texts,
    subject=texts,
    milestone=texts,
    outcome=kinds,
    n=st.integers(1, 10**9),
    at=told,
    ref=st.none() | told,
    catalog_version=st.integers(0, 10**9),
    decided_at=told,
    variant=st.none() | texts,
    undoes=st.lists(kinds, max_size=2).map(tuple),
)
nudges = st.builds(
    Nudge,
    id=texts,
    subject=texts,
    milestone=texts,
    path=st.sampled_from(["reached", "missed", "recovered"]),
    step=st.integers(0, 9),
    n=st.integers(1, 10**9),
    channel=texts,
    template=texts,
    verdict=st.sampled_from(["sent", "held_out", "deferred", "suppressed", "cancelled"]),
    reason=st.none() | texts,
    at=told,
    decided_at=told,
    not_after=told,
    catalog_version=st.integers(0, 10**9),
    variant=st.none() | texts,
    until=st.none() | told,
    planned=st.none() | told,
    occurrence=st.none() | told,
    attempt=st.none() | st.integers(2, 99),
)
parted = st.builds(
    Parted,
    id=texts,
    at=told,
    milestone=st.none() | texts,
    surplus=st.lists(st.tuples(kinds, st.integers(1, 10**9)), max_size=2).map(tuple),
)
waiting: st.SearchStrategy[Waiting] = joined | outcomes | nudges | parted

standings = st.builds(
    Standing,
    occurrences=st.integers(0, 10**9),
    at=st.none() | instants,
    shape=st.integers(0, 2**28 - 1),
    memo=memos,
    missed=st.integers(0, 1),
    recovered=st.integers(0, 1),
    closed=st.integers(0, 1),
    held=st.none() | st.tuples(instants, st.none() | instants),
    baseline=st.integers(0, 1),
)
ledgers = st.builds(
    Ledger,
    st.dictionaries(
        st.integers(0, 2**64 - 1), st.builds(Entry, instants, st.integers(0, 255), st.integers(0, 255)), max_size=20
    ),
)
unknown_milestones = st.integers(0, 2**32 - 1).map(lambda key: f"#{key:08x}")
GONE = ("gone", "Gone_v2.1")
"""Milestones that have left the catalog."""
unknown_events = st.integers(0, 2**24 - 1).map(lambda key: f"\0{key:06x}")


used = st.builds(
    Use, instants, st.integers(1, 100), channel=texts, tier=st.sampled_from(["minor", "major"]), stage=st.none() | texts
)


amounts = st.integers() | decimals | st.tuples(st.integers(0, 999), st.integers(0, 10**6), st.integers(0, 2**70))
totals = st.dictionaries(st.integers(0, 2**32 - 1), st.builds(Kept, st.integers(0, 10**6), amounts), max_size=2)


def pending(*milestones: str) -> st.SearchStrategy[Pending]:
    """Any nudge that waits: of one of these milestones, of one that has left the catalog, of one without a name."""
    waits = st.builds(
        Pending,
        milestone=st.sampled_from(milestones) | unknown_milestones | st.sampled_from(GONE),
        path=st.sampled_from(["reached", "missed", "recovered"]),
        step=st.integers(0, 9),
        n=st.integers(1, 10**9),
        occurrence=instants,
        at=instants,
        planned=instants,
        due=instants,
        known_as=st.none(),
    )
    return waits.map(lambda each: each._replace(known_as=stand_in(each.milestone)) if each.milestone in GONE else each)


def stand_in(milestone: str) -> str:
    """What a catalog that lacks a milestone calls it by."""
    return f"#{milestone_key(milestone):08x}"


def progresses(*milestones: str) -> st.SearchStrategy[Progress]:
    """Any progress of a catalog with these milestones, and of milestones that the catalog does not know."""
    return st.builds(
        Progress,
        subject=texts.map(lambda name: f"user:{name}"),
        catalog_version=st.integers(0, 10**9),
        traits=st.dictionaries(texts, st.builds(Trait, values, instants), max_size=4),
        standings=st.dictionaries(st.sampled_from(milestones) | unknown_milestones, standings, max_size=4),
        ledger=ledgers,
        outbox=st.lists(waiting, max_size=4).map(tuple),
        due=st.none() | instants,
        counted=st.dictionaries(st.just("happened") | unknown_events, st.integers(0, 10**9), max_size=4),
        zone=st.none() | st.builds(Trait, texts, instants),
        memberships=st.lists(st.builds(Membership, instants, texts), max_size=3).map(tuple),
        forward=st.none() | texts.map(lambda name: f"user:other than {name}"),
        pending=st.lists(pending(*milestones), max_size=3).map(tuple),
        used=st.lists(used, max_size=3).map(tuple),
        recent=st.dictionaries(st.integers(0, 2**32 - 1), st.lists(instants, max_size=3).map(tuple), max_size=2),
        erased=st.none() | st.integers(0, 2**50),
        closed=st.dictionaries(st.sampled_from(["email", "in_app"]), st.integers(0, 2**50), max_size=2),
        totals=st.sampled_from([{}, {7: Kept(2026, 3)}]),  # See `totals`: a whole progress is large enough without.
    ).map(_with_entries_of_its_own)


def _with_entries_of_its_own(progress: Progress) -> Progress:
    """An outbox holds what its own subject is told: the subject is stored once, as the key."""
    outbox = (
        each if isinstance(each, Joined | Parted) else replace(each, subject=progress.subject)
        for each in progress.outbox
    )
    return progress._replace(outbox=tuple(outbox))
