"""Bugs to plant where it is decided what becomes of a nudge, and where somebody is erased; see `planted`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from milepost.adapters.dynamo_estate import DynamoEstate
from milepost.adapters.keys import AGGREGATE
from milepost.application import folding
from milepost.application.merging import Merging
from milepost.application.ports import Piece, Saved, Stored
from milepost.domain import advance, caps, decision, gates, hours, merge
from milepost.domain.caps import Cap
from milepost.domain.decision import Case
from milepost.domain.fold import Fold
from milepost.domain.gates import GATES, Question
from milepost.domain.instant import DAY, SECOND
from milepost.domain.local import local_in
from milepost.domain.outbox import Nudge

Patch: TypeAlias = tuple[Any, str, Any]
"""Whose attribute, which one, and what it is with the bug."""
_decide, _decided, _called_back = decision.decide, decision._decided, decision._called_back  # noqa: SLF001
_join, _id = Merging._join, decision._id  # noqa: SLF001  # As they are.
_take, _beside, _advance = Fold.take, DynamoEstate.beside, advance.advance
_waits, _opens, _not_after, _kept = Fold.waits, Cap.opens, gates.not_after, caps.kept


def _without(gate: gates.Gate) -> Callable[[], Patch]:
    """A gate that is always open."""
    return _asked(*(each for each in GATES if each is not gate))


def _asked(*asked: gates.Gate) -> Callable[[], Patch]:
    """Other gates than there are; `ask` has them as its default."""
    return lambda: (gates.ask, "__defaults__", (asked,))


def _forget_what_had_to_wait(fold: Fold, outbox: Iterable[Any]) -> Any:  # noqa: ANN401
    decided = _decide(fold, outbox)
    fold.pending = tuple(each for each in fold.pending if each.due == each.planned)
    return decided


def _send_what_has_waited(fold: Fold, case: Case) -> Nudge:
    nudge = _decided(fold, case)
    has_waited = case.pending.due > case.pending.planned
    return replace(nudge, verdict="sent", reason=None, until=None) if has_waited else nudge


def _ask_of_whoever_it_was(fold: Fold, outbox: Iterable[Any]) -> Any:  # noqa: ANN401
    progress = fold.progress
    fold.progress = progress._replace(forward=None)
    called = _called_back(fold, outbox)
    fold.progress = progress
    return called


def _join_when_it_was_said(self: Merging, user: Any, other: Any, *what: Any) -> Saved | None:  # noqa: ANN401
    return _join(replace(self, now_of=lambda aliases: aliases[0].arrived), user, other, *what)


def _remove_and_that_is_all(self: DynamoEstate, tombstone: Stored) -> Saved:
    self.remove(tombstone.progress.subject, [Piece("other", AGGREGATE)])
    return Saved.DONE


def _take_what_was_forgotten(self: Fold, event: Any) -> None:  # noqa: ANN401
    self.erased = None
    _take(self, event)


def _keep_away_for_good(self: Fold, event: Any) -> None:  # noqa: ANN401
    if self.erased is None:
        _take(self, event)


def _begin_anew_without_memory(*what: Any) -> Any:  # noqa: ANN401
    found = _advance(*what)
    return found._replace(progress=found.progress._replace(erased=None))


BUGS: Final[Mapping[str, Callable[[], Patch]]] = {
    "tells those held out": _without(gates.holdout),
    "holds out what would not have gone": _asked(gates.holdout, *GATES[:-1]),
    "asks for no reason to stay silent": _without(gates.suppression),
    "ignores what was to come first": _without(gates.wanted),
    "tells what is stale": _without(gates.fresh),
    "lets the lower priority go first": lambda: (
        decision.Case,
        "priority",
        property(lambda case: 0 if case.milestone is None else -case.milestone.priority),
    ),
    "takes unknown consent for a yes": lambda: (
        Question,
        "has_consent",
        lambda self, channel: self.addressee.values.get(self.catalog.consent.get(channel)) is not False,
    ),
    "knows only the first channel of a list": lambda: (
        Question,
        "channel",
        property(lambda self: self.step.channels[0]),
    ),
    "keeps hours by UTC": lambda: (hours, "wall_clock", lambda _, at: datetime.fromtimestamp(at // SECOND, UTC)),
    "counts days by UTC": lambda: (
        Cap,
        "opens",
        lambda self, used, _, now: _opens(self, used, local_in("UTC", 0), now),
    ),
    "counts for a cap only what was sent": lambda: (decision, "_USES", ("sent",)),
    "gives back nothing that was not used": lambda: (decision, "give_back", lambda *_: None),
    "remembers only the last that was used": lambda: (
        caps,
        "kept",
        lambda used, *what: _kept(used, *what)[-1:],
    ),
    "forgets what had to wait": lambda: (advance, "decide", _forget_what_had_to_wait),
    "wakes nothing that waits": lambda: (
        Fold,
        "waits",
        lambda fold, milestones: [
            each for each in _waits(fold, milestones) if each not in {waiting.due for waiting in fold.pending}
        ],
    ),
    "sends what has waited unasked": lambda: (decision, "_decided", _send_what_has_waited),
    "sends late what was decided in time": lambda: (gates, "not_after", lambda asked: _not_after(asked) + 30 * DAY),
    "names a nudge by when it is due": lambda: (
        decision,
        "_id",
        lambda fold, pending: f"{_id(fold, pending)}{pending.due}",
    ),
    "counts what waits as decided": lambda: (Nudge, "is_final", True),
    "loses what waits when two become one": lambda: (merge, "_is_news", lambda *_: False),
    "judges a merge by when it was said": lambda: (Merging, "_join", _join_when_it_was_said),
    "asks the gates of whoever it was": lambda: (decision, "_called_back", _ask_of_whoever_it_was),
    # What is left of somebody who was erased.
    "puts no tombstone": lambda: (DynamoEstate, "entomb", _remove_and_that_is_all),
    "takes no notice of a tombstone": lambda: (Fold, "take", _take_what_was_forgotten),
    "keeps away for good whom it erased": lambda: (Fold, "take", _keep_away_for_good),
    "forgets an erasure when somebody begins anew": lambda: (folding, "advance", _begin_anew_without_memory),
    "leaves decisions of whom it erases": lambda: (
        DynamoEstate,
        "beside",
        lambda self, subject: [each for each in _beside(self, subject) if each.kind != "decision"],
    ),
}
"""By what each does."""
