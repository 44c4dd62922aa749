"""The gates of semantics.md, section 5, once more: the verdict that a decision must have had in a scene."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from milepost_tools.demo.checking.lots import is_held_out
from milepost_tools.demo.checking.plan import DAYS, duration, is_between, listed, planned
from milepost_tools.demo.checking.scene import Decision, Scene

Answer: TypeAlias = tuple[str, str] | None
"""Verdict and reason of a gate that does not open."""
FRESH: Final = "3d"
"""How long an event is fresh where its milestone does not say."""


def verdict(scene: Scene, decision: Decision) -> tuple[str, str | None, str]:
    """The verdict, its reason, and the channel, by the first gate that does not open."""
    when = planned(decision.step, decision.at, scene.zone)
    channels = listed(decision.step["channel"])
    channel = next((each for each in channels if has_consent(scene, each)), channels[0])
    if when > max(scene.now, decision.at):
        return "deferred", "not_yet", channels[0]
    for gate in GATES:
        answer = gate(scene, decision, channel)
        if answer is not None:
            return *answer, channel
    return "sent", None, channel


def is_stale(scene: Scene, decision: Decision) -> bool:
    """Whether it is too late for it."""
    lasting = decision.step.get("expires", decision.milestone.get("fresh_for", FRESH))
    return scene.now - planned(decision.step, decision.at, scene.zone) >= duration(lasting)


def has_consent(scene: Scene, channel: str) -> bool:
    """Whether there is an explicit yes to a channel."""
    needed = scene.plan["consent"].get(channel)
    return needed == "always" or (needed is not None and scene.values.get(needed) is True)


def _fresh(scene: Scene, decision: Decision, _: str) -> Answer:
    return ("cancelled", "stale") if is_stale(scene, decision) else None


def _wanted(scene: Scene, decision: Decision, _: str) -> Answer:
    if "unless" in decision.step and _is_true(scene, decision.step["unless"]):
        return "cancelled", "unless"
    return None if "if" not in decision.step or _is_true(scene, decision.step["if"]) else ("cancelled", "if")


def _is_true(scene: Scene, demand: Mapping[str, Any]) -> bool:
    ((kind, asked),) = demand.items()
    if kind == "trait":
        return all(scene.values.get(name) == value for name, value in asked.items())
    kinds = {"reached": ("reached", "recovered"), "missed": ("missed",)}[kind]
    return scene.has(asked, *kinds)


def _consent(scene: Scene, _: Decision, channel: str) -> Answer:
    return None if has_consent(scene, channel) else ("suppressed", "no_consent")


def _suppress(scene: Scene, _: Decision, __: str) -> Answer:
    bad = any(_is_bad_time(scene, rule) for rule in scene.plan.get("suppress", []))
    return ("suppressed", "suppress") if bad else None


def _is_bad_time(scene: Scene, rule: Mapping[str, Any]) -> bool:
    if "trait" in rule:
        return _is_true(scene, rule)
    matching = (each for each in scene.recent(duration(rule["last"])) if each["event"] == rule["event"])
    return any(_matches(each["properties"], rule.get("where", {})) for each in matching)


def _matches(properties: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    return all(properties[name] >= condition["gte"] for name, condition in where.items())


def _arbitration(scene: Scene, decision: Decision, _: str) -> Answer:
    rule = scene.plan.get("arbitration")
    if rule is None:
        return None
    window = duration(rule["window"])
    lost = any(each.priority > decision.priority and scene.now - each.now < window for each in scene.used)
    return (_otherwise(rule["losers"]), "arbitration") if lost else None


def _otherwise(word: str) -> str:
    return {"defer": "deferred", "suppress": "suppressed"}[word]


def _caps(scene: Scene, decision: Decision, channel: str) -> Answer:
    for cap in [] if decision.operational else scene.plan.get("caps", []):
        if covers(cap, decision, channel) and counted(cap, scene, scene.used) >= cap["at_most"]:
            return _otherwise(cap["else"]), "cap"
    return None


def covers(cap: Mapping[str, Any], decision: Decision, channel: str) -> bool:
    """Whether a cap counts nudges such as this."""
    named = {"channel": channel, "tier": decision.milestone.get("tier", "minor"), "stage": decision.milestone["stage"]}
    return all(named[key] in listed(cap[key]) for key in named if key in cap)


def counted(cap: Mapping[str, Any], scene: Scene, used: Iterable[Decision]) -> int:
    """How many of these a cap counts at an instant."""
    of_period = (each for each in used if covers(cap, each, each.row["channel"]))
    return sum(_is_in_period(cap["per"], each.now, scene) for each in of_period)


def _is_in_period(per: str, at: datetime, scene: Scene) -> bool:
    if per not in ("day", "week"):
        return scene.now - at < duration(per)
    then, now = (each.astimezone(scene.zone).date() for each in (at, scene.now))
    # Without `week_starts` in the catalog a week is that of ISO, which begins on Monday.
    return then == now if per == "day" else then.isocalendar()[:2] == now.isocalendar()[:2]


def hours(scene: Scene, decision: Decision, _: str) -> Answer:
    """Quiet hours, the send window, and the weekdays of the step."""
    wall = scene.now.astimezone(scene.zone)
    if decision.operational:
        return None
    if "quiet_hours" in scene.plan and is_between(wall, scene.plan["quiet_hours"]):
        return "deferred", "quiet_hours"
    window = scene.plan.get("send_window")
    shut = window and not (DAYS[wall.weekday()] in window["days"] and is_between(wall, window))
    off = "days" in decision.step and DAYS[wall.weekday()] not in decision.step["days"]
    return ("deferred", "send_window") if shut or off else None


def _holdout(scene: Scene, decision: Decision, _: str) -> Answer:
    out = is_held_out(scene.plan, decision.row["milestone"], decision.row["subject"])
    return ("held_out", "holdout") if out and not decision.operational else None


Gate: TypeAlias = Callable[[Scene, Decision, str], Answer]
GATES: Final[tuple[Gate, ...]] = (_fresh, _wanted, _consent, _suppress, _arbitration, _caps, hours, _holdout)
