"""Braze's `POST /users/track`: one custom event a nudge, and what Braze's answer means for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from json import dumps, loads
from time import time
from typing import Any, Final

from integrations.braze.event import custom_event
from milepost_channels.answers import Answer, Busy, Refused, Taken, Unclear
from milepost_channels.https import Endpoint, NoAnswerError, NotSentError, Response
from milepost_channels.nudge import Nudge, Reason, RefusedError

MOST_AT_ONCE: Final = 75
"""Braze's limit for attributes, events and purchases of a request together."""
_GATEWAYS: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""Answers of what stands before Braze: whether Braze got the request, they do not say."""


@dataclass(frozen=True, slots=True)
class Braze:
    """A workspace. `key` gives its REST API key, which needs the permission `users.track` alone."""

    endpoint: Endpoint
    key: Callable[[], str]
    event_name: str
    at_once: int
    clock: Callable[[], float] = time

    tells_repeats: bool = False  # "duplicate" events are separate events to Braze, and there is no key to tell them

    @property
    def longest(self) -> float:
        """Seconds of a request."""
        return self.endpoint.longest

    def check(self) -> None:
        """Raise what keeps the key from being read."""
        self.key()

    def send(self, nudges: Sequence[Nudge]) -> Sequence[Answer]:
        """Track nudges in one request; those that Braze has no user for are refused without one."""
        events: list[Any] = []
        answers: list[Answer | None] = []
        for nudge in nudges:
            try:
                events.append(custom_event(nudge, self.event_name))
                answers.append(None)
            except RefusedError as refused:
                answers.append(Refused(refused.reason))
        tracked = iter(self._track(events) if events else ())
        return [each or next(tracked) for each in answers]

    def _track(self, events: Sequence[Any]) -> Sequence[Answer]:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.key()}"}
        try:
            response = self.endpoint.post(dumps({"events": events}, ensure_ascii=False).encode(), headers)
        except NotSentError:
            return [Busy()] * len(events)
        except NoAnswerError:
            return [Unclear()] * len(events)
        if response.status == HTTPStatus.BAD_REQUEST and len(events) > 1:
            half = len(events) // 2  # nothing was tracked, and nobody says which of them is wrong
            return [*self._track(events[:half]), *self._track(events[half:])]
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            return taken(response, len(events))
        return [self._meaning(response)] * len(events)

    def _meaning(self, response: Response) -> Answer:
        if response.status in _GATEWAYS:
            return Unclear()
        if response.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}:
            return Refused(Reason.REFUSED)
        return Busy(self._until_reset(response))  # also 401, 403 and 404: a key can be put right

    def _until_reset(self, response: Response) -> float:
        """Seconds until the rate limit's window ends, if that is why."""
        reset = response.headers.get("x-ratelimit-reset", "")
        limited = response.status == HTTPStatus.TOO_MANY_REQUESTS and reset.isascii() and reset.isdecimal()
        return max(0.0, float(reset) - self.clock()) if limited else 0.0


def taken(response: Response, sent: int) -> Sequence[Answer]:
    """Braze took the request, but may name events that it did not: those are refused, the others taken.

    An error that names none of them leaves open which it is about, and so whether any one was taken.
    """
    try:
        errors = loads(response.body or b"{}").get("errors", [])
        wrong = {_place(error, sent) for error in errors}
    except (ValueError, AttributeError, TypeError):
        return [Taken()] * sent  # an answer that cannot be read, such as that of a maintenance, is still a yes
    if None in wrong:
        return [Unclear()] * sent
    return [Refused(Reason.REFUSED) if place in wrong else Taken() for place in range(sent)]


def _place(error: object, sent: int) -> int | None:
    """Which event an error is about."""
    if not isinstance(error, dict) or error.get("input_array") != "events":
        return None
    place = error.get("index")
    return place if isinstance(place, int) and 0 <= place < sent else None
