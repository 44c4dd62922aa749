"""Reading what a compiled catalog says of the facts that nudges tell; see `compiled`."""

from collections.abc import Mapping
from hashlib import blake2b
from json import dumps
from typing import TYPE_CHECKING, Literal, cast

from milepost.domain import compiled
from milepost.domain.addresses import Addresses
from milepost.domain.compiled import Options, typed
from milepost.domain.milestone import CallToAction
from milepost.domain.rules.count import retracting
from milepost.domain.totals import Total

if TYPE_CHECKING:
    from milepost.domain.local import Period


def addresses(options: Options) -> Addresses:
    """By channel the trait that holds the address."""
    return Addresses({channel: typed(trait, str) for channel, trait in options.items()})


def totals(options: Options) -> Mapping[str, Total]:
    """The totals by their names."""
    return {name: _total(typed(each, dict)) for name, each in options.items()}


def call_to_action(options: Options) -> CallToAction | None:
    """That of a milestone, if it has one."""
    found = compiled.options_or_none(options, "call_to_action")
    return None if found is None else CallToAction(compiled.text(found, "label"), compiled.text(found, "url"))


def _total(options: Options) -> Total:
    counted = compiled.matcher(options)
    kind = cast('Literal["count", "sum", "days"]', compiled.text(options, "kind"))
    return Total(
        int.from_bytes(blake2b(dumps(options, sort_keys=True).encode(), digest_size=4).digest(), "big"),
        kind,
        counted,
        compiled.path(options, "of") if kind == "sum" else (),
        cast("Period | None", compiled.text_or_none(options, "per")),
        retracting(options, counted),
    )
