"""How many segments a text takes, against the numbers of the standard and a cutter that knows nothing of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost_tools.templates.sms import beyond, segments

BASIC = st.text(st.sampled_from("abc XYZ 019 @£é\n"))
EXTENDED = st.text(st.sampled_from("a€{}[]~|^\\"))
ANY = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 460, "GSM-7", 460, 4),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        # The 77th euro would be cut in two: each segment holds 76 of them.
        ("€" * 153, "GSM-7", 306, 3),
        ("ł" * 70, "UCS-2", 70, 1),
        ("ł" * 71, "UCS-2", 71, 2),
        ("ł" * 134, "UCS-2", 134, 2),
        ("ł" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # The 34th smile would be cut in two.
        ("😀" * 67, "UCS-2", 134, 3),
        ("ç", "UCS-2", 1, 1),
        ("Ç", "GSM-7", 1, 1),
        ("`", "UCS-2", 1, 1),
    ],
)
def test_segments_are_counted_as_3gpp_ts_23_038_says(text: str, alphabet: str, units: int, parts: int) -> None:
    """At each boundary, one character either side."""
    assert segments(text) == (alphabet, units, parts)


@given(BASIC | EXTENDED | ANY)
def test_a_text_fits_into_its_segments_and_into_no_fewer_than_its_length_needs(text: str) -> None:
    """One alone holds 160 or 70; of several each holds at most 153 or 67."""
    alphabet, units, parts = segments(text)
    alone, each = (160, 153) if alphabet == "GSM-7" else (70, 67)
    assert parts == 1 or units > alone
    assert units <= (alone if parts == 1 else parts * each)
    # A segment leaves at most one unit empty.
    assert parts == 1 or units > (parts - 1) * (each - 1)


@given(ANY, ANY)
def test_more_text_never_takes_fewer_segments(one: str, other: str) -> None:
    """Nor fewer units."""
    whole, part = segments(one + other), segments(one)
    assert whole.parts >= part.parts
    assert whole.units >= part.units or whole.alphabet != part.alphabet


@given(ANY)
def test_one_character_outside_of_the_alphabet_decides_for_all(text: str) -> None:
    """And it is named."""
    odd = beyond(text)
    assert (segments(text).alphabet == "UCS-2") == bool(odd)
    assert all(each in text for each in odd)
    assert len(set(odd)) == len(odd)
