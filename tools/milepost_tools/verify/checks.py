"""All checks, by the names under which docs/assumptions.md has them, and how each is carried out."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from milepost.adapters.aws import passes
from milepost_tools.local.plainly import DENIED, EXPIRED, code_of
from milepost_tools.problem import ProblemError
from milepost_tools.verify import pipeline, queues, reads, topics, writes
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import DIFFERS, HOLDS, NOT_TESTABLE, DiffersError, NotTestableError, Verdict

Check: TypeAlias = Callable[[Lab], str]
"""Its docstring is one sentence on what is tried; its answer is what was seen.

Raises:
    DiffersError, NotTestableError: it does not hold, or cannot be told.
"""

CHECKS: Final[Mapping[str, Check]] = {
    "statement-units": writes.statement_units,
    "statement-failures": writes.statement_failures,
    "single-writes": writes.single_writes,
    "item-too-large": writes.item_too_large,
    "transaction-units": writes.transaction_units,
    "transaction-repeated": writes.transaction_repeated,
    "transaction-conflict": writes.transaction_conflict,
    "read-units": reads.read_units,
    "segments-backwards": reads.segments_backwards,
    "sparse-index": reads.sparse_index,
    "index-units": reads.index_units,
    "table-settings": reads.table_settings,
    "outcome": pipeline.outcome,
    "refused-message": pipeline.refused_message,
    "tick-groups": queues.tick_groups,
    "tick-deduplication": queues.tick_deduplication,
    "redelivery": queues.redelivery,
    "largest-message": queues.largest_message,
    "publish-batch": topics.publish_batch,
    "queue-age": queues.queue_age,
}

NOT_MODELLED: Final[Mapping[str, str]] = {
    "statement-units": "the emulator counts one unit a statement, however large its item",
    "read-units": "the emulator does not say what a read cost",
    "table-settings": "the emulator does not take them from the template",
}
"""Where the emulator is known to differ, and why that says nothing of AWS. They are tried all the same."""


@dataclass(frozen=True)
class Result:
    """What came of a check: the verdict, what was seen or why not, and in how many seconds."""

    name: str
    tried: str
    verdict: Verdict
    said: str
    seconds: float


def results(lab: Lab, checks: Mapping[str, Check]) -> Iterator[Result]:
    """Carry the checks out one after the other."""
    for name, check in checks.items():
        started = time.monotonic()
        verdict, said = _carried_out(lab, check)
        if verdict == DIFFERS and lab.emulated and name in NOT_MODELLED:
            verdict, said = NOT_TESTABLE, f"{NOT_MODELLED[name]} ({said})"
        yield Result(name, inspect.getdoc(check) or "", verdict, said, time.monotonic() - started)


def _carried_out(lab: Lab, check: Check) -> tuple[Verdict, str]:
    try:
        return HOLDS, check(lab)
    except NotTestableError as reason:
        return NOT_TESTABLE, str(reason)
    except ClientError as error:
        # What is denied, expired or throttled says something of who asks, and when.
        ours = code_of(error) in DENIED | EXPIRED or passes(error)
        return NOT_TESTABLE if ours else DIFFERS, str(error)
    except (BotoCoreError, ProblemError) as error:
        return NOT_TESTABLE, str(error)
    except DiffersError as difference:
        return DIFFERS, str(difference)
    except (LookupError, RuntimeError, TypeError, ValueError) as error:  # An answer that the code cannot read.
        return DIFFERS, repr(error)
