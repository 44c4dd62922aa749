"""What `milepost local up` leaves in `.milepost/` for the commands that come after it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from milepost_tools.local.launch import lock_in
from milepost_tools.local.lock import is_held
from milepost_tools.local.ministack import MiniStack
from milepost_tools.problem import ProblemError

HOME: Final = Path(".milepost")
"""Beneath the current directory, so that two checkouts have two stacks."""


@dataclass(frozen=True)
class LocalState:
    """The local stack as it was started. `started` is an instant in ISO 8601, UTC."""

    pid: int
    port: int
    started: str
    stack: str
    endpoint: str
    log: str

    @property
    def ministack(self) -> MiniStack:
        """The process that this speaks of."""
        return MiniStack(self.pid, self.port, HOME)


def remember(state: LocalState) -> None:
    """Write the state, whole or not at all."""
    draft = _file().with_suffix(".new")
    draft.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    draft.replace(_file())


def forget() -> None:
    """There is no local stack any more."""
    _file().unlink(missing_ok=True)


def recall() -> LocalState | None:
    """The state, if a stack was started from this directory; whether it still runs is another question.

    Raises:
        ProblemError: the file cannot be read.
    """
    try:
        return LocalState(**json.loads(_file().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        remedy = "Remove it, and end what may still run by hand ('ps' shows it as 'ministack')."
        raise ProblemError(f"{_file()} is damaged.", remedy) from error


def started() -> MiniStack | None:
    """What `down` has to stop, even where starting it was cut off before a state was written."""
    state = recall()
    if state is not None:
        return state.ministack
    if not is_held(lock_in(HOME)):
        return None
    return MiniStack(int(lock_in(HOME).read_text(encoding="ascii")), 0, HOME)


def running() -> LocalState:
    """The local stack that runs.

    Raises:
        ProblemError: none does.
    """
    state = recall()
    if state is None:
        remedy = "Start one with 'milepost local up', or name a deployed one with --stack NAME."
        raise ProblemError("No local stack was started from this directory.", remedy)
    if not state.ministack.running:
        remedy = f"Start it again with 'milepost local up'; {state.log} may tell why it ended."
        raise ProblemError(f"The local stack (process {state.pid}) has ended.", remedy)
    return state


def _file() -> Path:
    return HOME / "local.json"
