"""Decisions on nudges, worked out by hand: what is known, when it is, and what the gates must say of it.

Each row is a name, the answer, the time, and what differs from a subject of whom nothing is known, in UTC, with a step
that goes at once by a channel that needs nobody's yes. 2026-03-04 is a Wednesday.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from milepost.domain.caps import Arbitration, Cap, Use
from milepost.domain.demand import Demand, Fall, Watch
from milepost.domain.guardrails import Holdout
from milepost.domain.hours import Hours, SendWindow
from milepost.domain.instant import DAY, HOUR, MINUTE, Instant, parse_instant
from milepost.domain.matcher import Condition
from milepost.domain.progress import Standing
from tests.domain.build import matcher

WED: Final = "2026-03-04T12:00:00Z"


class Worked(NamedTuple):
    """One decision: `answer` is the verdict, its reason, and where it waits until when, in one line."""

    name: str
    answer: str
    now: str = WED
    facts: dict[str, Any] = {}  # noqa: RUF012  # Nobody writes to it.


def at(text: str) -> Instant:
    """An instant, in UTC."""
    return parse_instant(text if text.endswith("Z") else f"{text}Z")


def ago(*durations: int, now: str = WED) -> tuple[Instant, ...]:
    """So long before."""
    return tuple(at(now) - each for each in sorted(durations, reverse=True))


def used(*instants: str, **facts: Any) -> tuple[Use, ...]:
    """A nudge at each of these: minor, of middle priority, by in_app, unless said otherwise."""
    default = {"priority": 50, "channel": "in_app", "tier": "minor", "stage": None}
    return tuple(Use(at(each), **{**default, **facts}) for each in instants)


def cap(at_most: int, per: Any, *, defers: bool = True, **scope: str) -> Cap:
    """A cap on all, or on one channel, tier or stage."""
    return Cap(at_most, per, defers, **{f"{name}s": frozenset({value}) for name, value in scope.items()})


def trait(name: str, operator: str, operand: object) -> Condition:
    """A condition on a trait."""
    return Condition((name,), operator, operand)


PRO: Final = Demand(traits=(trait("plan", "eq", "pro"),))
VISITS: Final = Watch(1, matcher("opened"), 14 * DAY, 64)
FELL: Final = Demand(fall=Fall(VISITS, Fraction(1, 2), 7 * DAY))
BOUGHT: Final = Demand(seen=Watch(2, matcher("bought"), DAY, 1))
OPEN_CASE: Final = Demand(traits=(trait("support_case", "eq", "open"),))
NIGHT: Final = Hours(21 * 60, 8 * 60)
SIESTA: Final = Hours(13 * 60, 15 * 60)
MORNINGS: Final = SendWindow(frozenset(range(5)), Hours(8 * 60, 10 * 60))
ALL_DAY_MONDAY: Final = SendWindow(frozenset({0}), Hours(0, 24 * 60))
REACHED, MISSED, RECOVERED = Standing(1, 0), Standing(missed=1), Standing(missed=1, recovered=1)
BASELINE: Final = Standing(1, 0, baseline=1)
BERLIN, NEW_YORK, KATHMANDU = "Europe/Berlin", "America/New_York", "Asia/Kathmandu"
EMAIL: Final = {"channels": ("email",)}
EITHER: Final = {"channels": ("email", "sms")}
ADDRESSED: Final = {"addresses": {"email": "mail"}}
OPERATIONAL: Final = {"operational": True}
ALL_HELD: Final = Holdout(Decimal("0.999999999999999999999"), "s")
NONE_HELD: Final = Holdout(Decimal(0), "s")
HOUR_DEFER, HOUR_SUPPRESS = Arbitration(HOUR, defers=True), Arbitration(HOUR, defers=False)

FRESH: Final = [
    Worked("about now", "sent"),
    Worked("a microsecond younger than fresh_for", "sent", facts={"planned": ago(3 * DAY - 1)[0]}),
    Worked("exactly as old as fresh_for", "cancelled stale", facts={"planned": ago(3 * DAY)[0]}),
    Worked("older than fresh_for", "cancelled stale", facts={"planned": ago(9 * DAY)[0]}),
    Worked("younger than expires, which is shorter", "sent", facts={"planned": ago(HOUR - 1)[0], "lasting": HOUR}),
    Worked("as old as expires, which is shorter", "cancelled stale", facts={"planned": ago(HOUR)[0], "lasting": HOUR}),
    Worked("older than fresh_for, expires is longer", "sent", facts={"planned": ago(4 * DAY)[0], "lasting": 5 * DAY}),
    Worked("operational is stale all the same", "cancelled stale", facts={"planned": ago(3 * DAY)[0], **OPERATIONAL}),
    Worked("by a clock that is ahead", "sent", facts={"planned": at(WED) + 4 * MINUTE}),
]

CONDITIONS: Final = [
    Worked("unless a trait that is so", "cancelled unless", facts={"unless": PRO, "traits": {"plan": "pro"}}),
    Worked("unless a trait that is something else", "sent", facts={"unless": PRO, "traits": {"plan": "free"}}),
    Worked("unless a trait that is unknown", "sent", facts={"unless": PRO}),
    Worked("if a trait that is so", "sent", facts={"when": PRO, "traits": {"plan": "pro"}}),
    Worked("if a trait that is something else", "cancelled if", facts={"when": PRO, "traits": {"plan": "free"}}),
    Worked("if a trait that is unknown", "cancelled if", facts={"when": PRO}),
    Worked("unless reached, and it is", "cancelled unless", facts={"unless": Demand(reached="x"), "x": REACHED}),
    Worked(
        "unless reached, and it was later", "cancelled unless", facts={"unless": Demand(reached="x"), "x": RECOVERED}
    ),
    Worked(
        "unless reached, and it is baseline", "cancelled unless", facts={"unless": Demand(reached="x"), "x": BASELINE}
    ),
    Worked("unless reached, and it is missed", "sent", facts={"unless": Demand(reached="x"), "x": MISSED}),
    Worked("unless reached, never heard of", "sent", facts={"unless": Demand(reached="x")}),
    Worked("if reached, and it is", "sent", facts={"when": Demand(reached="x"), "x": REACHED}),
    Worked("if reached, never heard of", "cancelled if", facts={"when": Demand(reached="x")}),
    Worked("if missed, and it is", "sent", facts={"when": Demand(missed="x"), "x": MISSED}),
    Worked("if missed, and recovered since", "sent", facts={"when": Demand(missed="x"), "x": RECOVERED}),
    Worked("if missed, and it is reached", "cancelled if", facts={"when": Demand(missed="x"), "x": REACHED}),
    Worked("unless missed, and it is", "cancelled unless", facts={"unless": Demand(missed="x"), "x": MISSED}),
    Worked(
        "both, and unless is asked first",
        "cancelled unless",
        facts={"unless": PRO, "when": Demand(reached="x"), "traits": {"plan": "pro"}},
    ),
    Worked("both hold as they should", "sent", facts={"unless": PRO, "when": Demand(reached="x"), "x": REACHED}),
    Worked("if visits fell by half, 2 to 1", "sent", facts={"when": FELL, "visits": ago(9 * DAY, 8 * DAY, DAY)}),
    Worked(
        "if visits fell by half, 2 to 2",
        "cancelled if",
        facts={"when": FELL, "visits": ago(9 * DAY, 8 * DAY, DAY, HOUR)},
    ),
    Worked("if visits fell by half, 2 to none", "sent", facts={"when": FELL, "visits": ago(9 * DAY, 8 * DAY)}),
    Worked("if visits fell, and there were none", "cancelled if", facts={"when": FELL, "visits": ago(DAY)}),
    Worked(
        "if visits fell, exactly 7 days ago is before",
        "sent",
        facts={"when": FELL, "visits": ago(8 * DAY, 7 * DAY, DAY)},
    ),
    Worked(
        "if visits fell, exactly 14 days ago is too long",
        "cancelled if",
        facts={"when": FELL, "visits": ago(14 * DAY, 8 * DAY, DAY)},
    ),
]

AUDIENCE_AND_CONSENT: Final = [
    Worked("in the audience", "sent", facts={"audience": PRO.traits, "traits": {"plan": "pro"}}),
    Worked(
        "no more in the audience", "suppressed audience", facts={"audience": PRO.traits, "traits": {"plan": "free"}}
    ),
    Worked("audience of an unknown trait", "suppressed audience", facts={"audience": PRO.traits}),
    Worked(
        "one of two conditions of the audience",
        "suppressed audience",
        facts={"audience": (*PRO.traits, trait("seats", "gte", 5)), "traits": {"plan": "pro", "seats": 4}},
    ),
    Worked(
        "both conditions of the audience",
        "sent",
        facts={"audience": (*PRO.traits, trait("seats", "gte", 5)), "traits": {"plan": "pro", "seats": 5}},
    ),
    Worked("yes to email", "sent email", facts={**EMAIL, "traits": {"email_opt_in": True}}),
    Worked("nothing known of email", "suppressed no_consent", facts=EMAIL),
    Worked("no to email", "suppressed no_consent", facts={**EMAIL, "traits": {"email_opt_in": False}}),
    Worked("a text is no yes", "suppressed no_consent", facts={**EMAIL, "traits": {"email_opt_in": "true"}}),
    Worked("a number is no yes", "suppressed no_consent", facts={**EMAIL, "traits": {"email_opt_in": 1}}),
    Worked("operational asks for consent", "suppressed no_consent", facts={**EMAIL, **OPERATIONAL}),
    Worked(
        "the first of two channels",
        "sent email",
        facts={**EITHER, "traits": {"email_opt_in": True, "sms_opt_in": True}},
    ),
    Worked(
        "the second of two channels",
        "sent sms",
        facts={**EITHER, "traits": {"email_opt_in": False, "sms_opt_in": True}},
    ),
    Worked("neither of two channels", "suppressed no_consent", facts=EITHER),
    Worked("no address known, and none asked for", "sent email", facts={**EMAIL, "traits": {"email_opt_in": True}}),
    Worked(
        "no address known for a channel that needs one",
        "suppressed no_address",
        facts={**EMAIL, **ADDRESSED, "traits": {"email_opt_in": True}},
    ),
    Worked(
        "an address that is no text",
        "suppressed no_address",
        facts={**EMAIL, **ADDRESSED, "traits": {"email_opt_in": True, "mail": 7}},
    ),
    Worked(
        "an address that is empty",
        "suppressed no_address",
        facts={**EMAIL, **ADDRESSED, "traits": {"email_opt_in": True, "mail": " "}},
    ),
    Worked(
        "an address that is known",
        "sent email",
        facts={**EMAIL, **ADDRESSED, "traits": {"email_opt_in": True, "mail": "a@x.test"}},
    ),
    Worked(
        "an address without consent",
        "suppressed no_consent",
        facts={**EMAIL, **ADDRESSED, "traits": {"mail": "a@x.test"}},
    ),
    Worked(
        "the second of two channels, because the first has no address",
        "sent sms",
        facts={**EITHER, **ADDRESSED, "traits": {"email_opt_in": True, "sms_opt_in": True}},
    ),
    Worked(
        "an address where there is no consent, and consent where there is no address",
        "suppressed no_address",
        facts={"channels": ("sms", "email"), **ADDRESSED, "traits": {"email_opt_in": True}},
    ),
    Worked(
        "operational needs an address",
        "suppressed no_address",
        facts={**EMAIL, **OPERATIONAL, **ADDRESSED, "traits": {"email_opt_in": True}},
    ),
    Worked(
        "the address before suppression",
        "suppressed no_address",
        facts={**EMAIL, **ADDRESSED, "traits": {"email_opt_in": True}, "suppress": [BOUGHT], "bought": ago(0)},
    ),
    Worked(
        "a channel that consent does not name",
        "suppressed no_consent",
        facts={"channels": ("push",), "traits": {"push_opt_in": True}},
    ),
    Worked(
        "yes to email, which has bounced since",
        "suppressed channel_closed",
        facts={**EMAIL, "traits": {"email_opt_in": True}, "shut": {"email"}},
    ),
    Worked("no to email, which has bounced", "suppressed channel_closed", facts={**EMAIL, "shut": {"email"}}),
    Worked(
        "operational asks whether the channel was closed",
        "suppressed channel_closed",
        facts={**EMAIL, **OPERATIONAL, "traits": {"email_opt_in": True}, "shut": {"email"}},
    ),
    Worked(
        "the second of two channels, the first having bounced",
        "sent sms",
        facts={**EITHER, "traits": {"email_opt_in": True, "sms_opt_in": True}, "shut": {"email"}},
    ),
    Worked("a channel that needs no yes, unsubscribed from", "suppressed channel_closed", facts={"shut": {"in_app"}}),
    Worked("another channel was closed", "sent", facts={"shut": {"email"}}),
]

SUPPRESSED: Final = [
    Worked(
        "an open support case",
        "suppressed suppress",
        facts={"suppress": [OPEN_CASE], "traits": {"support_case": "open"}},
    ),
    Worked("a closed support case", "sent", facts={"suppress": [OPEN_CASE], "traits": {"support_case": "closed"}}),
    Worked("no support case known", "sent", facts={"suppress": [OPEN_CASE]}),
    Worked(
        "operational does not pass suppression",
        "suppressed suppress",
        facts={"suppress": [OPEN_CASE], "traits": {"support_case": "open"}, **OPERATIONAL},
    ),
    Worked("bought just now", "suppressed suppress", facts={"suppress": [BOUGHT], "bought": ago(0)}),
    Worked(
        "bought a microsecond less than a day ago",
        "suppressed suppress",
        facts={"suppress": [BOUGHT], "bought": ago(DAY - 1)},
    ),
    Worked("bought a day ago", "sent", facts={"suppress": [BOUGHT], "bought": ago(DAY)}),
    Worked("never bought", "sent", facts={"suppress": [BOUGHT]}),
    Worked(
        "bought by a clock that is ahead", "suppressed suppress", facts={"suppress": [BOUGHT], "bought": ago(-MINUTE)}
    ),
    Worked(
        "the second rule holds", "suppressed suppress", facts={"suppress": [OPEN_CASE, BOUGHT], "bought": ago(HOUR)}
    ),
]

ARBITRATED: Final = [
    Worked("nothing went before", "sent", facts={"arbitration": HOUR_DEFER}),
    Worked(
        "a higher one half an hour ago",
        "deferred arbitration 2026-03-04T12:30:00",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:30:00", priority=51)},
    ),
    Worked(
        "a higher one half an hour ago, losers go",
        "suppressed arbitration",
        facts={"arbitration": HOUR_SUPPRESS, "used": used("2026-03-04T11:30:00", priority=51)},
    ),
    Worked(
        "an equal one half an hour ago", "sent", facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:30:00")}
    ),
    Worked(
        "a lower one half an hour ago",
        "sent",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:30:00", priority=49)},
    ),
    Worked(
        "a higher one an hour ago",
        "sent",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:00:00", priority=90)},
    ),
    Worked(
        "a higher one a second less than an hour ago",
        "deferred arbitration 2026-03-04T12:00:01",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:00:01", priority=90)},
    ),
    Worked(
        "of two higher ones the later counts",
        "deferred arbitration 2026-03-04T12:50:00",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:20:00", "2026-03-04T11:50:00", priority=90)},
    ),
    Worked(
        "by another channel all the same",
        "deferred arbitration 2026-03-04T12:50:00",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:50:00", priority=90, channel="email")},
    ),
    Worked(
        "operational does not pass it",
        "deferred arbitration 2026-03-04T12:50:00",
        facts={"arbitration": HOUR_DEFER, "used": used("2026-03-04T11:50:00", priority=90), **OPERATIONAL},
    ),
    Worked(
        "of the highest priority",
        "sent",
        facts={"arbitration": HOUR_DEFER, "priority": 100, "used": used("2026-03-04T11:50:00", priority=99)},
    ),
    Worked(
        "arbitration before caps",
        "deferred arbitration 2026-03-04T12:50:00",
        facts={
            "arbitration": HOUR_DEFER,
            "caps": [cap(1, DAY, defers=False)],
            "used": used("2026-03-04T11:50:00", priority=90),
        },
    ),
]

CAPPED: Final = [
    Worked("a cap of 3, none used", "sent", facts={"caps": [cap(3, 7 * DAY)]}),
    Worked(
        "a cap of 3, two used",
        "sent",
        facts={"caps": [cap(3, 7 * DAY)], "used": used("2026-03-02T00:00:00", "2026-03-03T00:00:00")},
    ),
    Worked(
        "a cap of 3, three used: the first comes free",
        "deferred cap 2026-03-08T06:00:00",
        facts={
            "caps": [cap(3, 7 * DAY)],
            "used": used("2026-03-01T06:00:00", "2026-03-02T00:00:00", "2026-03-03T00:00:00"),
        },
    ),
    Worked(
        "a cap of 3, four used: the second comes free",
        "deferred cap 2026-03-09T00:00:00",
        facts={
            "caps": [cap(3, 7 * DAY)],
            "used": used("2026-03-01T06:00:00", "2026-03-02T00:00:00", "2026-03-03T00:00:00", "2026-03-04T00:00:00"),
        },
    ),
    Worked(
        "a cap of 1, used exactly a span ago",
        "sent",
        facts={"caps": [cap(1, DAY)], "used": used("2026-03-03T12:00:00")},
    ),
    Worked(
        "a cap of 1, used a second less than a span ago",
        "deferred cap 2026-03-04T12:00:01",
        facts={"caps": [cap(1, DAY)], "used": used("2026-03-03T12:00:01")},
    ),
    Worked(
        "what is too much is suppressed",
        "suppressed cap",
        facts={"caps": [cap(1, DAY, defers=False)], "used": used("2026-03-04T10:00:00")},
    ),
    Worked(
        "operational passes caps",
        "sent",
        facts={"caps": [cap(1, DAY)], "used": used("2026-03-04T10:00:00"), **OPERATIONAL},
    ),
    Worked(
        "a cap on its channel",
        "deferred cap 2026-03-05T10:00:00",
        facts={"caps": [cap(1, DAY, channel="in_app")], "used": used("2026-03-04T10:00:00")},
    ),
    Worked(
        "a cap on another channel",
        "sent",
        facts={"caps": [cap(1, DAY, channel="email")], "used": used("2026-03-04T10:00:00", channel="email")},
    ),
    Worked(
        "a cap on its channel, used by another",
        "sent",
        facts={"caps": [cap(1, DAY, channel="in_app")], "used": used("2026-03-04T10:00:00", channel="email")},
    ),
    Worked(
        "a cap on any channel, used by another",
        "deferred cap 2026-03-05T10:00:00",
        facts={"caps": [cap(1, DAY)], "used": used("2026-03-04T10:00:00", channel="email")},
    ),
    Worked(
        "a cap on its tier",
        "deferred cap 2026-03-05T10:00:00",
        facts={"caps": [cap(1, DAY, tier="minor")], "used": used("2026-03-04T10:00:00")},
    ),
    Worked(
        "a cap on the other tier",
        "sent",
        facts={"caps": [cap(1, DAY, tier="major")], "used": used("2026-03-04T10:00:00", tier="major")},
    ),
    Worked(
        "a cap on its stage",
        "deferred cap 2026-03-05T10:00:00",
        facts={
            "caps": [cap(1, DAY, stage="growth")],
            "stage": "growth",
            "used": used("2026-03-04T10:00:00", stage="growth"),
        },
    ),
    Worked(
        "a cap on its stage, used by another",
        "sent",
        facts={
            "caps": [cap(1, DAY, stage="growth")],
            "stage": "growth",
            "used": used("2026-03-04T10:00:00", stage="trial"),
        },
    ),
    Worked(
        "a cap on another stage",
        "sent",
        facts={
            "caps": [cap(1, DAY, stage="growth")],
            "stage": "trial",
            "used": used("2026-03-04T10:00:00", stage="growth"),
        },
    ),
    Worked(
        "a milestone of no stage",
        "sent",
        facts={"caps": [cap(1, DAY, stage="growth")], "used": used("2026-03-04T10:00:00", stage="growth")},
    ),
    Worked(
        "a cap on channel and tier counts what fits both",
        "sent",
        facts={
            "caps": [cap(1, DAY, channel="in_app", tier="minor")],
            "used": used("2026-03-04T10:00:00", tier="major"),
        },
    ),
    Worked(
        "a cap on channel and tier is used up",
        "deferred cap 2026-03-05T10:00:00",
        facts={"caps": [cap(1, DAY, channel="in_app", tier="minor")], "used": used("2026-03-04T10:00:00")},
    ),
    Worked(
        "the first cap that is used up answers",
        "suppressed cap",
        facts={"caps": [cap(5, DAY), cap(1, DAY, defers=False), cap(1, DAY)], "used": used("2026-03-04T10:00:00")},
    ),
    Worked(
        "one a day, used today",
        "deferred cap 2026-03-05T00:00:00",
        facts={"caps": [cap(1, "day")], "used": used("2026-03-04T00:00:00")},
    ),
    Worked(
        "one a day, used a second before midnight",
        "sent",
        facts={"caps": [cap(1, "day")], "used": used("2026-03-03T23:59:59")},
    ),
    Worked("two a day, used once", "sent", facts={"caps": [cap(2, "day")], "used": used("2026-03-04T00:00:00")}),
    Worked(
        "one a day, in New York it is yesterday's evening",
        "sent",
        "2026-03-05T05:30:00Z",
        {"zone": NEW_YORK, "caps": [cap(1, "day")], "used": used("2026-03-05T03:00:00")},
    ),
    Worked(
        "one a day, in New York until midnight there",
        "deferred cap 2026-03-05T05:00:00",
        "2026-03-05T04:30:00Z",
        {"zone": NEW_YORK, "caps": [cap(1, "day")], "used": used("2026-03-05T03:00:00")},
    ),
    Worked(
        "one a day, in Kathmandu until midnight there",
        "deferred cap 2026-03-04T18:15:00",
        facts={"zone": KATHMANDU, "caps": [cap(1, "day")], "used": used("2026-03-04T11:00:00")},
    ),
    Worked(
        "one a day, the day of 23 hours in New York",
        "deferred cap 2026-03-09T04:00:00",
        "2026-03-08T12:00:00Z",
        {"zone": NEW_YORK, "caps": [cap(1, "day")], "used": used("2026-03-08T06:00:00")},
    ),
    Worked(
        "one a day, the day of 25 hours in Berlin",
        "deferred cap 2026-10-25T23:00:00",
        "2026-10-25T12:00:00Z",
        {"zone": BERLIN, "caps": [cap(1, "day")], "used": used("2026-10-24T22:00:00")},
    ),
    Worked(
        "one a day, where midnight is skipped",
        "deferred cap 2026-09-06T04:00:00",
        "2026-09-05T20:00:00Z",
        {"zone": "America/Santiago", "caps": [cap(1, "day")], "used": used("2026-09-05T19:00:00")},
    ),
    Worked(
        "one a week, used on Monday",
        "deferred cap 2026-03-09T00:00:00",
        facts={"caps": [cap(1, "week")], "used": used("2026-03-02T00:00:00")},
    ),
    Worked("one a week, used on Sunday", "sent", facts={"caps": [cap(1, "week")], "used": used("2026-03-01T23:59:59")}),
    Worked(
        "one a week that starts on Sunday, used on Sunday",
        "deferred cap 2026-03-08T00:00:00",
        facts={"caps": [cap(1, "week")], "week_starts": 6, "used": used("2026-03-01T00:00:00")},
    ),
    Worked(
        "one a week that starts on Sunday, used on Saturday",
        "sent",
        facts={"caps": [cap(1, "week")], "week_starts": 6, "used": used("2026-02-28T23:59:59")},
    ),
    Worked(
        "one a week, in Berlin until Monday there",
        "deferred cap 2026-03-08T23:00:00",
        facts={"zone": BERLIN, "caps": [cap(1, "week")], "used": used("2026-03-02T08:00:00")},
    ),
    Worked(
        "one a day, of nobody knows where: UTC",
        "deferred cap 2026-03-05T00:00:00",
        facts={"zone": None, "caps": [cap(1, "day")], "used": used("2026-03-04T11:00:00")},
    ),
    Worked(
        "caps before quiet hours",
        "suppressed cap",
        "2026-03-04T22:00:00Z",
        {"caps": [cap(1, DAY, defers=False)], "quiet": NIGHT, "used": used("2026-03-04T20:00:00")},
    ),
]

HOURS: Final = [
    Worked("before the quiet hours", "sent", "2026-03-04T20:59:59Z", {"quiet": NIGHT}),
    Worked(
        "as the quiet hours begin", "deferred quiet_hours 2026-03-05T08:00:00", "2026-03-04T21:00:00Z", {"quiet": NIGHT}
    ),
    Worked("after midnight", "deferred quiet_hours 2026-03-05T08:00:00", "2026-03-05T03:00:00Z", {"quiet": NIGHT}),
    Worked(
        "a second before they end", "deferred quiet_hours 2026-03-05T08:00:00", "2026-03-05T07:59:59Z", {"quiet": NIGHT}
    ),
    Worked("as they end", "sent", "2026-03-05T08:00:00Z", {"quiet": NIGHT}),
    Worked("quiet hours by day", "deferred quiet_hours 2026-03-04T15:00:00", "2026-03-04T13:00:00Z", {"quiet": SIESTA}),
    Worked("before quiet hours by day", "sent", "2026-03-04T12:59:59Z", {"quiet": SIESTA}),
    Worked(
        "quiet in Berlin",
        "deferred quiet_hours 2026-03-05T07:00:00",
        "2026-03-04T20:00:00Z",
        {"zone": BERLIN, "quiet": NIGHT},
    ),
    Worked("not yet quiet in Berlin", "sent", "2026-03-04T19:59:59Z", {"zone": BERLIN, "quiet": NIGHT}),
    Worked(
        "quiet in New York",
        "deferred quiet_hours 2026-03-05T13:00:00",
        "2026-03-05T02:00:00Z",
        {"zone": NEW_YORK, "quiet": NIGHT},
    ),
    Worked(
        "quiet in Kathmandu, 5:45 ahead",
        "deferred quiet_hours 2026-03-05T02:15:00",
        "2026-03-04T15:15:00Z",
        {"zone": KATHMANDU, "quiet": NIGHT},
    ),
    Worked(
        "the night in which New York skips an hour",
        "deferred quiet_hours 2026-03-08T12:00:00",
        "2026-03-08T04:00:00Z",
        {"zone": NEW_YORK, "quiet": NIGHT},
    ),
    Worked(
        "the night in which New York repeats an hour",
        "deferred quiet_hours 2026-11-01T13:00:00",
        "2026-11-01T03:00:00Z",
        {"zone": NEW_YORK, "quiet": NIGHT},
    ),
    Worked(
        "quiet hours that end in a skipped hour end as it is skipped",
        "deferred quiet_hours 2026-03-08T07:00:00",
        "2026-03-08T06:00:00Z",
        {"zone": NEW_YORK, "quiet": Hours(60, 150)},
    ),
    Worked(
        "quiet hours inside a skipped hour are none",
        "sent",
        "2026-03-08T07:00:00Z",
        {"zone": NEW_YORK, "quiet": Hours(120, 150)},
    ),
    Worked(
        "quiet hours inside a repeated hour end the first time",
        "deferred quiet_hours 2026-11-01T05:30:00",
        "2026-11-01T05:00:00Z",
        {"zone": NEW_YORK, "quiet": Hours(60, 90)},
    ),
    Worked(
        "and come again the second time",
        "deferred quiet_hours 2026-11-01T06:30:00",
        "2026-11-01T06:00:00Z",
        {"zone": NEW_YORK, "quiet": Hours(60, 90)},
    ),
    Worked("operational passes quiet hours", "sent", "2026-03-04T23:00:00Z", {"quiet": NIGHT, **OPERATIONAL}),
    Worked("inside the window", "sent", "2026-03-04T09:59:59Z", {"window": MORNINGS}),
    Worked("as the window opens", "sent", "2026-03-04T08:00:00Z", {"window": MORNINGS}),
    Worked(
        "before the window opens",
        "deferred send_window 2026-03-04T08:00:00",
        "2026-03-04T07:00:00Z",
        {"window": MORNINGS},
    ),
    Worked(
        "as the window closes", "deferred send_window 2026-03-05T08:00:00", "2026-03-04T10:00:00Z", {"window": MORNINGS}
    ),
    Worked(
        "on Friday after it closes",
        "deferred send_window 2026-03-09T08:00:00",
        "2026-03-06T10:00:00Z",
        {"window": MORNINGS},
    ),
    Worked(
        "on Saturday inside the hours",
        "deferred send_window 2026-03-09T08:00:00",
        "2026-03-07T09:00:00Z",
        {"window": MORNINGS},
    ),
    Worked(
        "on Friday, in Berlin, over the weekend that skips an hour",
        "deferred send_window 2026-03-30T06:00:00",
        "2026-03-27T12:00:00Z",
        {"zone": BERLIN, "window": MORNINGS},
    ),
    Worked("a window to the end of the day", "sent", "2026-03-02T23:59:59Z", {"window": ALL_DAY_MONDAY}),
    Worked(
        "a window to the end of the day is over",
        "deferred send_window 2026-03-09T00:00:00",
        "2026-03-03T00:00:00Z",
        {"window": ALL_DAY_MONDAY},
    ),
    Worked(
        "quiet hours reach into the window",
        "deferred quiet_hours 2026-03-09T08:00:00",
        "2026-03-09T01:00:00Z",
        {"quiet": NIGHT, "window": ALL_DAY_MONDAY},
    ),
    Worked(
        "a window of its own, in place of the catalog's",
        "sent",
        "2026-03-02T12:00:00Z",
        {"window": MORNINGS, "own": ALL_DAY_MONDAY},
    ),
    Worked(
        "outside of its own, inside of the catalog's",
        "deferred send_window 2026-03-09T00:00:00",
        "2026-03-04T09:00:00Z",
        {"window": MORNINGS, "own": ALL_DAY_MONDAY},
    ),
    Worked(
        "quiet hours hold for a window of its own",
        "deferred quiet_hours 2026-03-09T08:00:00",
        "2026-03-02T22:00:00Z",
        {"quiet": NIGHT, "own": ALL_DAY_MONDAY},
    ),
    Worked(
        "operational passes the catalog's window", "sent", "2026-03-07T09:00:00Z", {"window": MORNINGS, **OPERATIONAL}
    ),
    Worked(
        "operational keeps its own window",
        "deferred send_window 2026-03-09T00:00:00",
        facts={"own": ALL_DAY_MONDAY, **OPERATIONAL},
    ),
    Worked("on one of its days", "sent", facts={"days": frozenset({2})}),
    Worked("on none of its days", "deferred send_window 2026-03-05T00:00:00", facts={"days": frozenset({3, 4})}),
    Worked(
        "on none of its days, in New York",
        "deferred send_window 2026-03-05T05:00:00",
        facts={"zone": NEW_YORK, "days": frozenset({3})},
    ),
    Worked("zone unknown, inside business hours", "sent", "2026-03-04T09:00:00Z", {"zone": None, "quiet": NIGHT}),
    Worked(
        "zone unknown, after business hours",
        "deferred unknown_zone 2026-03-05T09:00:00",
        "2026-03-04T17:00:00Z",
        {"zone": None, "quiet": NIGHT},
    ),
    Worked(
        "zone unknown, on Saturday",
        "deferred unknown_zone 2026-03-09T09:00:00",
        "2026-03-07T12:00:00Z",
        {"zone": None, "window": MORNINGS},
    ),
    Worked("zone unknown, operational", "sent", "2026-03-07T12:00:00Z", {"zone": None, "quiet": NIGHT, **OPERATIONAL}),
    Worked("zone unknown, and no hours to keep", "sent", "2026-03-07T23:00:00Z", {"zone": None}),
]

HELD_OUT: Final = [
    Worked("held out", "held_out holdout", facts={"holdout": ALL_HELD}),
    Worked("a holdout of nobody", "sent", facts={"holdout": NONE_HELD}),
    Worked("operational passes the holdout", "sent", facts={"holdout": ALL_HELD, **OPERATIONAL}),
    Worked(
        "the milestone's own holdout, which holds",
        "held_out holdout",
        facts={"holdout": NONE_HELD, "own_holdout": ALL_HELD},
    ),
    Worked(
        "the milestone's own holdout, which does not", "sent", facts={"holdout": ALL_HELD, "own_holdout": NONE_HELD}
    ),
    Worked("consent before holdout", "suppressed no_consent", facts={"holdout": ALL_HELD, **EMAIL}),
    Worked(
        "quiet hours before holdout",
        "deferred quiet_hours 2026-03-05T08:00:00",
        "2026-03-04T22:00:00Z",
        {"holdout": ALL_HELD, "quiet": NIGHT},
    ),
    Worked(
        "caps before holdout",
        "suppressed cap",
        facts={"holdout": ALL_HELD, "caps": [cap(1, DAY, defers=False)], "used": used("2026-03-04T11:00:00")},
    ),
]

ORDER: Final = [
    Worked(
        "staleness before conditions",
        "cancelled stale",
        facts={"planned": ago(3 * DAY)[0], "unless": PRO, "traits": {"plan": "pro"}},
    ),
    Worked("conditions before the audience", "cancelled if", facts={"when": PRO, "audience": PRO.traits}),
    Worked("the audience before consent", "suppressed audience", facts={"audience": PRO.traits, **EMAIL}),
    Worked(
        "consent before suppression", "suppressed no_consent", facts={**EMAIL, "suppress": [BOUGHT], "bought": ago(0)}
    ),
    Worked(
        "suppression before arbitration",
        "suppressed suppress",
        facts={
            "suppress": [BOUGHT],
            "bought": ago(0),
            "arbitration": HOUR_DEFER,
            "used": used("2026-03-04T11:50:00", priority=90),
        },
    ),
    Worked(
        "caps before the window",
        "deferred cap 2026-03-05T11:00:00",
        facts={"caps": [cap(1, DAY)], "window": MORNINGS, "used": used("2026-03-04T11:00:00")},
    ),
]

TABLE: Final = [
    *FRESH,
    *CONDITIONS,
    *AUDIENCE_AND_CONSENT,
    *SUPPRESSED,
    *ARBITRATED,
    *CAPPED,
    *HOURS,
    *HELD_OUT,
    *ORDER,
]
