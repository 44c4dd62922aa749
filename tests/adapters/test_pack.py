from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from milepost.adapters.pack import pack, write_row
from milepost.adapters.unpack import read_row, unpack
from milepost.adapters.varint import fold_sign, read_number, unfold_sign, write_number
from tests.adapters.strategies import numbers, scalars, texts, values


@given(values)
@example((True, 1, False, 0, None, Decimal("1.50"), Decimal(1), Decimal("-0"), "1", -1, 127, 128, -128))
@example({"a": {"b": ((), {})}, "": ""})
def test_a_plain_value_comes_back_as_it_was(value: object) -> None:
    """Type, order and trailing zeros included, which is why their texts are compared."""
    assert repr(unpack(pack(value))) == repr(value)


@given(st.integers(2, 4).flatmap(lambda width: st.lists(st.tuples(*[numbers] * width), max_size=6).map(tuple)))
@example(((738_000, 738_004, 1_767_225_600_000_000), (738_006, 738_006, 1_767_744_000_000_000)))
@example(((0, 0), (0, 0)))
def test_rows_of_integers_come_back_as_they_were(rows: tuple[tuple[int, ...], ...]) -> None:
    """Intervals of a streak, observations that wait: kept by column, also where numbers fall or are negative."""
    assert repr(unpack(pack(rows))) == repr(rows)
    assert repr(unpack(pack((rows, "x", rows)))) == repr((rows, "x", rows))


@given(st.lists(scalars, max_size=5))
def test_a_list_comes_back_as_a_tuple(value: list[object]) -> None:
    """The one thing that does not stay as it was."""
    assert repr(unpack(pack(value))) == repr(tuple(value))


@given(st.dictionaries(numbers | texts, scalars, max_size=5))
def test_a_mapping_may_have_numbers_for_keys(value: dict[object, object]) -> None:
    """Standings are kept under the hash of their milestone."""
    assert repr(unpack(pack(value))) == repr(value)


@pytest.mark.parametrize("value", [1.5, b"", {1, 2}, object(), [0.1], {"a": b"x"}, {b"a": 1}])
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    """Also inside another value; a float above all, which could not come back exactly."""
    with pytest.raises(TypeError, match="cannot pack a"):
        pack(value)


@given(st.binary(max_size=40))
@example(bytes([0x87, 2, 1, 2, 1, 3]))
@example(bytes([0x87, 1, 0x86, 1, 0x87, 0, 0]))
@example(bytes([0x84, 4]) + b"sNaN")
@example(bytes([0x87, 1, 0x84, 4]) + b"sNaN\x00")
@example(bytes([0x86, 1]) * 20_000)
@example(bytes([0x85]) + b"\xff" * 12 + b"\x01")
def test_arbitrary_bytes_are_a_value_or_a_value_error(data: bytes) -> None:
    """Nothing else ever comes out of bytes that somebody else wrote."""
    try:
        value = unpack(data)
    except ValueError:
        return
    assert repr(unpack(pack(value))) == repr(value)


@given(values, st.data())
def test_every_proper_beginning_is_cut_off(value: object, data: st.DataObject) -> None:
    """A value never ends before its last byte."""
    packed = pack(value)
    with pytest.raises(ValueError, match="packed value is cut off"):
        unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])


@given(values, st.binary(min_size=1, max_size=3))
def test_bytes_behind_a_value_are_damage(value: object, more: bytes) -> None:
    """A value never goes on behind its last byte."""
    with pytest.raises(ValueError, match="packed value is cut off or followed by something else"):
        unpack(pack(value) + more)


@given(values, st.integers(0, 200), st.integers(1, 255))
def test_a_flipped_byte_is_noticed_or_gives_another_value(value: object, place: int, mask: int) -> None:
    """It raises nothing but ValueError."""
    packed = bytearray(pack(value))
    packed[place % len(packed)] ^= mask
    try:
        unpack(bytes(packed))
    except ValueError:
        return


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 1),
        (True, 1),
        (False, 1),
        (0, 1),
        (127, 1),
        (128, 2),
        (-1, 2),
        (1_795_332_664_120_000, 8),
        ("", 2),
        ("pro", 5),
        (Decimal("12.50"), 7),
        ((), 2),
        ((1, 2, 3), 5),
        ({"a": 1}, 6),
    ],
)
def test_values_take_the_bytes_that_the_module_claims(value: object, size: int) -> None:
    """One tag byte, then the value; small integers are their own tag."""
    assert len(pack(value)) == size


@given(st.integers(-(2**70), 2**70))
def test_folding_the_sign_loses_nothing(number: int) -> None:
    """And gives a number of 0 or more."""
    folded = fold_sign(number)
    assert folded >= 0
    assert unfold_sign(folded) == number


def test_small_numbers_fold_to_small_ones() -> None:
    """As the docstring lists them."""
    assert [fold_sign(number) for number in (0, -1, 1, -2, 2)] == [0, 1, 2, 3, 4]


@given(st.integers(0, 2**70), st.binary(max_size=3), st.binary(max_size=3))
def test_a_number_is_read_where_it_was_written(number: int, before: bytes, after: bytes) -> None:
    """Whatever stands before and behind it, and seven bits a byte."""
    out = bytearray(before)
    write_number(out, number)
    end = len(out)
    assert end - len(before) == max(1, -(-number.bit_length() // 7))
    assert read_number(bytes(out) + after, len(before)) == (number, end)


@given(st.lists(values, max_size=5), st.binary(max_size=3))
def test_a_row_of_values_comes_back_with_where_it_ends(row: list[object], before: bytes) -> None:
    """Rows stand one behind another, so each says its end."""
    out = bytearray(before)
    write_row(out, row)
    assert repr(read_row(bytes(out), len(before))) == repr((tuple(row), len(out)))
    with pytest.raises(ValueError, match="cut off or damaged"):
        read_row(bytes(out[:-1]), len(before))
