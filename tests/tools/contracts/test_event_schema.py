"""The schema of events and the boundary say the same, but for what no schema can say."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.application.arrival import LiveArrival
from milepost.application.envelope import unwrap
from milepost.application.fields import LONGEST_ID
from milepost.application.intake import Intake, Reading
from milepost.application.kinds import LARGEST_TRAIT, MOST_TRAITS
from milepost.application.strict_json import DEEPEST
from milepost.domain.instant import MINUTE, SECOND, Instant, format_instant, to_datetime
from milepost_tools.contracts.event import LARGEST_WHOLE, UNSAID
from milepost_tools.contracts.examples import sent_in
from tests.application.messages import WRAPS, Wrap, body, text
from tests.application.test_intake import ENVELOPES, FIELDS, VALUES
from tests.domain.build import MAX_AGE, T0
from tests.fuzz.boundaries import NOW
from tests.tools.contracts.schemas import flaws

INTAKE = Intake(MAX_AGE, LiveArrival())
CORPUS = sorted((Path(__file__).parents[2] / "fuzz/corpus/events").glob("*.json"))
FEW = settings(max_examples=300)

# In the order of UNSAID: a message, and what the boundary says of it.
ONLY_AT_THE_BOUNDARY = [
    (text().replace('"amount": 5', '"amount": 5, "amount": 5'), "same key twice"),
    (text(properties={"x": LARGEST_WHOLE + 1}), "beyond 38 digits"),
    (text(userId=7).replace(": 7", ": 7.0"), "neither text nor a whole number"),
    (text(properties={"x": json.loads("[" * DEEPEST + "]" * DEEPEST)}), "nested deeper"),
    (text(userId="\ud83d"), "half of a surrogate pair"),
    (text(userId="é" * (LONGEST_ID // 2 + 1)), "longer than 256 bytes"),
    (text(type="identify", traits={"x": "y" * LARGEST_TRAIT}), "a trait is larger than"),
    (text(timestamp="2026-02-30T12:00:00Z"), "does not exist"),
    (text(timestamp=format_instant(T0 + 5 * MINUTE + SECOND)), "in the future"),
]
MORE_AT_THE_BOUNDARY = [
    (text(timestamp=format_instant(T0 - MAX_AGE - SECOND)), "older than the catalog's max_age"),
    (text(type="identify", traits={str(place): "y" * 999 for place in range(17)}), "larger than 16384 bytes"),
]
BEYOND_A_SCHEMA = [why for _, why in ONLY_AT_THE_BOUNDARY + MORE_AT_THE_BOUNDARY]
IDS = "messageId", "userId", "previousId", "groupId"


def read(content: str, at: Instant = T0) -> Reading:
    """What the boundary makes of it."""
    return INTAKE.read(content, at)


def is_taken(content: str) -> bool:
    """Whether the boundary takes it as one event."""
    reading = read(content)
    return not reading.reasons and len(reading.events) + len(reading.aliases) == 1


def is_bare(message: Any) -> bool:
    """Whether the boundary takes it for an event and no envelope."""
    return list(unwrap(message)) == [message]


@pytest.mark.parametrize(("content", "why"), ONLY_AT_THE_BOUNDARY + MORE_AT_THE_BOUNDARY, ids=BEYOND_A_SCHEMA)
def test_what_no_schema_can_say_is_refused_at_the_boundary_alone(content: str, why: str) -> None:
    """Each is in the list that the schema's description shows."""
    [reason] = read(content).reasons
    assert why in reason
    assert flaws("event", json.loads(content)) == []


def test_the_list_of_what_no_schema_can_say_is_complete() -> None:
    """One example for each line of it."""
    assert len(ONLY_AT_THE_BOUNDARY) == len(UNSAID)


def each(field: str, values: Sequence[object], **more: Any) -> list[dict[str, Any]]:
    """A change of one field to each of these values."""
    return [{**more, field: value} for value in values]


