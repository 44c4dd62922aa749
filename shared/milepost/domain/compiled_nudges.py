"""Reading what a compiled catalog says of nudges: guardrails, steps and their conditions; see `compiled`."""

from fractions import Fraction
from hashlib import blake2b
from json import dumps

from milepost.domain import compiled
from milepost.domain.caps import Arbitration, Cap
from milepost.domain.compiled import Options, typed
from milepost.domain.demand import MOST_REMEMBERED, Demand, Fall, Watch
from milepost.domain.guardrails import Guardrails, Holdout
from milepost.domain.hours import Hours, SendWindow
from milepost.domain.instant import Duration
from milepost.domain.local import Span, Unit
from milepost.domain.milestone import Step


def guardrails(options: Options) -> Guardrails:
    """Those at the top."""
    quiet, arbitration = compiled.options_or_none(options, "quiet"), compiled.options_or_none(options, "arbitration")
    return Guardrails(
        holdout(options),
        tuple(_cap(each) for each in compiled.list_of(options, "caps")),
        None if quiet is None else _hours(quiet),
        _window(options),
        tuple(_demand(each) for each in compiled.list_of(options, "suppress")),
        None
        if arbitration is None
        else Arbitration(compiled.duration(arbitration, "window"), compiled.flag(arbitration, "defers")),
    )


def holdout(options: Options) -> Holdout | None:
    """The holdout of a catalog or a milestone, if it has one."""
    found = compiled.options_or_none(options, "holdout")
    return None if found is None else Holdout(compiled.decimal(found, "share"), compiled.text(found, "salt"))


def step(options: Options) -> Step:
    """One step of a path."""
    months, days, elapsed = (typed(each, int) for each in typed(options["after"], list))
    when, unless = compiled.options_or_none(options, "if"), compiled.options_or_none(options, "unless")
    return Step(
        compiled.texts(options, "channels"),
        compiled.text(options, "template"),
        after=Span(months, days, elapsed),
        at=compiled.duration_or_none(options, "at"),
        days=_days(options),
        when=None if when is None else _demand(when),
        unless=None if unless is None else _demand(unless),
        lasting=compiled.duration_or_none(options, "expires"),
        window=_window(options),
        operational=compiled.flag(options, "operational"),
    )


def _cap(options: Options) -> Cap:
    per = options["per"]
    units: dict[object, Unit] = {"day": "day", "week": "week"}
    return Cap(
        compiled.integer(options, "at_most"),
        units[per] if per in units else compiled.duration(options, "per"),
        compiled.flag(options, "defers"),
        frozenset(compiled.texts(options, "channels")),
        frozenset(compiled.texts(options, "tiers")),
        frozenset(compiled.texts(options, "stages")),
    )


def _hours(options: Options) -> Hours:
    return Hours(compiled.integer(options, "from"), compiled.integer(options, "to"))


def _window(options: Options) -> SendWindow | None:
    window = compiled.options_or_none(options, "window")
    return None if window is None else SendWindow(_days(window), _hours(window))


def _days(options: Options) -> frozenset[int]:
    return frozenset(typed(each, int) for each in typed(options["days"], list))


def _demand(options: Options) -> Demand:
    drop = compiled.options_or_none(options, "drop")
    return Demand(
        compiled.conditions(options, "traits"),
        compiled.text_or_none(options, "reached"),
        compiled.text_or_none(options, "missed"),
        None if drop is None else _fall(drop),
        _watch(options, compiled.duration(options, "last"), 1) if "last" in options else None,
    )


def _fall(options: Options) -> Fall:
    over = compiled.duration(options, "over")
    return Fall(_watch(options, 2 * over, MOST_REMEMBERED), Fraction(compiled.decimal(options, "by")), over)


def _watch(options: Options, span: Duration, most: int) -> Watch:
    told = dumps([options["event"], options["where"], span, most], sort_keys=True)
    key = int.from_bytes(blake2b(told.encode(), digest_size=4).digest(), "big")
    return Watch(key, compiled.matcher(options), span, most)
