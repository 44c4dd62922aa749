"""Stories to tell a catalog: who did what when, in 2026, and what became of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from milepost.domain.catalog import Catalog
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.results import final_state, outcome_row
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.sending import Parcel


def moment(when: str) -> str:
    """`01-31` or `01-31 18:30`, at nine in the morning where no time is given, in UTC."""
    day, _, time = when.partition(" ")
    return f"2026-{day}T{time or '09:00'}:00Z"


def daily(first: str, days: int) -> Iterator[str]:
    """That many days in a row, the first included."""
    start = datetime.fromisoformat(f"2026-{first}").replace(tzinfo=UTC)
    return ((start + timedelta(days=each)).strftime("%m-%d") for each in range(days))


@dataclass
class Story:
    """What is told, in any order; it is sent in the order of time."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=count)

    def track(self, user: str, event: str, *whens: str, account: str | None = None, **properties: Any) -> None:
        """Somebody did something, once at each of these times."""
        context = {"groupId": account} if account else {}
        for when in whens:
            self._add("track", user, when, event=event, properties=properties, context=context)

    def identify(self, user: str, when: str, **traits: Any) -> None:
        """Something is known of a person."""
        self._add("identify", user, when, traits=traits)

    def group(self, user: str, account: str, when: str, **traits: Any) -> None:
        """A person belongs to an account, of which something is known."""
        self._add("group", user, when, groupId=account, traits=traits)

    def _add(self, kind: str, user: str, when: str, **more: Any) -> None:
        message = {"type": kind, "messageId": f"m{next(self._ids)}", "userId": user, "timestamp": moment(when)}
        self.messages.append({**message, **more})

    def run(self, catalog: Catalog, as_of: str) -> "Ending":
        """Tell it to a catalog, and let the clock go on until then."""
        lines = [Parcel(each["messageId"], json.dumps(each)) for each in self._in_time()]
        return Ending(Simulation(catalog).run(lines, read_as_of(as_of)))

    def _in_time(self) -> list[dict[str, Any]]:
        return sorted(self.messages, key=lambda message: str(message["timestamp"]))


@dataclass
class Ending:
    """What became of everybody in a story."""

    run: Simulation

    @property
    def milestones(self) -> set[str]:
        """Those of which anything became anything."""
        return {outcome.milestone for outcome in self.run.outcomes}

    def of(self, subject: str) -> set[str]:
        """What became of one of them: `reached MILESTONE at TIME`, the time to the minute."""
        rows = (row for row in final_state(map(outcome_row, self.run.outcomes)) if row["subject"] == subject)
        return {f"{row['outcome']} {row['milestone']} {row['at'][:16]}" for row in rows}

    def told(self, subject: str) -> set[str]:
        """What one of them was told: `TEMPLATE by CHANNEL`, with the reason if it was not sent."""
        nudges = (nudge for nudge in self.run.nudges if nudge.subject == subject)
        return {f"{each.template} by {each.channel}" + (f": {each.reason}" if each.reason else "") for each in nudges}


def fitness() -> Story:
    """Ann trains every day but one until the middle of April; Ben begins too late; both have said what they allow."""
    story = Story()
    story.identify("ann", "01-01", timezone="Europe/Berlin", email_opt_in=True, push_opt_in=True)
    story.identify("ben", "01-01", email_opt_in=True, push_opt_in=False)
    for user in ("ann", "ben"):
        story.track(user, "signed_up", "01-01 10:00")
    trained = [*daily("01-03", 3), *daily("01-07", 97)]  # Not on 6 January; the hundredth is on 13 April.
    story.track("ann", "workout_completed", *(f"{day} 18:00" for day in trained), minutes=20)
    story.track("ben", "workout_completed", "01-12 18:00", minutes=20)
    return story


def team_saas() -> Story:
    """Five people of acct_7 work until the end of January; acct_8 is one person, and slow."""
    story = Story()
    story.group("u1", "7", "01-05", plan="trial", seats=3, trial_started_at="2026-01-05T09:00:00Z")
    story.identify("u1", "01-05", role="admin")
    for user in ("u2", "u3", "u4", "u5"):
        story.group(user, "7", "01-06")
        story.identify(user, "01-06", role="member")
    story.track("u1", "workspace_created", "01-05 09:10")
    story.track("u1", "project_created", "01-05 10:00", "01-20 10:00")
    story.track("u2", "project_created", "01-21 10:00")
    story.track("u1", "teammate_invited", "01-05 11:00")
    story.track("u1", "task_completed", "01-07 09:00", "01-07 10:00", "01-07 11:00", "01-08 09:00", "01-08 10:00")
    story.track("u1", "task_completed", "01-14 09:00", "01-15 09:00", "01-21 09:00", "01-22 09:00")
    for user, day in {"u2": "01-09", "u3": "01-10", "u4": "01-12", "u5": "01-13"}.items():
        story.track(user, "task_completed", day)
        story.track(user, "integration_connected", "01-13 12:00")  # No admin: not the ones to be told.
        story.track(user, "sync_finished", "01-13 12:30", records=9)
    story.track("u1", "integration_connected", "01-12 09:00", "01-14 09:00")
    story.track("u1", "sync_finished", "01-13 11:00", records=9)  # More than a day after the first connection.
    story.track("u1", "sync_finished", "01-14 10:00", records=0)
    story.track("u1", "sync_finished", "01-14 11:00", records=120)
    story.group("u1", "7", "01-15", plan="team", renews_at="2026-06-01")
    story.group("u1", "7", "02-02", seats=12)
    story.group("v1", "8", "01-05", plan="trial", trial_started_at="2026-01-05T09:00:00Z", renews_at="2026-06-01")
    for event in ("workspace_created", "project_created"):
        story.track("v1", event, "01-05 10:00")
    story.track("v1", "task_completed", *daily("01-10", 3))
    story.track("v1", "teammate_invited", "01-20")
    return story


def shop() -> Story:
    """Cleo buys, once sends everything back, and then stays away; Dan leaves his cart, and buys one thing later."""
    story = Story()
    story.identify("cleo", "01-01", birthday="1990-04-12T09:00", country="GB", email_opt_in=True, loyalty_tier="silver")
    story.track("cleo", "cart_filled", "01-05 10:00")
    for day, amount, category in (
        ("01-05", 60, "books"),
        ("01-08", 50, "books"),
        ("01-20", 60, "garden"),
        ("02-01", 400, "toys"),
        *((day, 1, "toys") for day in daily("02-02", 7)),
    ):
        story.track("cleo", "order_completed", f"{day} 10:30", amount=amount)
        story.track("cleo", "item_bought", f"{day} 10:30", category=category)
    story.track("cleo", "order_refunded", "01-06", amount=60)
    story.identify("cleo", "03-01", loyalty_tier="gold")
    story.identify("dan", "01-01", birthday="1991-04-12", country="US", sms_opt_in=True)
    story.track("dan", "cart_filled", "01-05 10:00")
    story.track("dan", "order_completed", "01-08", amount=20)
    story.track("dan", "item_bought", "01-08", category="toys")
    return story
