"""Whose ids may be one person: a look ahead, for only the whole log tells."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from milepost.application.envelope import unwrap
from milepost.application.strict_json import UnreadableError, read_json
from milepost.domain.catalog import USER
from milepost.domain.event import Subject
from milepost_tools.explain.refusal import id_text
from milepost_tools.history.log import Entry

_ALIAS: Final = b"alias"


def ids_of(subject: Subject, entries: Iterable[Entry]) -> frozenset[Subject]:
    """The subject, and everybody whom an alias connects with it, also one that may be refused."""
    together: dict[Subject, frozenset[Subject]] = {}
    for pair in (pair for entry in entries if _ALIAS in entry.content for pair in _pairs(entry)):
        everybody = frozenset[Subject]().union(*(together.get(each, {each}) for each in pair))
        together.update(dict.fromkeys(everybody, everybody))
    return together.get(subject, frozenset({subject}))


def _pairs(entry: Entry) -> Iterator[tuple[Subject, Subject]]:
    try:
        messages = list(unwrap(read_json(entry.content.decode())))
    except (UnreadableError, UnicodeDecodeError):
        return
    for message in messages:
        if isinstance(message, Mapping) and message.get("type") == "alias":
            user, previous = (id_text(message.get(field)) for field in ("userId", "previousId"))
            yield f"{USER}{user}", f"{USER}{previous}"
