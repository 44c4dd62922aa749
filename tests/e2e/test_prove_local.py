"""A quarter of a minute of what `milepost prove --local` does for ten minutes: everything runs, and much is killed."""

import json

from milepost_tools.prove.local.producer import Course
from milepost_tools.prove.local.report import TRIED, report
from milepost_tools.prove.local.run import prove


def test_workers_that_are_killed_lose_nothing_and_count_nothing_twice() -> None:
    """By a judge that knows nothing of the code: counters, statistics, outcomes, nudges and dead letters.

    It was put to the test: workers died with messages in hand while others had some, a dead-letter queue was
    redriven, a subscriber failed, and what must be refused lies there with its reason.
    """
    proven = prove(Course(seconds=15, rate=16, people=20, interval=2))
    figures = proven.figures
    assert proven.wrong == {law: [] for law in proven.wrong}
    assert [name for name in TRIED if not figures[name]] == []
    assert figures["poison"] == figures["poison_refused_with_a_reason"]
    assert json.loads(report(proven).splitlines()[-1]) == {"prove": "local", **figures, "holds": True}
