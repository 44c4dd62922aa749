"""`all`: each member at least once, in any order, alone and inside a span."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import Duration
from milepost.domain.matcher import Condition, Matcher
from milepost.domain.rules import build, together
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.interface import Change, Hit, Past, SoFar
from milepost.domain.rules.members import Match
from milepost.domain.rules.sequence import Sequence as Steps
from tests.domain.rules.folding import IN_UTC, LONG_AGO, folded
from tests.domain.rules.lettered import (
    BEGINNING,
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
from tests.domain.rules.waiting import Alarm, Turned

WORDS = st.sampled_from(["a", "ab", "abc", "aab"])
SPANS = st.integers(1, 12)
NESTED = AllOf((Match(letter("a")), Count(letter("b"), 2), AllOf((Steps((letter("b"), letter("c"))),))))


def rule(word: str, span: Duration | None = None) -> AllOf:
    """All of these letters."""
    return AllOf(tuple(Match(letter(each)) for each in word), span)


def answer(every: AllOf, letters: Iterable[Letter], memory: Duration | None = None) -> Answer:
    """What the rule makes of events in this order."""
    return since_beginning(folded(every, tracks(letters), memory=memory).hits)


def expected(word: str, letters: Sequence[Letter], span: Duration) -> Answer:
    """The slow way: after each event the latest one before it with all letters between, so many as have come."""
    ordered = in_time(letters)
    for end, each in enumerate(ordered, 1):
        last, until = each.after, ordered[:end]
        for first in sorted({one.after for one in until if one.after >= last - span}, reverse=True):
            if set(word) <= set("".join(one.name for one in until if one.after >= first)):
                return last, first
    return None


def nested_expected(letters: Iterable[Letter]) -> Answer:
    """The slow way to `NESTED`: an a, two b and a c after a b."""
    ordered = in_time(letters)
    for end, each in enumerate(ordered, 1):
        until = ordered[:end]
        bs = [one.after for one in until if "b" in one.name]
        c_after_b = any("c" in one.name and one.after > min(bs, default=10**9) for one in until)
        if len(bs) > 1 and c_after_b and any("a" in one.name for one in until):
            return each.after, None
    return None


@pytest.mark.parametrize(
    ("every", "text", "then"),
    [
        pytest.param(rule("ab"), "b@1 a@900", (900, None), id="2: in any order; ref is null without `in`"),
        pytest.param(rule("ab"), "a@1 a@2", None, id="2: twice the same is not both"),
        pytest.param(rule("abc"), "abc@1", (1, None), id="2: one event may satisfy several"),
        pytest.param(rule("ab", 5), "b@1 a@6", (6, 1), id="3.3: last minus first exactly D; ref is the first"),
        pytest.param(rule("ab", 5), "b@1 a@7", None, id="3.3: one microsecond more"),
        pytest.param(rule("ab", 5), "b@1 b@3 a@6", (6, 3), id="of groups that end together the shortest"),
        pytest.param(rule("ab", 5), "ab@4", (4, 4), id="3.3: a group of one event"),
        pytest.param(rule("abc", 5), "a@1 b@4 c@7 a@8", (8, 4), id="3.3: the first group that fits"),
    ],
)
def test_events_in_order_reach_it_when_the_reading_says(every: AllOf, text: str, then: Answer) -> None:
    """Each case names what it pins."""
    assert answer(every, spelled(text)) == then


@pytest.mark.parametrize("span", [None, 2])
def test_all_are_met_in_every_order_of_arrival(span: Duration | None) -> None:
    """3.1: the newest is `at`, the first, with `in`, is `ref`."""
    for letters in every_order("a@1 b@2 c@3"):
        assert answer(rule("abc", span), letters) == (3, None if span is None else 1)


@LAW
@given(WORDS, streams(30, 15), SPANS)
def test_in_order_it_is_what_the_slow_way_finds(word: str, letters: list[Letter], span: Duration) -> None:
    """3.3: whether, `at` and `ref`."""
    assert answer(rule(word, span), in_time(letters)) == expected(word, letters, span)


@LAW
@given(WORDS, streams(30, 15), SPANS)
def test_whether_it_is_reached_does_not_depend_on_order(word: str, letters: list[Letter], span: Duration) -> None:
    """3.1: the strategy makes them in any order."""
    assert (answer(rule(word, span), letters) is None) == (expected(word, letters, span) is None)


@LAW
@given(WORDS, streams(60, 25, MEMORY), SPANS)
def test_forgetting_loses_nothing(word: str, letters: list[Letter], span: Duration) -> None:
    """3.1: for events at most `memory` late; and nothing at all for events in order."""
    late = answer(rule(word, span), in_arrival(letters), MEMORY)
    assert (late is None) == (expected(word, letters, span) is None)
    ordered = [each._replace(late=0) for each in in_time(letters)]
    assert answer(rule(word, span), ordered, MEMORY) == expected(word, ordered, span)


@LAW
@given(streams(20, 12))
def test_rules_inside_latch_each_by_itself(letters: list[Letter]) -> None:
    """2: whatever the order, and in order at the newest of the members' instants."""
    assert answer(NESTED, in_time(letters)) == nested_expected(letters)
    assert (answer(NESTED, letters) is None) == (nested_expected(letters) is None)


def many(seed: int, names: str, longest: Duration, late: Duration) -> list[Letter]:
    """A lot of events."""
    random = Random(seed)
    return [Letter(random.randrange(longest), random.choice(names), random.randint(0, late)) for _ in range(3_000)]


