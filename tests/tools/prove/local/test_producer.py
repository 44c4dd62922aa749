from itertools import islice
from random import Random

from milepost.application.arrival import LiveArrival
from milepost.application.intake import Intake
from milepost.domain.instant import DAY
from milepost_tools.prove.checker.evidence import Sent
from milepost_tools.prove.local.producer import _BREAKERS, Course, Producer


def drawn(number: int, seed: int = 1) -> list[Sent]:
    """What a producer would send, without sending it."""
    producer, draw = Producer("", "", Course(60)), Random(seed)
    return list(islice((each for _ in range(number) for each in producer._next(draw, 1.0)), number))


def is_refused(sent: Sent) -> bool:
    """Whether the boundary turns it away."""
    return bool(Intake(35 * DAY, LiveArrival()).read(sent.body, sent.sent).reasons)


def test_what_it_calls_valid_is_accepted_and_what_it_calls_poison_is_refused() -> None:
    """Else the run would count refusals as losses, or miss some."""
    found = drawn(5_000)
    assert {each.valid for each in found} == {True, False}
    assert [each.body for each in found if is_refused(each) is each.valid] == []


def test_every_way_to_break_a_message_is_refused() -> None:
    """Each of them, of whatever event."""
    for breaker in _BREAKERS:
        for sent in [each for each in drawn(50) if each.valid and each.name is not None]:
            broken = Producer._broken(_Always(breaker), sent)
            assert is_refused(broken), broken.body[:200]


class _Always(Random):
    """Chooses what it is told to."""

    def __init__(self, chosen: object) -> None:
        super().__init__(0)
        self.chosen = chosen

    def choice(self, _: object) -> object:  # type: ignore[override]
        """That."""
        return self.chosen


def test_a_seed_means_the_same_people_doing_the_same_things() -> None:
    """Only instants differ, which are the run's own."""
    first, again, other = (
        [(each.message_id, each.subject, each.name, each.amount, each.valid) for each in drawn(300, seed)]
        for seed in (1, 1, 2)
    )
    assert first == again != other
