"""A vendor on loopback: takes what its published schema allows, logs every raw request, and fails now and then.

Which request fails, and how, is a function of the seed, of what is sent and of how often it was sent before: so a run
comes out the same however its threads take turns.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from random import Random
from threading import Event, Lock, Thread
from typing import Any, Protocol

FAULTS = {
    "429": 4,
    "500": 4,
    "503": 4,
    "cut before": 3,
    "cut after": 3,
    "time-out before": 1,
    "time-out after": 1,
}
"""What goes wrong, and in which proportions: an answer that says so; or none, before the vendor has taken it or after,
because the connection ends or because nothing comes. The last is rare only because each costs the run seconds."""
BEFORE = ("cut before", "time-out before")
AFTER = ("cut after", "time-out after")


@dataclass(frozen=True)
class Raw:
    """One request as it came in, the fault it met, and the ids of the nudges that were taken for it."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    fault: str | None
    taken: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """What the vendor answers, and what it has taken."""

    status: int
    body: Any
    taken: tuple[str, ...] = ()


class Vendor(Protocol):
    """What differs from vendor to vendor."""

    def ids(self, body: bytes) -> Sequence[str]:
        """The nudges that a request is about."""
        ...

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take a request, or refuse what the published schema does not allow."""
        ...

    def failure(self, status: int) -> tuple[Mapping[str, str], Any]:
        """Headers and body of an answer that says that something went wrong."""
        ...


@dataclass
class StandIn:
    """The server's state. `rate` is the share of requests that fail, `silence` how long a time-out lasts at most."""

    vendor: Vendor
    seed: int = 0
    rate: float = 0.0
    plan: dict[int, str] = field(default_factory=dict)
    silence: float = 10.0
    log: list[Raw] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    lock: Any = field(default_factory=Lock)
    over: Event = field(default_factory=Event)
    port: int = 0

    def fault(self, body: bytes) -> str | None:
        """The fault for this request; `plan` names those of a test by the number of the request."""
        key = min(self.vendor.ids(body), default="")
        with self.lock:
            self.tries[key] += 1
            nth, total = self.tries[key], self.tries.total()
        chance = Random(f"{self.seed}/{key}/{nth}")
        if chance.random() < self.rate:
            return chance.choices([*FAULTS], [*FAULTS.values()])[0]
        return self.plan.get(total)

    def taken(self) -> Counter[str]:
        """How often each nudge was taken, by the raw log."""
        return Counter(id_ for raw in self.log for id_ in raw.taken)

    def faults(self) -> Counter[str]:
        """How often each fault was met, by the raw log."""
        return Counter(raw.fault for raw in self.log if raw.fault)


@contextmanager
def running(vendor: Vendor, **how: Any) -> Iterator[StandIn]:
    """The vendor on a free port of loopback, until the block ends."""
    state = StandIn(vendor, **how)
    server = _Server(("127.0.0.1", 0), _handler(state))
    state.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has given up is what these tests are about."""


def _handler(state: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Every vendor here is spoken to by POST alone."""
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = _lower(self.headers)
            fault = state.fault(body)
            taken_first = fault is None or fault in AFTER
            reply = state.vendor.answer(self.path, headers, body) if taken_first else Reply(int(_status(fault)), None)
            with state.lock:
                state.log.append(Raw(self.path, headers, body, reply.status, fault, reply.taken))
            if fault in {*BEFORE, *AFTER}:
                state.over.wait(state.silence if "time-out" in fault else 0)
                self.close_connection = True
            elif fault:
                more, found = state.vendor.failure(reply.status)
                self._answer(reply.status, more, found)
            else:
                self._answer(reply.status, {}, reply.body)

        def _answer(self, status: int, headers: Mapping[str, str], found: Any) -> None:
            content = dumps(found).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # The base class's name for it.
            """The raw log is the log."""

    return Handler


def _lower(headers: Message) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _status(fault: str | None) -> str:
    return fault if fault and fault.isdecimal() else "0"
