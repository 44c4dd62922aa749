"""Units per event for any batch and any number of subjects: the expected distinct subjects, times measured overhead.

Subjects are drawn by Zipf's law. At the measured number of subjects the model is the measurement; away from it,
everything follows the distinct subjects of a batch.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import expm1, log, log1p

from milepost_tools.cost.measured import OURS, SUBJECTS, PerEvent

_EXACT = 1000
_WIDENING = 1.02


def distinct(batch: int, subjects: int) -> float:
    """How many different subjects a batch holds on average."""
    ranks = list(_ranks(subjects))
    total = sum(count / rank for rank, count in ranks)
    return sum(-count * expm1(batch * log1p(-min(1 / rank / total, 1 - 1e-12))) for rank, count in ranks)


def _ranks(subjects: int) -> Iterator[tuple[float, float]]:
    """Ranks and how many subjects share each: one by one at first, then in bands, which differ by nothing visible."""
    yield from ((rank, 1) for rank in range(1, min(subjects, _EXACT) + 1))
    low = _EXACT + 1
    while low <= subjects:
        high = min(max(int(low * _WIDENING), low + 1), subjects + 1)
        count = high - low
        yield count / log((high - 0.5) / (low - 0.5)), count  # The rank whose weight is the band's mean weight.
        low = high


def per_event(batch: int, subjects: int) -> PerEvent:
    """What an event costs ingest."""
    seen = distinct(batch, subjects)
    ratio = seen / distinct(batch, SUBJECTS)
    overhead = _between(batch, lambda size: OURS[size].write_units * size / distinct(size, SUBJECTS))
    requests = ratio * _between(batch, lambda size: OURS[size].requests)
    cpu = ratio * _between(batch, lambda size: OURS[size].cpu_ms)
    # A batch is read and written, however small it is.
    return PerEvent(overhead * seen / batch, max(requests, 2 / batch), cpu)


def _between(batch: int, value_at: Callable[[int], float]) -> float:
    """Between two measured batches in proportion to the logarithm; beyond the first and the last as there."""
    sizes = sorted(OURS)
    place = min(max(batch, sizes[0]), sizes[-1])
    low, high = next(pair for pair in pairwise(sizes) if place <= pair[1])
    share = log(place / low) / log(high / low)
    return value_at(low) * (1 - share) + value_at(high) * share
