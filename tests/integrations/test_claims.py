"""The table of sent nudges, on the strict engine and on moto, which alone knows DynamoDB's reserved words."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from moto import mock_aws

from milepost_channels.claims import LEASE, Claim, Claims, LostClaimError
from milepost_channels.nudge import Nudge
from milepost_tools.engine import Engine
from tests.integrations.driving import Bench, nudge

NUDGE = Nudge("a" * 32, "user:u_1", nudge(1))


@pytest.fixture(params=["engine", "moto"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """An empty table."""
    if request.param == "engine":
        yield Bench(client=Engine())
        return
    with mock_aws():
        yield Bench(client=get_session().create_client("dynamodb"))


def test_a_nudge_is_claimed_by_one(bench: Bench) -> None:
    """Whoever comes second waits, also with the same message given out twice."""
    claims = bench.claims()
    assert claims.begin().claim(NUDGE, again=False) is Claim.OURS
    assert claims.begin().claim(NUDGE, again=False) is Claim.HELD


def test_our_own_claim_whose_answer_was_lost_is_ours(bench: Bench) -> None:
    """The client tries a write again by itself, and then finds what it wrote the first time."""
    owner = bench.claims().begin()
    owner.claim(NUDGE, again=False)
    assert owner.claim(NUDGE, again=False) is Claim.OURS


def test_what_was_taken_and_reported_is_never_claimed_again(bench: Bench) -> None:
    """Between the two the report is outstanding, and knows its time."""
    claims, owner = bench.claims(), bench.claims().begin()
    owner.claim(NUDGE, again=False)
    at = owner.took(NUDGE)
    owner.took(NUDGE)  # the repeat of a write whose answer was lost
    bench.clock.now += LEASE + 1
    assert claims.begin().claim(NUDGE, again=True) is Claim.TAKEN
    assert claims.taken_at(NUDGE) == at
    owner.reported(NUDGE)
    assert claims.begin().claim(NUDGE, again=True) is Claim.DONE


def test_what_was_released_may_be_claimed_by_anybody(bench: Bench) -> None:
    """Nothing was sent, so nothing is remembered; a second release finds nothing and says nothing."""
    owner = bench.claims().begin()
    owner.claim(NUDGE, again=False)
    owner.release(NUDGE)
    owner.release(NUDGE)
    assert bench.claims().begin().claim(NUDGE, again=False) is Claim.OURS


def test_a_buried_nudge_is_claimed_again_only_where_somebody_sent_it_back(bench: Bench) -> None:
    """A late copy of the topic's is no reason to send it after all."""
    owner = bench.claims().begin()
    owner.claim(NUDGE, again=False)
    owner.bury(NUDGE)
    assert bench.claims().begin().claim(NUDGE, again=False) is Claim.DONE
    assert bench.claims().begin().claim(NUDGE, again=True) is Claim.OURS
    assert bench.claims().begin().claim(NUDGE, again=True) is Claim.HELD


def test_a_claim_holds_for_its_lease_and_is_cut_off_after_it(bench: Bench) -> None:
    """Exactly at its end it still holds; who takes it over is told that the nudge may have been sent."""
    bench.claims().begin().claim(NUDGE, again=False)
    bench.clock.now += LEASE
    assert bench.claims().begin().claim(NUDGE, again=False) is Claim.HELD
    bench.clock.now += 1
    assert bench.claims().begin().claim(NUDGE, again=False) is Claim.CUT_OFF
    assert bench.claims().begin().claim(NUDGE, again=False) is Claim.HELD


def test_of_two_who_would_take_over_one_wins() -> None:
    """Both have seen the same stale claim; the condition lets the first replace it."""
    bench = Bench()
    bench.claims().begin().claim(NUDGE, again=False)
    bench.clock.now += LEASE + 1
    slow, fast = bench.claims(), bench.claims()
    won: list[Claim] = []

    class Overtaken:
        """The table as the slow one sees it: between its look and its write, the fast one was there."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bench.client, name)

        def put_item(self, **request: Any) -> Any:
            """Let the other one in first."""
            if "#owner" in request["ConditionExpression"]:
                won.append(fast.begin().claim(NUDGE, again=False))
            return bench.client.put_item(**request)

    client: Any = Overtaken()
    assert Claims(client, slow.table, slow.clock, 30).begin().claim(NUDGE, again=False) is Claim.HELD
    assert won == [Claim.CUT_OFF]


def test_whoever_lost_the_claim_learns_it_when_noting_what_came_of_it(bench: Bench) -> None:
    """It was sent, and the other one may send it, too: that is to be counted."""
    owner = bench.claims().begin()
    owner.claim(NUDGE, again=False)
    bench.clock.now += LEASE + 1
    bench.claims().begin().claim(NUDGE, again=False)
    with pytest.raises(LostClaimError):
        owner.took(NUDGE)
    owner.release(NUDGE)
    assert bench.claims().begin().claim(NUDGE, again=False) is Claim.HELD


def test_who_was_erased_is_claimed_for_by_nobody_but_for_what_was_decided_on_later(bench: Bench) -> None:
    """Whatever became of the nudge before; the tombstone is found by the subject alone."""
    claims, decided = bench.claims(), NUDGE.decided_at
    claims.begin().claim(NUDGE, again=False)
    for erased, claim in ((decided - 1, Claim.HELD), (decided, Claim.ERASED), (decided + 1, Claim.ERASED)):
        item: Any = {"id": {"S": NUDGE.subject}, "erased": {"N": str(erased)}}
        bench.client.put_item(TableName="nudges", Item=item)
        assert claims.begin().claim(NUDGE, again=False) is claim
    assert claims.begin().claim(Nudge("b" * 32, "user:u_2", nudge(2)), again=False) is Claim.OURS


def test_a_note_on_a_nudge_that_was_forgotten_begins_nothing(bench: Bench) -> None:
    """The item would have neither owner nor end, and stand in the way of the same id in a new life."""
    owner = bench.claims().begin()
    owner.reported(NUDGE)
    assert "Item" not in bench.client.get_item(TableName="nudges", Key={"id": {"S": NUDGE.id}})


def test_a_nudge_is_remembered_with_whom_it_was_for_and_until_when(bench: Bench) -> None:
    """SES's reports name the nudge alone; the table's time to live is in seconds."""
    bench.claims().begin().claim(NUDGE, again=False)
    assert bench.claims().subject(NUDGE.id) == "user:u_1"
    assert bench.claims().subject("b" * 32) is None
    item = bench.client.get_item(TableName="nudges", Key={"id": {"S": NUDGE.id}})["Item"]
    assert int(item["expires"]["N"]) == int(bench.clock.now) + 30 * 86_400


def test_other_errors_of_the_table_are_not_taken_for_a_lost_claim() -> None:
    """A table that is not there is nobody's claim."""
    claims = Claims(Engine(), "missing", Bench().clock, 30)  # type: ignore[arg-type]  # as much of the client as is used
    with pytest.raises(ClientError):
        claims.begin().claim(NUDGE, again=False)