@pytest.mark.parametrize("span", [1, 7, 100, 5_000])
def test_its_memory_is_bounded(span: Duration) -> None:
    """Two instants a cell of D, and never more than fit; without `c` it goes on for ever."""
    every = rule("abc", span)
    result = folded(every, tracks(in_arrival(many(1, "ab", 5_000, 700))), memory=700)
    assert 0 < result.most <= every.most_values(700) == 3 * 2 * (700 // span + 3) or span == 1


def test_there_is_a_most_that_it_keeps() -> None:
    """A span that is short against how late events may come is not kept in full."""
    every = rule("abc", 1)
    result = folded(every, tracks(in_arrival(many(1, "ab", 5_000, 2_000))), memory=2_000)
    assert result.most <= every.most_values(2_000) == together.KEPT // 3 * 3


@pytest.mark.parametrize("seed", range(5))
def test_in_order_it_is_exact_beyond_what_it_can_keep(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest instant of each matcher is never what is left out."""
    monkeypatch.setattr(together, "KEPT", 9)
    letters = in_time([*many(seed, "ab", 5_000, 0)[:300], Letter(4_000, "c"), Letter(900, "c")])
    for span in (1, 5, 20):
        assert answer(rule("abc", span), letters, 5_000) == expected("abc", letters, span)


def test_without_a_span_a_member_is_one_entry() -> None:
    """Its memo until it is met, its instant afterwards."""
    result = folded(NESTED, tracks(spelled("a@1 b@2")))
    assert result.memo == (
        BEGINNING + 1,
        NESTED.members[1].fold(NESTED.members[1].start, BEGINNING + 2, 1, 0)[:1],
        (((((BEGINNING + 2,), ()),),),),
    )
    assert NESTED.most_values(99) == 1 + 3 + 128


def test_it_passes_on_traits_and_the_clock() -> None:
    """A member that waits for the clock, or looks at a trait, hears of it."""
    every = AllOf((Alarm(50), Turned(), Match(letter("a"))))
    assert every.clocked
    assert every.traits == {"plan"}
    assert not rule("ab").clocked
    assert every.notice(Change("region", "eu", "us"), IN_UTC) is None
    memo, hits = every.fold(every.start, 40, every.notice(Change("plan", "free", "pro"), IN_UTC), LONG_AGO)
    assert every.wakes(memo, IN_UTC) == 50
    assert every.decide(memo, 49, IN_UTC, LONG_AGO) == (memo, ())
    memo, early = every.decide(memo, 60, IN_UTC, LONG_AGO)
    assert every.wakes(memo, IN_UTC) is None
    assert hits == early == ()
    assert every.fold(memo, 45, (None, None, 1), LONG_AGO)[1] == (Hit(50),)


def test_the_clock_can_meet_the_last_member() -> None:
    """Then `at` is the newest of the instants, not the clock."""
    every = AllOf((Alarm(50), Match(letter("a"))))
    memo, _ = every.fold(every.start, 70, (None, 1), LONG_AGO)
    assert every.decide(memo, 99, IN_UTC, LONG_AGO)[1] == (Hit(70),)
    assert rule("ab", 5).decide(((1,), ()), 99, IN_UTC, LONG_AGO) == (((1,), ()), ())
    assert rule("ab", 5).wakes(((1,), ()), IN_UTC) is None


def test_what_members_were_met_in_the_past_is_known() -> None:
    """3.13: as far as the counters know; those members need no event any more, and give no instant."""
    every = rule("ab")
    assert every.introduced(Past({"a": 3, "b": 1}, {}, 9), IN_UTC) == ((None, None), 1)
    memo, times = every.introduced(Past({"a": 3, "c": 1}, {}, 9), IN_UTC)
    assert (memo, times) == ((None, (None,)), 0)
    assert every.fold(memo, 5, (None, 1), LONG_AGO)[1] == (Hit(5),)
    assert rule("ab", 5).introduced(Past({"a": 3, "b": 1}, {}, 9), IN_UTC) == (((), ()), 0)


@pytest.mark.parametrize(
    ("every", "text", "have"),
    [(rule("abc"), "", 0), (rule("abc"), "a@1 a@2 b@3", 2), (rule("abc", 5), "", 0), (rule("abc", 5), "a@1 b@9", 1)],
)
def test_it_says_how_many_parts_are_met(every: AllOf, text: str, have: int) -> None:
    """With `in`, of the span that ends with the newest event."""
    assert every.so_far(folded(every, tracks(spelled(text))).memo) == SoFar(have, 3, "parts")


def test_a_matcher_among_them_is_a_rule_that_remembers_nothing() -> None:
    """The counters of the past do not know what its `where` asks for."""
    picky = Match(Matcher(frozenset("a"), (Condition(("plan",), "eq", "pro"),)))
    assert picky.introduced(Past({"a": 3}, {}, 9), IN_UTC) == (None, 0)
    assert Match(Matcher(None)).introduced(Past({"x": 1}, {}, 9), IN_UTC) == (None, 1)
    assert picky.so_far(picky.start) == SoFar(0, 1, "events")
    assert picky.most_values(99) == 0


def test_it_is_built_from_a_compiled_catalog() -> None:
    """What the language writes, the core reads, rules inside rules too."""
    inner = {"kind": "all", "of": [{"kind": "match", "event": "*"}], "in": 7}
    every = build({"kind": "all", "of": [{"kind": "match", "event": ["a"], "where": []}, inner], "in": None})
    assert isinstance(every, AllOf)
    assert [type(member) for member in every.members] == [Match, AllOf]
    assert every.names is None
    assert rule("ab").names == letter("a").names | letter("b").names  # type: ignore[operator]  # neither is `*`
