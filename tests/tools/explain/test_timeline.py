"""What each event did, as `milepost explain --log` tells it."""

import json

import pytest

from milepost_tools.explain.effect import WORDS
from milepost_tools.explain.facts import Report
from milepost_tools.explain.page import page
from milepost_tools.explain.report import report
from milepost_tools.problem import ProblemError
from tests.tools.explain.people import U1, alias, catalog, explained, group, identify, moment, simulated, track, watched

WEEK = catalog(week="reach: {count: {event: ordered, at_least: 2}}, within: {from: {event: signed_up}, for: 7d}")
TWO = catalog(two="reach: {count: {event: ordered, at_least: 2}}")


def did(*lines: str, of: object = WEEK, subject: str = U1, as_of: str | None = None) -> list[str]:
    """What each happening did, in words."""
    found = explained(of, *lines, subject=subject, as_of=as_of)  # type: ignore[arg-type]
    assert found.events is not None
    return [each.did for each in found.events]


def test_each_event_says_what_it_did_and_the_clock_what_it_decided() -> None:
    """In the order of arrival; the miss stands where it was decided, before what came later."""
    found = did(
        track("ordered", "02-27"),
        track("signed_up", "03-01"),
        track("ordered", "03-02"),
        track("ordered", "03-20"),
    )
    assert found == [
        "kept until the deadline begins of week",
        "started the deadline of week",
        "counted for week",
        "missed week",
        "recovered week",
    ]


def test_at_the_anchor_and_at_the_deadline_is_in_time() -> None:
    """Both ends are included (semantics, 3.7)."""
    three = catalog(three="reach: {count: {event: ordered, at_least: 3}}, within: {from: {event: signed_up}, for: 7d}")
    found = did(track("signed_up", "03-01"), track("ordered", "03-01"), track("ordered", "03-08"), of=three)
    assert found == ["started the deadline of three", "counted for three", "counted for three"]


def test_what_happened_before_the_anchor_or_after_the_deadline_says_so() -> None:
    """Both are seen, and neither helps to be in time."""
    found = did(
        track("signed_up", "03-02"),
        track("ordered", "03-01", arrives="03-03"),
        track("ordered", "03-10"),
        track("ordered", "03-11"),
        track("ordered", "03-12"),
    )
    assert found[1:] == [
        "before the deadline began of week",
        "missed week",
        "too late for week",
        "recovered week",
        "too late for week",
    ]


def test_a_late_event_that_makes_it_in_time_takes_the_place_of_the_miss() -> None:
    """The line says when it happened, and how much later it came."""
    lines = (track("signed_up", "03-01"), track("ordered", "03-02"), track("ordered", "03-07", arrives="03-12"))
    found = explained(WEEK, *lines)
    assert found.events is not None
    last = found.events[-1]
    assert (last.did, last.late, last.ref) == ("reached week", "5d", "log:3")
    assert last.at is not None
    assert (last.at.utc, last.arrived.utc) == ("2026-03-07T12:00:00Z", "2026-03-12T12:00:00Z")


def test_a_duplicate_counts_for_nothing_and_says_whether_it_differs() -> None:
    """The first body wins."""
    first, again = track("ordered", "03-01", id="x"), track("ordered", "03-01", id="x", amount=3)
    assert did(first, first, again, of=TWO) == [
        "counted for two",
        "a duplicate, counted before",
        "a duplicate, counted before, though it says something else",
    ]


def test_a_refused_message_of_the_subject_gives_the_reason() -> None:
    """Those of others, and what nobody can read, are not laid at its door."""
    broken = track("ordered", "03-01").replace("Z", "")
    found = explained(TWO, broken, broken.replace("u_1", "u_2"), "not JSON", track("visited", "03-02"))
    assert found.events is not None
    assert [each.did.split(":")[:2] for each in found.events] == [
        ["refused", " timestamp has no offset"],
        ["no milestone looks at it"],
    ]
    assert found.unreadable == 1