NO_ID: list[object] = ["", None, True, 1.5, [], {}, "m" * 257, LARGEST_WHOLE + 1]
NO_OBJECT: list[object] = [[], None, "x", 0]
NO_TIMES = [
    *(None, 1795329064, "", "noon", "2026-03-01", "2026-03-01T12:00:00", "20260301T120000Z", "2026-03-01T12:00:00Z\n"),
    *("2026-13-01T12:00:00Z", "2026-03-32T12:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T12:60:00Z"),
    *("2026-03-01T12:00:60Z", "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+24:00", "0000-03-01T12:00:00Z"),
    *("2026-00-01T12:00:00Z", "2026-03-00T12:00:00Z", "\u0662\u0660\u0662\u0666-03-01T12:00:00Z"),
]
CHANGES: list[dict[str, Any]] = [
    *each("type", [..., "page", ["track"]]),
    *each("messageId", [..., *NO_ID]),
    *each("userId", [..., *NO_ID]),
    *each("previousId", [..., *NO_ID], type="alias"),
    *each("groupId", [..., *NO_ID], type="group"),
    *each("context", [*NO_OBJECT, *each("groupId", NO_ID)]),
    *each("type", ["identify", "group", "alias"], previousId="p", groupId="g", context=[]),
    *each("event", [..., "", 7, None]),
    *each("properties", NO_OBJECT),
    *each("traits", [*NO_OBJECT, {str(place): 0 for place in range(MOST_TRAITS + 1)}], type="identify"),
    *each("traits", NO_OBJECT, type="group", groupId="g"),
    *each("timestamp", NO_TIMES),
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda value: repr(value)[:50])
def test_what_a_schema_can_say_is_refused_by_both(changes: dict[str, Any]) -> None:
    """A producer finds it in its own tests, before an operator finds it in a queue."""
    assert not is_taken(text(**changes))
    assert flaws("event", body(**changes))


@pytest.mark.parametrize("wrap", WRAPS)
def test_an_envelope_is_no_event(wrap: Wrap) -> None:
    """It is unpacked, and what is in it is the event; also if it looks like one itself."""
    assert flaws("event", wrap(body()))
    if "batch" not in wrap(body()):  # What has a type is no batch.
        assert flaws("event", body() | wrap(body()))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_both_agree_on_every_input_that_was_kept(path: Path) -> None:
    """The fuzzer keeps one for each reason that there is."""
    assert disagreement(json.loads(path.read_text(encoding="utf-8"))["input"], NOW) is None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def disagreement(content: str, at: Instant = T0) -> str | None:
    """What only one of them takes, unless the boundary refuses it for what the schema cannot say."""
    reasons = " ".join(read(content, at).reasons)
    try:
        message = json.loads(content, parse_constant=_refuse)
    except ValueError:  # NaN and Infinity are no JSON, although Python writes them: nothing that a schema is asked of.
        return None if reasons else "the boundary takes what is no JSON"
    accepts = not flaws("event", message)
    if not is_bare(message):
        return "the schema takes what the boundary unpacks" if accepts else None
    if not accepts:
        return None if reasons else "the schema refuses what the boundary takes"
    if reasons and not any(why in reasons for why in BEYOND_A_SCHEMA):
        return f"the boundary refuses what the schema takes: {reasons}"
    return None


@FEW
@given(st.dictionaries(st.sampled_from([*FIELDS, *ENVELOPES, *IDS]), VALUES))
def test_both_agree_on_anything_that_can_be_sent(changes: dict[str, Any]) -> None:
    """Whatever stands in whichever key of an event."""
    message = body() | changes
    if all(len(str(message.get(key))) < LONGEST_ID // 4 for key in IDS):  # Beyond, NFC could make it fit.
        assert disagreement(json.dumps(message)) is None


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
ids = names | st.integers(-LARGEST_WHOLE, LARGEST_WHOLE)
values = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | names, lambda inner: st.lists(inner, max_size=3))
maps = st.dictionaries(names, values, max_size=5)
offsets = st.builds("{}{:02}:{:02}".format, st.sampled_from("+-"), st.integers(0, 23), st.integers(0, 59))


@st.composite
def timestamps(draw: st.DrawFn) -> str:
    """An instant that is neither too old nor in the future, however it may be written."""
    at = to_datetime(draw(st.integers(T0 - MAX_AGE + 86_400 * SECOND, T0 - 86_400 * SECOND)))
    written = at.isoformat(draw(st.sampled_from("Tt ")), draw(st.sampled_from(["minutes", "seconds", "microseconds"])))
    return written.removesuffix("+00:00") + draw(st.sampled_from(["Z", "z", "+0000"]) | offsets)


@FEW
@given(
    st.sampled_from(["track", "identify", "group", "alias"]),
    st.fixed_dictionaries(
        {"messageId": ids, "userId": ids, "previousId": ids, "groupId": ids, "event": names, "properties": maps},
        optional={
            "timestamp": timestamps(),
            "traits": maps,
            "context": st.fixed_dictionaries({}, optional={"groupId": ids, "timezone": values}),
        },
    ),
)
def test_what_is_right_is_taken_by_both(kind: str, message: dict[str, Any]) -> None:
    """Any id, any text, any way to write a time."""
    whole = {"type": kind, **message}
    assert is_taken(json.dumps(whole)), read(json.dumps(whole)).reasons
    assert flaws("event", whole) == []


def test_the_examples_are_events() -> None:
    """Those that the AsyncAPI document shows."""
    assert [found for message in sent_in() for found in flaws("event", message)] == []
