"""What a request that failed says of whether it arrived."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPSConnection
from threading import Thread

import pytest

from milepost_channels.https import CONNECT, Endpoint, NoAnswerError, NotSentError, endpoint
from tests.integrations.standin import running
from tests.integrations.vendors import WebhookVendor

BODY = b'{"id": "a"}'


def at(port: int, patience: float = 5.0) -> Endpoint:
    """An endpoint on loopback."""
    return Endpoint(lambda: HTTPConnection("127.0.0.1", port, timeout=CONNECT), "/", patience)


@contextmanager
def answering(*pieces: bytes) -> Iterator[int]:
    """A port whose first caller gets these bytes, and then the end of the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(65_536)
                for piece in pieces:
                    caller.sendall(piece)

        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_nobody_there_means_not_sent() -> None:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSentError):
        at(port).post(BODY, {})


def test_a_name_that_cannot_be_found_means_not_sent() -> None:
    """Reserved never to exist."""
    with pytest.raises(NotSentError):
        Endpoint(lambda: HTTPConnection("nowhere.invalid", timeout=CONNECT), "/").post(BODY, {})


def test_a_handshake_that_fails_means_not_sent() -> None:
    """A server that speaks no TLS: the request has not gone out."""
    with answering(b"nope") as port, pytest.raises(NotSentError):
        Endpoint(lambda: HTTPSConnection("127.0.0.1", port, timeout=CONNECT), "/").post(BODY, {})


@pytest.mark.parametrize("pieces", [(), (b"HTT",), (b"nonsense\r\n\r\n",)])
def test_a_connection_that_ends_without_an_answer_means_nobody_knows(pieces: tuple[bytes, ...]) -> None:
    """Nothing, the beginning of a line, or no HTTP."""
    with answering(*pieces) as port, pytest.raises(NoAnswerError):
        at(port).post(BODY, {})


def test_an_answer_cut_short_means_nobody_knows() -> None:
    """Fewer bytes than announced."""
    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}") as port, pytest.raises(NoAnswerError):
        at(port).post(BODY, {})


def test_a_silence_longer_than_the_time_out_means_nobody_knows() -> None:
    """Whether it was worked off before or after."""
    vendor = WebhookVendor(b"")
    with (
        running(vendor, plan={1: "time-out before"}) as stand_in,
        pytest.raises(NoAnswerError),
    ):
        at(stand_in.port, patience=0.2).post(BODY, {})


def test_an_answer_is_read_with_its_headers_in_lower_case() -> None:
    """Braze sends them so, others do not."""
    with answering(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\ncontent-length: 2\r\n\r\n{}") as port:
        response = at(port).post(BODY, {})
    assert (response.status, response.headers["retry-after"], response.body) == (429, "7", b"{}")


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://example.com/", "https:///path", "example.com", ""])
def test_only_https_is_an_endpoint(url: str) -> None:
    """The template refuses it, and so does the code."""
    with pytest.raises(ValueError, match="https://"):
        endpoint(url)


def test_an_endpoint_keeps_path_and_query() -> None:
    """And verifies the server's certificate and name."""
    found = endpoint("https://example.com:8443/hooks?team=a")
    connection = found.connect()
    assert isinstance(connection, HTTPSConnection)
    assert (connection.host, connection.port, found.path) == ("example.com", 8443, "/hooks?team=a")
    assert connection._context.check_hostname  # type: ignore[attr-defined]  # not in typeshed
    assert endpoint("https://example.com").path == "/"