def test_in_a_batch_each_message_is_its_own() -> None:
    """One counts, one is refused, and the third is somebody else's; a reason beyond the first five is not given."""
    good, broken = json.loads(track("ordered", "03-01")), json.loads(track("ordered", "03-02"))
    del broken["messageId"]
    other = {**broken, "userId": "u_2"}
    assert [each[:24] for each in did(json.dumps({"batch": [other, good, broken]}), of=TWO)] == [
        "counted for two",
        "refused: messageId is mi",
    ]
    found = did(json.dumps({"batch": [other] * 6 + [broken, good]}), of=TWO)
    assert found == [
        "counted for two",
        "refused: with others of its batch: only the first few reasons of a line are given.",
    ]


def test_a_refused_message_without_a_sound_id_is_nobodys() -> None:
    """A number is read as its text; anything else names nobody, and nor does what is no object at all."""
    broken = json.loads(track("ordered", "03-01").replace("Z", ""))
    mixed = [{**broken, "userId": 7}, {**broken, "userId": ["u_1"]}, "u_1"]
    assert did(json.dumps({"batch": mixed}), track("visited", "03-02", user="7"), of=TWO, subject="user:7")[
        0
    ].startswith("refused: timestamp")
    assert did(json.dumps({"batch": mixed}), track("ordered", "03-02"), of=TWO) == ["counted for two"]


def test_what_a_milestone_does_not_want_is_told_apart_from_what_it_cannot_use() -> None:
    """A condition that does not hold, a missing amount, a day that counts already, and a milestone that is reached."""
    cat = catalog(
        big="reach: {count: {event: ordered, at_least: 2, where: {amount: {gte: 100}}}}",
        spent="reach: {sum: {event: ordered, of: amount, at_least: 5}}",
        days="reach: {days: {event: ordered, at_least: 2}}",
    )
    found = did(track("ordered", "03-01", amount=7), track("ordered", "03-01T13:00"), of=cat)
    assert found == [
        "reached spent; counted for days; not what is asked for by big",
        "changed nothing for days; not what is asked for by big; not looked at any more by spent",
    ]
    lacking = catalog(spent="reach: {sum: {event: ordered, of: amount, at_least: 5}}")
    assert did(track("ordered", "03-01"), of=lacking) == ["lacks the property that matters to spent"]


def test_an_identify_says_what_it_set_and_what_it_came_too_late_for() -> None:
    """Last write by event time wins."""
    cat = catalog(pro="reach: {trait: {name: plan, becomes: pro}}")
    late = identify("03-02", plan="pro").replace('"traits"', f'"receivedAt": "{moment("03-09")}", "traits"')
    found = did(identify("03-01", plan="free", seats=1), identify("03-03", plan="pro"), late, of=cat)
    assert found == [
        "sets plan, seats",
        "sets plan; reached pro",
        "leaves plan: known from later, or too many traits",
    ]


def test_what_is_met_outside_the_audience_is_held_and_counts_on_joining() -> None:
    """The event that met it and the one that let the subject in are two lines."""
    cat = catalog(pros="reach: {count: {event: ordered, at_least: 1}}, audience: {plan: pro}")
    assert did(track("ordered", "03-01"), identify("03-02", plan="pro"), of=cat) == [
        "met, but held while the subject does not take part: pros",
        "sets plan; reached pros",
    ]


def test_what_is_not_in_the_plan_is_said() -> None:
    """Such an event does no harm, and no good."""
    assert did(track("opened", "03-01"), of=TWO) == ["no milestone looks at it; not in the tracking plan"]


ACCOUNTS = catalog(
    team="subject: account, reach: {distinct: {event: ordered, of: user, at_least: 2}}",
    mine="reach: {count: {event: ordered, at_least: 1}}",
)


def test_an_account_is_told_what_its_users_did() -> None:
    """From the moment they belong to it; what others did is not its own."""
    lines = (
        track("ordered", "03-01"),
        group("03-02", "acct_7", size=3),
        track("ordered", "03-03"),
        track("ordered", "03-03", user="u_9"),
        track("ordered", "03-04", user="u_2", context={"groupId": "acct_7"}),
    )
    found = explained(ACCOUNTS, *lines, subject="account:acct_7")
    assert found.events is not None
    assert [(each.name, each.did) for each in found.events] == [
        ("identify", "sets size"),
        ("ordered of user:u_1", "counted for team"),
        ("ordered of user:u_2", "reached team"),
    ]
    assert [each.id for each in found.milestones] == ["team"]
    assert found.person.traits["size"].value == 3


