"""What was read knows its bytes: written again it is what it would be had it never been stored."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.codec import Codec
from milepost.adapters.entries import decode_entries, encode_entries
from milepost.adapters.names import Names
from milepost.adapters.standings import decode_standings, encode_standings
from milepost.domain.ledger import Entry, Ledger
from milepost.domain.progress import Progress, Standing
from tests.adapters.examples import CATALOG
from tests.adapters.strategies import progresses

CODEC = Codec.of(CATALOG)
NAMES = Names.of(CATALOG)
keys = st.integers(0, 2**64 - 1)
entries = st.builds(Entry, st.integers(-(2**40), 2**40), st.integers(0, 255), st.sampled_from([0, 0, 7]))
ledgers = st.dictionaries(keys, entries, max_size=24)


@given(ledgers, ledgers, st.integers(-(2**41), 2**41))
def test_a_ledger_that_was_read_and_grows_is_written_as_if_it_were_new(
    stored: Mapping[int, Entry], added: Mapping[int, Entry], horizon: int
) -> None:
    """Whether the new events are later than the others or not, and whether they have marks or are the first to."""
    news = {key: each for key, each in added.items() if key not in stored}
    read = decode_entries(encode_entries(stored))
    grown = Ledger(read, stored=len(read)).with_events(news, horizon).entries
    assert encode_entries(grown) == encode_entries(dict(grown))


@given(ledgers, ledgers)
def test_a_ledger_from_which_a_longer_one_has_grown_is_written_as_it_was(
    stored: Mapping[int, Entry], added: Mapping[int, Entry]
) -> None:
    """The two share their entries: a write that lost its race must not take what the other has added along."""
    news = {key: each for key, each in added.items() if key not in stored}
    ledger = Ledger(decode_entries(encode_entries(stored)))
    ledger.with_events(news, -(2**62))
    assert encode_entries(ledger.entries) == encode_entries(stored)


@given(progresses("first", "second"), progresses("first", "second"))
def test_standings_that_were_read_and_moved_are_written_as_if_they_were_new(before: Progress, moved: Progress) -> None:
    """Those that have moved by their values, the others by the bytes that they had."""
    read = decode_standings(encode_standings(before.standings), NAMES)
    assert encode_standings({**read, **moved.standings}) == encode_standings({**before.standings, **moved.standings})


@given(progresses("first", "second"))
def test_a_standing_that_is_made_of_one_that_was_read_does_not_keep_its_bytes(progress: Progress) -> None:
    """`_replace` makes one of the same class."""
    read = decode_standings(encode_standings(progress.standings), NAMES)
    changed = {name: each._replace(occurrences=each.occurrences + 1) for name, each in read.items()}
    assert encode_standings(changed) == encode_standings({name: Standing(*each) for name, each in changed.items()})


@given(progresses("first", "second"))
def test_whatever_is_read_is_written_as_it_is_stored(progress: Progress) -> None:
    """Byte for byte, so that a write changes nothing but what has changed."""
    present, absent = CODEC.encode(progress)
    assert CODEC.encode(CODEC.decode(progress.subject, present)) == (present, absent)
