"""After an erasure a subject is what it would be if nothing before had ever happened, whatever comes again and when."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.advance import advance
from milepost.domain.event import Track
from milepost.domain.fold import memory_of
from milepost.domain.instant import DAY, Instant
from milepost.domain.ledger import REDELIVERY
from milepost.domain.progress import Progress
from tests.domain.build import MAX_AGE, SUBJECT, T0, track
from tests.domain.laws.catalogs import ZONES, everything
from tests.domain.laws.histories import HISTORIES, LAW, Delivery, Happening, delivered

ALL = {zone: everything(zone) for zone in ZONES}
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=5)


def with_copies(deliveries: Sequence[Delivery], until: Instant) -> Iterable[Delivery]:
    """The same, each with whatever of before was delivered already and can still come again."""
    seen: list[Track] = []
    for each in deliveries:
        copies = [
            event
            for event in seen
            if event.instant <= until
            and (event.instant >= each.now - MAX_AGE or event.arrived >= each.now - REDELIVERY)
        ]
        yield Delivery((*copies, *each.events), each.now)
        seen += [event for event in each.events if isinstance(event, Track)]


@LAW
@given(history=HISTORIES, sizes=SIZES, zone=st.sampled_from(ZONES), moment=st.integers(0, 120 * DAY))
def test_nothing_that_happened_before_is_ever_seen_again(
    history: list[Happening], sizes: list[int], zone: str, moment: int
) -> None:
    """Standings, ledger, traits, counters, outbox and what is due: all as of a subject that is new.

    Late events, copies and the rest of a batch that was cut in two by the erasure included.
    """
    until = T0 + moment
    erased, new = Progress(SUBJECT, erased=until), Progress(SUBJECT)
    for each in with_copies(delivered(history, sizes), until):
        if each.now < until:
            continue
        erased = advance(erased, each.events, ALL[zone], each.now).progress
        later = [event for event in each.events if event.instant > until]
        new = advance(new, later, ALL[zone], each.now).progress
        assert erased._replace(erased=None) == new


@LAW
@given(gap=st.integers(0, 200 * DAY))
def test_the_erasure_is_remembered_as_long_as_what_happened_before_can_come(gap: int) -> None:
    """And no longer, once there is a new life: it would be there for ever."""
    used = ALL["UTC"]
    later = T0 + gap + 1
    progress = advance(Progress(SUBJECT, erased=T0), [track("later", later)], used, later).progress
    assert (progress.erased is not None) is (gap + 1 <= memory_of(used))
    assert progress.erased in {None, T0}