def test_what_the_clock_decides_on_users_is_not_told_of_their_account() -> None:
    """The silence of the user and that of the account are two; one of them is told."""
    quiet = "reach: {silence: {event: ordered, for: 7d}}"
    cat = catalog(mine=quiet, ours=f"subject: account, {quiet}")
    lines = (group("03-02", "acct_7"), track("ordered", "03-03"))
    assert did(*lines, of=cat, subject="account:acct_7", as_of="04-01") == [
        "has no traits",
        "counted for ours",
        "reached ours",
    ]


def test_a_user_of_an_account_is_simulated_alone_and_comes_to_the_same() -> None:
    """Its memberships are there, and nothing of the account."""
    lines = (group("03-02", "acct_7"), track("ordered", "03-03"))
    found = explained(ACCOUNTS, *lines)
    assert [each.account for each in found.person.accounts] == ["acct_7"]
    assert did(*lines, of=ACCOUNTS) == ["belongs to account acct_7 from here on", "reached mine"]


def test_the_clock_is_driven_by_everybodys_lines() -> None:
    """What another's line made late is refused here too, and the progress is what a simulation of all comes to."""
    lines = (
        track("ordered", "03-01"),
        track("visited", "05-01", user="u_2"),
        track("ordered", "03-15"),
        track("ordered", "05-02", id="y"),
        json.dumps({"batch": [json.loads(track("ordered", "05-03", user=user)) for user in ("u_2", "u_1")]}),
    )
    assert did(*lines, of=TWO)[1].startswith("refused: timestamp is older than the catalog's max_age")
    assert watched(TWO, *lines).progress == simulated(TWO, *lines)


def test_asked_about_one_milestone_only_what_concerns_it_is_told() -> None:
    """And whatever came to nothing, for it might have been about that one."""
    cat = catalog(
        two="reach: {count: {event: ordered, at_least: 2}}", seen="reach: {count: {event: visited, at_least: 1}}"
    )
    lines = (track("ordered", "03-01"), track("visited", "03-02"), track("visited", "03-02"), track("opened", "03-03"))
    found = report(watched(cat, *lines), cat, "two")
    assert found.events is not None
    assert [each.did for each in found.events] == ["counted for two", "a duplicate, counted before"]


def test_whom_the_log_does_not_know_is_a_problem_with_a_remedy() -> None:
    """An account is unknown too where the catalog has no milestones of accounts."""
    with pytest.raises(ProblemError, match=r"user:u_2 is known in the log.*userId"):
        explained(TWO, track("ordered", "03-01"), subject="user:u_2")
    with pytest.raises(ProblemError, match="milestones of accounts"):
        explained(TWO, group("03-02", "acct_7"), subject="account:acct_7")


def test_a_subject_all_of_whose_messages_were_refused_is_known() -> None:
    """That is the answer to why nothing came of them."""
    found = explained(TWO, track("ordered", "03-01").replace("Z", ""))
    assert found.person.judged_by == 0
    assert found.milestones[0].state == "untouched"


def test_every_word_precedes_a_milestone() -> None:
    """Words are one phrase each, and no two effects share one."""
    assert len(set(WORDS.values())) == len(WORDS)


THREE = catalog(three="reach: {count: {event: ordered, at_least: 3}}")


def happened(found: Report) -> list[tuple[str, str]]:
    """What it was, and what it did."""
    assert found.events is not None
    return [(each.name, each.did) for each in found.events]


DEVICE_FIRST = (
    track("ordered", "03-01", user="device"),
    track("ordered", "03-02"),
    alias("03-03", "device"),
    alias("03-04", "device"),
    track("ordered", "03-05", user="device"),
    track("ordered", "03-02", user="device", id="u_1 ordered 03-02"),
)


