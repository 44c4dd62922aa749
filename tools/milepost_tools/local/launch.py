"""How MiniStack's process comes to life: its port, its environment, and when it is ready."""

import http.client
import os
import socket
import subprocess  # nosec B404  # Our own commands, never a shell.
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from milepost_tools.local.lock import HeldError, locked
from milepost_tools.problem import ProblemError

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
LOOPBACK: Final = "127.0.0.1"

_READY_WITHIN: Final = 30.0
"""Seconds. It takes half of one on an idle machine."""
_PAUSE: Final = 0.02
_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH")
"""All that the functions' workers get to see of our environment: no profile, proxy or endpoint of the user's."""


def lock_in(home: Path) -> Path:
    """The file that the process holds locked while it lives."""
    return home / "lock"


def log_in(home: Path) -> Path:
    """Where the process writes, failures of the functions included."""
    return home / "ministack.log"


def temporary_in(home: Path) -> Path:
    """Its temporary files, which it does not clear away itself."""
    return home / "tmp"


def checked_port(wanted: int | None) -> int:
    """The port wanted if it is free, else one that is.

    Raises:
        ProblemError: another process has it.
    """
    with socket.socket() as probe:
        # Without it, what is left of a MiniStack that has just been stopped would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted or 0))
        except (OSError, OverflowError) as error:
            what = f"Port {wanted} cannot be used: another process has it, or it is not ours to take."
            raise ProblemError(what, "Leave out --port to get a free one, or name another.") from error
        return int(probe.getsockname()[1])


def spawn(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the process; it holds the lock in `home` from its first instant to its last.

    Raises:
        ProblemError: MiniStack is not installed, or one runs in `home` already.
    """
    if find_spec("ministack") is None:
        raise ProblemError("MiniStack is not installed beside this command.", "Run 'make setup'.")
    temporary_in(home).mkdir(parents=True, exist_ok=True)
    try:
        with locked(lock_in(home)) as lock, log_in(home).open("wb") as log:
            process = subprocess.Popen(  # nosec B603  # Our own command, and no shell.
                [sys.executable, "-m", "milepost_tools.local.emulator"],
                env=_environment(home, port),
                cwd=temporary_in(home),  # so that nothing that lies about here can be imported
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                start_new_session=True,  # the terminal's Ctrl-C is for us; we stop it in good order
            )
            # Whoever finds the lock held finds its holder too, even if we are killed in the next instant.
            lock_in(home).write_text(str(process.pid), encoding="ascii")
            return process
    except HeldError as error:
        what = "A local stack already runs from this directory."
        raise ProblemError(what, "Use it, or stop it first with 'milepost local down'.") from error


def await_ready(process: "subprocess.Popen[bytes]", home: Path, port: int) -> None:
    """Wait until it answers.

    Raises:
        ProblemError: it ended instead, or took too long.
    """
    deadline = time.monotonic() + _READY_WITHIN
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            last = (log_in(home).read_text(errors="replace").splitlines() or ["it said nothing"])[-1]
            raise ProblemError(
                f"MiniStack did not start: {last}.", "Try again; if that does not help, run 'make clean setup'."
            )
        time.sleep(_PAUSE)


def answers(port: int) -> bool:
    """Whether a MiniStack answers on that port."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)  # unlike urllib, it asks no proxy
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _environment(home: Path, port: int) -> Mapping[str, str]:
    temporary = str(temporary_in(home).resolve())
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
        "AUTH": "true",  # each function runs under its own role
        "AWS_EC2_METADATA_DISABLED": "true",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "HOME": temporary,
        "IOT_MTLS_ENABLED": "0",  # these two would listen on ports of their own
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",  # failures of functions are warnings, each request is information
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": LOOPBACK,  # the host in the queues' URLs
        "MINISTACK_REGION": REGION,
        "TMPDIR": temporary,
        "TZ": "UTC",  # as on Lambda
    }
