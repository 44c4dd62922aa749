import gzip
import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from milepost_tools.demo import make_sample
from tests.tools.demo import brute_force

EVENTS = make_sample.SAMPLE / "events.ndjson.gz"
GRACE = timedelta(days=2)


def plain(name: str, content: bytes) -> bytes:
    """What a file says; two versions of zlib may pack the same content differently."""
    return gzip.decompress(content) if name.endswith(".gz") else content


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """What the script makes."""
    return make_sample.make()


@pytest.fixture(scope="module")
def delivered() -> list[dict[str, Any]]:
    """The usable messages of the shipped log in the order of delivery."""
    return [each for each in brute_force.messages(EVENTS) if each]


@pytest.fixture(scope="module")
def first(delivered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first delivery of each message."""
    return list({each["messageId"]: each for each in reversed(delivered)}.values())[::-1]


def received(body: dict[str, Any]) -> datetime:
    """When the queue took the message."""
    return datetime.fromisoformat(body["receivedAt"])


def lateness(body: dict[str, Any]) -> timedelta:
    """How long after it happened a message came."""
    return received(body) - datetime.fromisoformat(body["timestamp"])


def test_committed_sample_is_what_the_script_makes(made: dict[str, bytes]) -> None:
    """Whoever changes the script, the catalog or the data also commits what comes of it."""
    for name, content in made.items():
        committed = (make_sample.SAMPLE / name).read_bytes()
        assert plain(name, committed) == plain(name, content), f"{name}: run python -m {make_sample.__name__}"


def test_every_run_makes_the_same_bytes(made: dict[str, bytes]) -> None:
    """Neither the clock nor chance is in the files."""
    assert make_sample.make() == made


def test_sample_is_small_enough_to_ship() -> None:
    """All of it together stays below 600 KB."""
    assert sum(each.stat().st_size for each in make_sample.SAMPLE.iterdir()) < 600_000


def test_every_line_of_the_log_is_one_line_of_text() -> None:
    """Broken or not, a line has no line break of any kind in it, and is worth sending."""
    text = gzip.decompress(EVENTS.read_bytes()).decode("utf-8", errors="strict")
    assert text.endswith("\n")
    assert text.splitlines() == text.removesuffix("\n").split("\n")
    assert all(text.splitlines())


def test_log_is_in_the_order_of_delivery(delivered: list[dict[str, Any]]) -> None:
    """The clock of a replay never goes back, and never beyond the moment of the answers."""
    clock = [received(each) for each in delivered]
    assert clock == sorted(clock)
    assert clock[-1] <= brute_force.END


def test_one_message_in_twenty_comes_twice_and_says_the_same(delivered: list[dict[str, Any]]) -> None:
    """A resend differs in `receivedAt` alone, which is later; some come days later."""
    by_id: dict[str, list[dict[str, Any]]] = {}
    for each in delivered:
        by_id.setdefault(each["messageId"], []).append(each)
    pairs = [copies for copies in by_id.values() if len(copies) > 1]
    assert {len(copies) for copies in pairs} == {2}
    assert len(pairs) == round(len(by_id) * 0.05)
    assert all({**one, "receivedAt": ""} == {**two, "receivedAt": ""} for one, two in pairs)
    gaps = [received(two) - received(one) for one, two in pairs]
    assert min(gaps) > timedelta()
    assert sum(gap > timedelta(days=8) for gap in gaps) >= 10


def test_a_few_hundred_come_late_but_within_grace(first: list[dict[str, Any]]) -> None:
    """No deadline plus grace passes before the last event that could meet it has come."""
    late = [each for each in first if lateness(each)]
    assert 290 <= len(late) <= 300
    assert timedelta() < min(map(lateness, late))
    assert max(map(lateness, late)) <= timedelta(hours=40) < GRACE
    assert all(each["receivedAt"] == each["timestamp"] for each in first if not lateness(each))


def test_some_come_after_newer_events_of_the_same_customer(first: list[dict[str, Any]]) -> None:
    """Out of order for real: the order within a customer is what rules depend on."""
    newest: dict[str, datetime] = {}
    overtaken = 0
    for each in first:
        happened = datetime.fromisoformat(each["timestamp"])
        overtaken += happened < newest.get(each["userId"], happened)
        newest[each["userId"]] = max(happened, newest.get(each["userId"], happened))
    assert overtaken >= 10


def test_customers_say_what_they_agree_to_and_where_they_live_before_their_first_purchase(
    first: list[dict[str, Any]],
) -> None:
    """Four in five say yes to email; of the others half say no, a quarter nothing of it, a quarter nothing at all."""
    said = [each for each in first if each["messageId"].startswith("profile-")]
    bought = [each for each in first if each["type"] == "track"]
    everybody = len({each["userId"] for each in bought})
    agreed = Counter(each["traits"].get("email_opt_in") for each in said)
    assert agreed == {True: everybody * 8 // 10, False: everybody // 10, None: everybody // 20}
    assert max(map(received, said)) < min(datetime.fromisoformat(each["timestamp"]) for each in bought)
    zones = Counter(each["traits"].get("timezone") for each in said)
    assert zones.keys() == {"America/New_York", "America/Los_Angeles", None}
    assert min(zones.values()) > len(said) // 4
    assert {each["traits"].get("sms_opt_in") for each in said} == {True, None}


def test_some_take_their_consent_back_and_some_support_cases_are_closed(first: list[dict[str, Any]]) -> None:
    """What was true when a nudge began to wait need not be when it would go."""
    gone = [each for each in first if each["messageId"].startswith("gone-")]
    closed = [each for each in first if each["messageId"].startswith("closed-")]
    assert len(gone) >= 10
    assert all(each["traits"] == {"email_opt_in": False} for each in gone)
    opened = {each["userId"] for each in first if each.get("traits", {}).get("support_case") == "open"}
    assert {each["userId"] for each in closed} == opened != set()


def test_broken_lines_stand_among_usable_ones() -> None:
    """Each has a usable line before and after it, so that a neighbour held up by it would show."""
    lines = list(brute_force.messages(EVENTS))
    places = [place for place, each in enumerate(lines) if each is None]
    assert len(places) >= 12
    assert all(lines[place - 1] and lines[place + 1] for place in places)


def test_some_usable_message_follows_a_broken_first_try_under_the_same_id(first: list[dict[str, Any]]) -> None:
    """What was turned away must not be remembered as counted."""
    usable = {each["messageId"] for each in first}
    text = gzip.decompress(EVENTS.read_bytes()).decode().splitlines()
    broken = [line for line, each in zip(text, brute_force.messages(EVENTS), strict=True) if each is None]
    tries = [json.loads(line)["messageId"] for line in broken if '"messageId": "cdnow-' in line]
    assert len(tries) == 2
    assert usable.issuperset(tries)