@pytest.mark.parametrize("asked", ["user:u_1", "user:device"])
def test_an_alias_is_among_what_was_counted(asked: str) -> None:
    """Semantics 3.14: what the other had done, the line that made it this user's, and what came to the old id since."""
    found = explained(THREE, *DEVICE_FIRST, subject=asked)
    assert happened(found) == [
        ("ordered of user:device", "counted for three"),
        ("ordered", "counted for three"),
        ("alias", "user:device became this user; counted for three"),
        ("alias", "an alias of who is this user already"),
        ("ordered of user:device", "reached three"),
        ("ordered of user:device", "a duplicate, counted before"),
    ]
    assert (found.subject, found.milestones[0].state) == ("user:u_1", "reached")
    assert watched(THREE, *DEVICE_FIRST, subject=asked).progress == simulated(THREE, *DEVICE_FIRST)


def test_who_has_become_another_is_explained_as_that_one() -> None:
    """Since when, too; and of a chain since its last link. Who is nobody else now, and others' aliases, say nothing."""
    found = explained(THREE, *DEVICE_FIRST, subject="user:device")
    assert found.asked == "user:device"
    assert found.since is not None
    assert found.since.utc == "2026-03-03T12:00:00Z"
    head = page(found).splitlines()[:2]
    assert head[0] == "user:device is user:u_1 since 2026-03-03 13:00:00 (2026-03-03T12:00:00Z)"
    assert head[1].startswith("user:u_1 in the log, as of")
    longer = (*DEVICE_FIRST, alias("03-06", "u_1", user="u_9"), alias("03-07", "x", user="u_9"))
    chain = explained(THREE, *longer, subject="user:device")
    assert (chain.subject, chain.since and chain.since.utc) == ("user:u_9", "2026-03-06T12:00:00Z")
    assert happened(chain)[-4:] == [
        ("ordered of user:device", "reached three"),
        ("ordered of user:device", "a duplicate, counted before"),
        ("alias", "user:u_1 became this user; counted for three"),
        ("alias", "user:x became this user"),
    ]
    plain = explained(THREE, *DEVICE_FIRST)
    assert (plain.asked, plain.since) == (None, None)
    assert explained(THREE, track("ordered", "03-01"), alias("03-02", "x", user="y")).asked is None


def test_what_an_alias_alone_reaches_is_its_doing() -> None:
    """And not the clock's; the refused one beside it is told once."""
    lines = [json.loads(each) for each in (track("ordered", "03-03"), alias("03-03", "device"), alias("03-03", ""))]
    found = explained(
        THREE,
        track("ordered", "03-01", user="device"),
        track("ordered", "03-02", user="device"),
        json.dumps({"batch": lines}),
    )
    assert [(name, did[:57]) for name, did in happened(found)[2:]] == [
        ("ordered", "counted for three"),
        ("alias", "user:device became this user; reached three"),
        ("message", "refused: previousId is missing, empty or neither text nor"),
    ]


def test_whoever_was_to_become_the_subject_and_was_refused_is_somebody_else() -> None:
    """An alias that is too old connects nobody."""
    old = json.dumps({**json.loads(alias("03-01", "device")), "receivedAt": moment("05-01")})
    found = explained(THREE, track("ordered", "03-01", user="device"), track("ordered", "03-02"), old)
    assert [name for name, _ in happened(found)] == ["ordered", "message"]
    assert found.milestones[0].have == "1"


TWO_IDS = ((4, "device"), (5, "u_1"))


def test_an_account_hears_of_one_user_whichever_id_was_sent() -> None:
    """Semantics 3.14 for `distinct` of users: who became one person is one from then on."""
    lines = (
        group("03-01", "acct_7"),
        alias("03-02", "device"),
        track("ordered", "03-03"),
        json.dumps({"batch": [json.loads(track("ordered", f"03-0{day}", user=user)) for day, user in TWO_IDS]}),
    )
    assert happened(explained(ACCOUNTS, *lines, subject="account:acct_7"))[-3:] == [
        ("ordered of user:u_1", "counted for team"),
        ("ordered of user:u_1", "changed nothing for team"),
        ("ordered of user:u_1", "changed nothing for team"),
    ]
