"""A nudge as a custom event of Braze, within the limits of its event object.

Properties are flat: `progress` with `left` becomes `progress_left`, for Liquid in Braze reads names, and a message's
filters see no nested ones. What Braze would refuse or cut is left out rather than changed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from milepost_channels.nudge import Nudge, Reason, RefusedError

_LONGEST: Final = 255
"""Characters of a property's name, and of a text."""
_NOT_SENT: Final = frozenset({"subject", "address", "at"})
"""The subject is `external_id` and the instant `time`; the address is the profile's business, not an event's."""


def custom_event(nudge: Nudge, name: str) -> Mapping[str, Any]:
    """The event object; raises `RefusedError` for an account, because Braze knows users alone."""
    kind, _, user = nudge.subject.partition(":")
    if kind != "user":
        raise RefusedError(Reason.NOT_A_USER)
    facts = {key: value for key, value in nudge.data.items() if key not in _NOT_SENT}
    return {
        "external_id": user,
        "name": name,
        "time": nudge.data["at"],
        "properties": {"nudge_id": nudge.id, **dict(_flat("", facts))},
    }


def _flat(prefix: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in facts.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(f"{name}_", value)
        elif _fits(name, value):
            yield name, value


def _fits(name: str, value: object) -> bool:
    """Whether Braze takes it: no list, no null, no text or name that is too long, no `$` in front."""
    if not isinstance(value, str | int | float) or not 0 < len(name) <= _LONGEST or name.startswith("$"):
        return False
    return not isinstance(value, str) or len(value) <= _LONGEST
