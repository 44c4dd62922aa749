"""Events that are named by the letters they stand for, for tests of rules that hold several matchers.

The event `ac` is picked by the matchers of `a` and of `c`.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations, permutations
from typing import Final, NamedTuple, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

from milepost.domain.event import Track
from milepost.domain.instant import DAY, Duration, Instant
from milepost.domain.matcher import Matcher
from milepost.domain.rules import Hit
from tests.domain.rules.folding import happened

Answer: TypeAlias = tuple[Duration, Duration | None] | None
"""When a rule was first met, and its `ref`; None if it never was."""
LAW: Final = settings(max_examples=200)
MEMORY: Final = 15
"""How long after another an event can arrive that is older."""
LETTERS: Final = "abc"
NAMES: Final = ["".join(each) for size in (1, 2, 3) for each in combinations(LETTERS, size)]
BEGINNING: Final[Instant] = 20_000 * DAY


class Letter(NamedTuple):
    """An event: so long after the beginning, and what it stands for."""

    after: Duration
    name: str
    late: Duration = 0


def letter(name: str) -> Matcher:
    """The matcher of one letter."""
    return Matcher(frozenset(each for each in NAMES if name in each))


def tracks(letters: Iterable[Letter]) -> list[Track]:
    """The events themselves, in the same order."""
    return [happened(BEGINNING + each.after, each.name, late=each.late, number=n) for n, each in enumerate(letters)]


def spelled(text: str) -> list[Letter]:
    """One event a word, `ab@5`; in the order of the words."""
    words = (word.split("@") for word in text.split())
    return [Letter(int(after), name) for name, after in words]


def since_beginning(hits: Sequence[Hit]) -> Answer:
    """When the first hit was, and its `ref`, both from the beginning; None without a hit."""
    if not hits:
        return None
    return hits[0].at - BEGINNING, None if hits[0].ref is None else hits[0].ref - BEGINNING


def in_time(letters: Iterable[Letter]) -> list[Letter]:
    """In the order of the instants; `sorted` keeps the order of those that share one."""
    return sorted(letters, key=lambda each: each.after)


def in_arrival(letters: Iterable[Letter]) -> list[Letter]:
    """In the order in which they arrive."""
    return sorted(letters, key=lambda each: each.after + each.late)


def every_order(text: str) -> list[list[Letter]]:
    """All orders of a few."""
    return [list(each) for each in permutations(spelled(text))]


def streams(longest: int, most: int, latest: Duration = 0) -> st.SearchStrategy[list[Letter]]:
    """Events in any order, of which many share an instant; none later than `latest`."""
    late = st.integers(0, latest) if latest else st.just(0)
    return st.lists(st.builds(Letter, st.integers(0, longest), st.sampled_from(NAMES), late), max_size=most)
