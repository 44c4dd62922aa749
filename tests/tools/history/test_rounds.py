import json
from pathlib import Path

import pytest

from milepost.domain.catalog import Catalog
from milepost.domain.instant import parse_instant
from milepost_tools.catalog import load_catalog
from milepost_tools.history.rounds import dated, stretches
from milepost_tools.local.sending import Parcel

CDNOW = Path(__file__).parents[2] / "data" / "cdnow"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """Any catalog will do: only its max_age is looked at."""
    return load_catalog(CDNOW / "catalog.yaml")


def line(ref: str, user: str, day: int, **more: str) -> Parcel:
    """A line about a user on a day of January 1997."""
    body = {"type": "track", "messageId": ref, "userId": user, "event": "purchase"}
    return Parcel(ref, json.dumps({**body, "timestamp": f"1997-01-{day:02d}T00:00:00Z", **more}))


def refs(rounds: list[list[Parcel]]) -> list[list[str]]:
    """Rounds by the names of their lines."""
    return [[parcel.ref for parcel in each] for each in rounds]


def test_a_round_holds_no_two_instants_of_one_subject(catalog: Catalog) -> None:
    """A queue keeps no order, so what must be in order is sent in different rounds; others need not wait."""
    lines = [line("a1", "a", 1), line("b1", "b", 1), line("a2", "a", 2), line("c2", "c", 2), line("a2-again", "a", 2)]
    (stretch,) = stretches(dated(lines, catalog), [])
    assert refs(stretch.rounds) == [["a1", "b1", "c2"], ["a2", "a2-again"]]


def test_an_alias_goes_alone_and_makes_one_order_of_two(catalog: Catalog) -> None:
    """What came before it of either is worked off first, and from then on both are one subject."""
    alias = line("alias", "a", 2, type="alias", previousId="d")
    lines = [line("a1", "a", 1), line("d2", "d", 2), alias, line("a2", "a", 2), line("d3", "d", 3), line("b3", "b", 3)]
    (stretch,) = stretches(dated([*lines, line("a4", "a", 4)], catalog), [])
    assert refs(stretch.rounds) == [["a1", "d2", "b3"], ["alias"], ["a2"], ["d3"], ["a4"]]


def test_what_arrives_at_the_instant_of_a_sweep_comes_before_it(catalog: Catalog) -> None:
    """An event exactly at a deadline meets it, so the sweep there must find it counted."""
    sweeps = [parse_instant(f"1997-01-{day:02d}T00:00:00Z") for day in (2, 4)]
    found = list(stretches(dated([line("a1", "a", 1), line("b2", "b", 2), line("c3", "c", 3)], catalog), sweeps))
    assert [(refs(each.rounds), each.sweep_at) for each in found] == [
        ([["a1", "b2"]], sweeps[0]),
        ([["c3"]], sweeps[1]),
    ]


def test_sweeps_after_the_last_line_still_happen(catalog: Catalog) -> None:
    """Deadlines pass also when nothing comes any more."""
    sweeps = [parse_instant("1997-02-01T00:00:00Z"), parse_instant("1997-03-01T00:00:00Z")]
    assert [each.sweep_at for each in stretches(dated([line("a1", "a", 1)], catalog), sweeps)] == sweeps


@pytest.mark.parametrize("said", [{}, {"receivedAt": "1997-01-02T00:00:00Z"}])
def test_a_line_that_claims_to_arrive_before_its_predecessors_is_told_the_clock(
    catalog: Catalog, said: dict[str, str]
) -> None:
    """The stack has no running maximum of its own, so the message must name it; the rest of it stays as it is."""
    late = line("late", "b", 1, **said)
    *_, sent = dated([line("a9", "a", 9), late], catalog)
    assert json.loads(sent.parcel.body) == {**json.loads(late.body), "receivedAt": "1997-01-09T00:00:00Z"}


def test_a_line_that_cannot_be_read_is_sent_as_it_is(catalog: Catalog) -> None:
    """It is the stack's to refuse, not ours."""
    *_, sent = dated([line("a9", "a", 9), Parcel("broken", '{"type": ')], catalog)
    assert sent.parcel.body == '{"type": '
