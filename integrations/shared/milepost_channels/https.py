"""One POST over HTTPS, and whether one that failed may have arrived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import create_default_context
from typing import Final
from urllib.parse import urlsplit

CONNECT: Final = 1.0
READ: Final = 3.0
"""Seconds: for the connection with its handshake, then for each wait for the answer."""
_MOST_BYTES: Final = 65_536
"""Of an answer; nothing that is read of one stands further back."""


class NotSentError(Exception):
    """There was no connection: nothing has arrived, whatever the reason."""


class NoAnswerError(Exception):
    """The request went out, in whole or in part, and no answer came: it may have been worked off."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to post to.

    A connection serves one request: one kept open may be closed at the other end just as the next request goes
    out, and then nobody knows whether that arrived.
    """

    connect: Callable[[], HTTPConnection]
    path: str
    read_timeout: float = READ

    @property
    def longest(self) -> float:
        """Seconds that a request takes at most, if the answer comes in one piece."""
        return CONNECT + self.read_timeout

    def post(self, body: bytes, headers: Mapping[str, str]) -> Response:
        """Post a body; raises `NotSentError` or `NoAnswerError`. Redirections are not followed."""
        connection = self.connect()
        try:
            return self._post(connection, body, headers)
        finally:
            connection.close()

    def _post(self, connection: HTTPConnection, body: bytes, headers: Mapping[str, str]) -> Response:
        try:
            connection.connect()
        except OSError as error:
            raise NotSentError from error
        try:
            connection.sock.settimeout(self.read_timeout)
            connection.request("POST", self.path, body, dict(headers))
            answer = connection.getresponse()
            found = answer.read(_MOST_BYTES)
        except (OSError, HTTPException) as error:
            raise NoAnswerError from error
        if answer.length and len(found) < _MOST_BYTES:
            raise NoAnswerError  # cut short, which `read` of a limited number of bytes does not mind
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, found)


def endpoint(url: str) -> Endpoint:
    """The endpoint of an `https://` URL; raises ValueError for any other."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("The endpoint is not an https:// URL.")
    host, port, context = parts.hostname, parts.port, create_default_context()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(lambda: HTTPSConnection(host, port, timeout=CONNECT, context=context), path)
