"""An item's size: what decides whether a ledger spills is checked against the engine, which counts on its own."""

from hypothesis import given

from milepost.adapters.codec import Codec
from milepost.adapters.item_size import bytes_as_billed, units_to_write
from milepost.domain.progress import Progress
from milepost_tools.engine import capacity
from tests.adapters.examples import CATALOG
from tests.adapters.strategies import progresses

CODEC = Codec.of(CATALOG)


@given(progresses("first", "second"))
def test_an_item_is_never_taken_for_smaller_than_it_is(progress: Progress) -> None:
    """Zeros at the end of a number are not billed, and are not worth looking for: three numbers have some."""
    present, _ = CODEC.encode(progress)
    assert 0 <= bytes_as_billed(present) - capacity.bytes_as_billed(present) <= 3 * 10


def test_a_unit_pays_for_a_kilobyte() -> None:
    """Begun ones count."""
    assert [units_to_write(size) for size in (1, 1024, 1025, 2048, 2049)] == [1, 1, 2, 2, 3]
