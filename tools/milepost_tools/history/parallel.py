"""A run over a log in several processes, each with a part of the subjects, which comes to the same as in one."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from milepost_tools.history.log import is_stream
from milepost_tools.history.part import Job, Run, merged, run_part
from milepost_tools.local.recording import Advanced, nobody, read_lines
from milepost_tools.problem import ProblemError

MOST: Final = 8
"""Processes unless told otherwise: each reads the whole log, so that more of them gain less and less."""
_ALIAS: Final = b"alias"
_SMALL: Final = 4_000_000
_SMALL_PACKED: Final = 250_000
"""Bytes of a log, plain and gzipped, of about 20,000 lines: below, a process takes longer to start than it saves."""


def processes_for(name: str, wanted: int | None = None) -> int:
    """How many processes to run a log in: as many as wanted, else what its size and this machine suggest.

    One where the log cannot be opened several times, or not at all, and where it may make one subject of two: who
    belongs together is known only where all of it is read.
    """
    if is_stream(name) or not Path(name).is_file():
        return 1
    smallest = _SMALL_PACKED if name.lower().endswith(".gz") else _SMALL
    suggested = 1 if Path(name).stat().st_size < smallest else min(os.cpu_count() or 1, MOST)
    processes = suggested if wanted is None else wanted
    return 1 if processes == 1 or _may_join_subjects(name) else processes


def _may_join_subjects(name: str) -> bool:
    return any(_ALIAS in line for _, line in read_lines(name))


def run_job(job: Job, processes: int = 1, advanced: Advanced = nobody) -> Run:
    """Run all parts of a job: the first here, where it tells of its progress, the others in processes of their own.

    Raises:
        ProblemError: the log cannot be read, or a process came to its end before its work.
    """
    job = replace(job, parts=processes)
    if processes == 1:
        return run_part(job, 0, advanced)
    # Spawned, not forked: a fork copies the locks of threads that it does not copy.
    with ProcessPoolExecutor(processes - 1, get_context("spawn"), initializer=_end_on_interrupt) as pool:
        others = [pool.submit(_run_elsewhere, job, part) for part in range(1, processes)]
        try:
            runs = [run_part(job, 0, advanced), *(_brought_back(each.result()) for each in others)]
        except BrokenProcessPool as error:
            raise ProblemError(
                "A process of the simulation came to its end too early.", "Is memory short? Try --processes 1."
            ) from error
    return _up_to_first_refusal(merged(runs)) if job.strict else merged(runs)


def _run_elsewhere(job: Job, part: int) -> Run | tuple[str, str]:
    """The run of a part, or its problem in a form that comes back from another process."""
    try:
        return run_part(job, part)
    except ProblemError as problem:
        return problem.what, problem.remedy


def _brought_back(found: Run | tuple[str, str]) -> Run:
    if isinstance(found, Run):
        return found
    raise ProblemError(*found)


def _end_on_interrupt() -> None:
    """Let an interrupt end a process on the spot and without a traceback; the command itself says what happened."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _up_to_first_refusal(run: Run) -> Run:
    """Every part stopped at its own first refused line; the first of all is the one that counts."""
    return replace(run, refused=run.refused[:1])
