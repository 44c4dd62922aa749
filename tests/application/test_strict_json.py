"""JSON as the boundary takes it: one meaning, exact numbers, and never anything but a value or a reason."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from milepost.application.strict_json import UnreadableError, read_json

CANARY = "canary-7f3a"
FUZZ = settings(max_examples=200)


def reason(text: str) -> str:
    """Why a text is refused."""
    with pytest.raises(UnreadableError) as refused:
        read_json(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        (' {"a": [1, "x", true, null]} ', {"a": [1, "x", True, None]}),
        ("1" * 38, int("1" * 38)),
        ("-" + "1" * 38, -int("1" * 38)),
        ("1.50", Decimal("1.50")),
        ("0.1", Decimal("0.1")),
        ("1e125", Decimal("1e125")),
        ("1e-130", Decimal("1e-130")),
        ("-0", 0),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\U0001f600"', "\U0001f600"),
        ('{"a": 1, "A": 2}', {"a": 1, "A": 2}),
    ],
)
def test_what_means_one_thing_is_read_exactly(text: str, value: object) -> None:
    """Numbers come back as whole numbers or exact decimals."""
    read = read_json(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("{'a': 1}", "is not JSON"),
        ('{"a": 1,}', "is not JSON"),
        ('{"a": 1} {}', "is not JSON"),
        ("\ufeff{}", "is not JSON"),
        ('"\n"', "is not JSON"),
        ("01", "is not JSON"),
        ("NaN", "has NaN or Infinity"),
        ('{"a": Infinity}', "has NaN or Infinity"),
        ("[-Infinity]", "has NaN or Infinity"),
        ('{"a": 1, "a": 1}', "has the same key twice"),
        ('{"a": {"b": 1, "\\u0062": 2}}', "has the same key twice"),
        ("1" * 39, "has a number beyond"),
        ("-" + "1" * 39, "has a number beyond"),
        ("1" * 5000, "has a number beyond"),
        ("0." + "1" * 39, "has a number beyond"),
        ("1e126", "has a number beyond"),
        ("1e-131", "has a number beyond"),
        ("1e999", "has a number beyond"),
        ("-1e999", "has a number beyond"),
        ("1e9999999999", "has a number beyond"),
        ("1e99999999999999999999", "has a number beyond"),
        ("1e-99999999999999999999", "has a number beyond"),
        ("[" * 33 + "]" * 33, "is nested deeper"),
        ("[" * 200 + "]" * 200, "is nested deeper"),
        ('{"a":' * 200 + "1" + "}" * 200, "is nested deeper"),
        ("[" * 100_000 + "]" * 100_000, "is nested deeper"),
        ("[" * 100_000, "is nested deeper"),
        ('"\\ud83d"', "half of a surrogate pair"),
        ('{"\\ude00": 1}', "half of a surrogate pair"),
        ('["\ud83d"]', "half of a surrogate pair"),
    ],
    ids=lambda text: repr(text[:24]),
)
def test_anything_else_is_refused_with_the_reason(text: str, why: str) -> None:
    """1: bad JSON, duplicate keys, NaN, 39 digits, 200 levels, lone surrogates."""
    assert why in reason(text)


def test_thirty_two_levels_are_not_too_deep() -> None:
    """The limit itself is within the limit."""
    nested: object = []
    for _ in range(31):
        nested = [nested]
    assert read_json("[" * 32 + "]" * 32) == nested


def test_brackets_inside_text_do_not_nest() -> None:
    """A text may hold as many as it likes."""
    assert read_json(json.dumps("[{" * 100)) == "[{" * 100


def test_no_depth_at_all_makes_it_raise_anything_else() -> None:
    """Faults: however deep, and with letters that need a second look, it is a value or a reason."""
    for depth in range(500, 1100):
        assert "nested" in reason("[" * depth + '"é"' + "]" * depth)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
TOKENS = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", '"a"', '"\\ud800"', "1e400", "1e-99999999999999999999", "NaN", "-", "0", "9" * 40]
)


@given(st.text() | st.lists(TOKENS, max_size=12).map("".join) | JSON.map(json.dumps) | st.binary().map(repr))
@FUZZ
@example("1e1000000000000000000")
@example("0e99999999999999999999")
def test_any_text_is_a_value_or_a_reason(text: str) -> None:
    """Faults: a fuzzer finds nothing that raises anything else."""
    try:
        read_json(text)
    except UnreadableError as refused:
        assert str(refused)  # noqa: PT017  # Either way is right; only another exception would be wrong.


@given(JSON)
@FUZZ
def test_whatever_is_read_can_be_written_as_utf_8(value: object) -> None:
    """Nothing that is let through breaks whoever writes it later."""
    text = json.dumps(value)
    try:
        read = read_json(text)
    except UnreadableError:
        return
    written = json.dumps(read, ensure_ascii=False, default=str)
    assert written.encode().decode() == written


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f'{{"{CANARY}": ',
        f'{{"{CANARY}": 1, "{CANARY}": 2}}',
        f'{{"{CANARY}": NaN}}',
        f'{{"{CANARY}": {"1" * 39}}}',
        f'["{CANARY}\\ud800"]',
        "[" * 40 + f'"{CANARY}"' + "]" * 40,
    ],
    ids=range(7),
)
def test_a_reason_quotes_nothing_of_the_text(text: str) -> None:
    """Security: no bodies in error texts: canary strings, and the exception behind it too."""
    with pytest.raises(UnreadableError) as refused:
        read_json(text)
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None
