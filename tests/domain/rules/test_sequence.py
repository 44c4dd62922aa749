"""`sequence`: steps in order, each strictly later, alone and inside a span."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import Duration
from milepost.domain.rules import build, thinning
from milepost.domain.rules.interface import SoFar
from milepost.domain.rules.sequence import Sequence as Steps
from tests.domain.rules.folding import folded
from tests.domain.rules.lettered import (
    LAW,
    MEMORY,
    Answer,
    Letter,
    every_order,
    in_arrival,
    in_time,
    letter,
    since_beginning,
    spelled,
    streams,
    tracks,
)

WORDS = st.text("abc", min_size=2, max_size=4)
SPANS = st.none() | st.integers(1, 12)


def rule(word: str, span: Duration | None = None) -> Steps:
    """A sequence of one step a letter."""
    return Steps(tuple(letter(each) for each in word), span)


def answer(steps: Steps, letters: Iterable[Letter], memory: Duration | None = None) -> Answer:
    """What the rule makes of events in this order."""
    return since_beginning(folded(steps, tracks(letters), memory=memory).hits)


def chains(word: str, letters: Sequence[Letter]) -> list[tuple[Duration, Duration]]:
    """Every chain there is, as its first and last instant: one event for each step, each later than the one before."""
    begun = [(each.after, each.after) for each in letters if word[0] in each.name]
    for step in word[1:]:
        begun = [
            (first, each.after) for first, last in begun for each in letters if step in each.name and each.after > last
        ]
    return begun


def expected(word: str, letters: Sequence[Letter], span: Duration | None) -> Answer:
    """The slow way: of every chain that fits, the first to end, and of those the last to begin."""
    fitting = [(last, -first) for first, last in chains(word, letters) if span is None or last - first <= span]
    if not fitting:
        return None
    last, first = min(fitting)
    return last, None if span is None else -first


def latest_starts(word: str, letters: Iterable[Letter], span: Duration) -> Answer:
    """The same for events in order, however many: for each step the latest start of a chain that has done it."""
    starts: list[Duration | None] = [None] * len(word)
    for instant, together in groupby(letters, key=lambda each: each.after):
        names = "".join(each.name for each in together)
        before = list(starts)
        for place, step in enumerate(word):
            reached = instant if place == 0 else before[place - 1]
            if step in names and reached is not None:
                starts[place] = reached
        if starts[-1] is not None and starts[-1] != before[-1] and instant - starts[-1] <= span:
            return instant, starts[-1]
    return None


@pytest.mark.parametrize(
    ("steps", "text", "then"),
    [
        pytest.param(rule("ab"), "a@1 b@2", (2, None), id="2: one after the other; ref is null without `in`"),
        pytest.param(rule("ab"), "b@1 a@2", None, id="2: not the other way round"),
        pytest.param(rule("ab"), "a@1 b@1", None, id="2: strictly later, not at the same instant"),
        pytest.param(rule("ab"), "ab@1", None, id="2: one event is not two steps"),
        pytest.param(rule("ab"), "ab@1 ab@2", (2, None), id="2: but each may serve either"),
        pytest.param(rule("ab"), "a@1 c@2 a@3 c@4 b@5", (5, None), id="2: other events are allowed between"),
        pytest.param(rule("abc"), "a@1 c@2 b@3 c@4", (4, None), id="2: a step too early waits for its turn"),
        pytest.param(rule("aaa"), "a@1 a@2 a@3", (3, None), id="2: the same matcher three times"),
        pytest.param(rule("ab", 5), "a@1 b@6", (6, 1), id="3.3: last minus first exactly D; ref is the first"),
        pytest.param(rule("ab", 5), "a@1 b@7", None, id="3.3: one microsecond more"),
        pytest.param(rule("ab", 5), "a@1 a@3 b@7", (7, 3), id="2: a later start, when the first is too long ago"),
        pytest.param(rule("ab", 5), "a@1 a@3 b@5", (5, 3), id="of chains that end together the shortest"),
        pytest.param(rule("abc", 5), "a@1 b@2 a@3 c@6", (6, 1), id="3.3: the start that goes with the step between"),
        pytest.param(rule("abc", 4), "a@1 b@2 a@3 c@6", None, id="3.3: and not the later one"),
    ],
)
def test_events_in_order_reach_it_when_the_reading_says(steps: Steps, text: str, then: Answer) -> None:
    """Each case names what it pins."""
    assert answer(steps, spelled(text)) == then


@pytest.mark.parametrize("span", [None, 2])
def test_three_steps_are_reached_in_every_order_of_arrival(span: Duration | None) -> None:
    """3.1: and the newest of the chain is `at`."""
    for letters in every_order("a@1 b@2 c@3"):
        assert answer(rule("abc", span), letters) == (3, None if span is None else 1)


def test_a_late_first_step_makes_use_of_what_came_too_early() -> None:
    """3.1: what is too early for its turn is remembered, because its turn can still come."""
    assert answer(rule("abc"), spelled("b@5 c@9 a@6 a@4")) == (9, None)


def test_a_chain_that_began_years_ago_goes_on() -> None:
    """Without `in` a step that is done stays done, however far the horizon has come."""
    assert answer(rule("abc"), spelled("a@1 b@1000 a@2000 c@9000"), memory=10) == (9000, None)


@LAW
@given(WORDS, streams(20, 12), SPANS)
def test_in_order_it_is_what_the_slow_way_finds(word: str, letters: list[Letter], span: Duration | None) -> None:
    """3.2 and 3.3: whether, `at` and `ref`."""
    assert answer(rule(word, span), in_time(letters)) == expected(word, letters, span)


@LAW
@given(WORDS, streams(20, 12), SPANS)
def test_whether_it_is_reached_does_not_depend_on_order(
    word: str, letters: list[Letter], span: Duration | None
) -> None:
    """3.1: the strategy makes them in any order."""
    assert (answer(rule(word, span), letters) is None) == (expected(word, letters, span) is None)


@LAW
@given(WORDS, streams(60, 25, MEMORY), SPANS)
def test_forgetting_loses_nothing(word: str, letters: list[Letter], span: Duration | None) -> None:
    """3.1: for events at most `memory` late; and nothing at all for events in order."""
    late = answer(rule(word, span), in_arrival(letters), MEMORY)
    assert (late is None) == (expected(word, letters, span) is None)
    ordered = [each._replace(late=0) for each in in_time(letters)]
    assert answer(rule(word, span), ordered, MEMORY) == answer(rule(word, span), ordered)


@LAW
@given(WORDS, streams(20, 12))
def test_a_late_hit_is_at_the_end_of_the_earliest_chain(word: str, letters: list[Letter]) -> None:
    """3.1: the latest instant among the events that completed it, of those that had come by then."""
    then = answer(rule(word), letters)
    by_then = next((end for end in range(len(letters) + 1) if expected(word, letters[:end], None)), len(letters))
    assert then == expected(word, letters[:by_then], None)


def many(seed: int, names: str, longest: Duration, late: Duration = 0) -> list[Letter]:
    """A lot of events; the rarer the later their letter stands."""
    random = Random(seed)
    weights = [10.0 ** -(2 * place) for place in range(len(names))]
    return [
        Letter(random.randrange(longest), random.choices(names, weights)[0], random.randint(0, late))
        for _ in range(2_000)
    ]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("names", ["abc", "bac", "ba", "abcb"])
def test_in_order_it_is_exact_beyond_what_it_can_keep(seed: int, names: str) -> None:
    """With `in`, what newer events can build upon is never what is left out."""
    letters = in_time(many(seed, names, 3_000))
    for span in (3, 300, 1_000):
        assert answer(rule("abc", span), letters, 10_000) == latest_starts("abc", letters, span)
        assert answer(rule("aabc", span), letters, 10_000) == latest_starts("aabc", letters, span)


@pytest.mark.parametrize("span", [None, 1, 500])
@pytest.mark.parametrize("names", ["a", "ab", "cb", "bc"])
def test_its_memory_is_bounded(span: Duration | None, names: str) -> None:
    """However many events, never more than 64 instants a step."""
    steps = rule("abcabcabc" if "a" in names else "abc", span)
    letters = in_arrival(many(1, names, 5_000, 700))
    result = folded(steps, tracks(letters), memory=700)
    assert 0 < result.most <= steps.most_values(700) == thinning.KEPT * len(steps.steps)


def test_it_remembers_little_of_what_is_common() -> None:
    """A thousand first steps are one instant; what came too early goes with the horizon."""
    assert folded(rule("ab"), tracks(Letter(n, "a") for n in range(1_000)), memory=10).memo == (
        (tracks([Letter(0, "a")])[0].instant,),
        (),
    )
    assert folded(rule("ab"), tracks(Letter(n, "b") for n in range(1_000)), memory=10).most <= 11


@pytest.mark.parametrize(
    ("steps", "text", "have"),
    [
        (rule("abc"), "", 0),
        (rule("abc"), "b@1", 0),
        (rule("abc"), "a@2 b@1", 1),
        (rule("abc"), "a@1 b@2", 2),
        (rule("abc", 5), "", 0),
        (rule("abc", 5), "a@1 b@2", 2),
        (rule("abc", 5), "a@1 b@2 a@3", 2),
        (rule("abc", 5), "a@1 b@2 a@9", 1),
        (rule("abc", 5), "a@1 b@2 b@9", 0),
    ],
)
def test_it_says_how_many_steps_are_done(steps: Steps, text: str, have: int) -> None:
    """With `in`, of a chain that the newest event leaves open."""
    assert steps.so_far(folded(steps, tracks(spelled(text))).memo) == SoFar(have, 3, "steps")


def test_it_is_built_from_a_compiled_catalog() -> None:
    """What the language writes, the core reads."""
    steps = build({"kind": "sequence", "steps": [{"event": ["a"]}, {"event": "*"}], "in": 5})
    assert isinstance(steps, Steps)
    assert steps.span == 5
    assert steps.names is None
    assert rule("a").names == letter("a").names
    assert not steps.repeats
