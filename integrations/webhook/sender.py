"""Standard Webhooks 1.0.0: what is sent, how it is signed, and what the endpoint's answer means."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import new
from http import HTTPStatus
from json import dumps
from time import time
from typing import Final

from milepost_channels.answers import Answer, Busy, Refused, Taken, Unclear
from milepost_channels.https import Endpoint, NoAnswerError, NotSentError, Response
from milepost_channels.nudge import Nudge, Reason

_PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret: the specification's 192 to 512 bits."""
_NEVER: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Answers that the same message will always get. Every other failure is tried again, as the specification wants:
a key, a path or a limit can be put right while the message waits."""


class BadSecretError(Exception):
    """The secret is not what Standard Webhooks calls one: `whsec_` and 24 to 64 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The endpoint. `secret` gives one secret or, while it is being changed, two with a space between."""

    endpoint: Endpoint
    secret: Callable[[], str]
    clock: Callable[[], float] = time

    at_once: int = 1
    tells_repeats: bool = True  # by webhook-id, which the specification makes the receiver's idempotency key

    @property
    def longest(self) -> float:
        """Seconds of a request."""
        return self.endpoint.longest

    def check(self) -> None:
        """Raise what keeps the secret from being read, or `BadSecretError`."""
        signature_headers("check", 0, b"", self.secret())

    def send(self, nudges: Sequence[Nudge]) -> Sequence[Answer]:
        """Post each nudge."""
        return [self._send(nudge) for nudge in nudges]

    def _send(self, nudge: Nudge) -> Answer:
        body = payload(nudge)
        signed = signature_headers(nudge.id, int(self.clock()), body, self.secret())
        try:
            response = self.endpoint.post(body, {"content-type": "application/json", **signed})
        except NotSentError:
            return Busy()
        except NoAnswerError:
            return Unclear()
        return meaning(response)


def payload(nudge: Nudge) -> bytes:
    """The CloudEvent with a `timestamp` beside its `time`, so that it is also the payload that is recommended."""
    return dumps({**nudge.event, "timestamp": nudge.event.get("time")}, ensure_ascii=False).encode()


def signature_headers(id_: str, timestamp: int, body: bytes, secrets: str) -> Mapping[str, str]:
    """The three headers; `timestamp` is that of this attempt, in seconds since 1970."""
    signed = f"{id_}.{timestamp}.".encode() + body
    signatures = [f"v1,{b64encode(new(_key(each), signed, sha256).digest()).decode()}" for each in secrets.split()]
    if not signatures:
        raise BadSecretError
    return {"webhook-id": id_, "webhook-timestamp": str(timestamp), "webhook-signature": " ".join(signatures)}


def meaning(response: Response) -> Answer:
    """What an answer means; a wait that the endpoint asks for is kept to."""
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return Taken()
    if response.status in _NEVER:
        return Refused(Reason.REFUSED)
    asked = response.headers.get("retry-after", "")
    return Busy(float(asked) if asked.isascii() and asked.isdecimal() else 0.0)


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise BadSecretError from None
    if not (secret.startswith(_PREFIX) and _SHORTEST <= len(key) <= _LONGEST):
        raise BadSecretError
    return key
