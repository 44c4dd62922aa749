"""When a date comes round: so many spans of the calendar after it, or before it (semantics, 3.9).

Always counted from the date itself: a month after 31 January is 28 February, two are 31 March. Answers are
remembered: calendar arithmetic costs 20 times what it takes to look one up, and each event of a subject asks again.
"""

from bisect import bisect_left
from functools import lru_cache
from typing import Final

from milepost.domain.instant import DAY, Instant
from milepost.domain.local import Local, Span

NEVER: Final[Instant] = 2**63
"""Later than any date that can be written."""
REMEMBERED: Final = 8192
_SHORTEST_MONTH, _LONGEST_MONTH = 28 * DAY, 31 * DAY
_LARGEST_SET_BACK: Final = 2 * DAY
"""No two offsets of a zone differ by more, the date line included."""


@lru_cache(maxsize=REMEMBERED)
def came_round(date: Instant, span: Span, times: int, local: Local) -> Instant:
    """When a date comes round for the so-manieth time, or came before it if negative; `NEVER` beyond the calendar."""
    try:
        return local.shifted(date, span, times)
    except OverflowError:
        return NEVER


@lru_cache(maxsize=REMEMBERED)
def first_since(date: Instant, span: Span, since: Instant, local: Local) -> int:
    """The first time that a date comes round at or after `since`, counted from 1."""
    if since <= date:
        return 1
    # Bounds first: a birthday is found among a few years, and not among all that the calendar has.
    longest = span.months * _LONGEST_MONTH + span.days * DAY + span.elapsed
    shortest = span.months * _SHORTEST_MONTH + span.days * DAY + span.elapsed
    low = max(1, (since - date - _LARGEST_SET_BACK) // longest)
    high = max(low, (since - date + _LARGEST_SET_BACK) // shortest + 1)
    return bisect_left(range(high), since, lo=low, hi=high, key=lambda times: came_round(date, span, times, local))
