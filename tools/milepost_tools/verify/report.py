"""What `milepost verify` prints: a line or two for each check, and a summary for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from textwrap import indent

from milepost_tools.local.text import printable
from milepost_tools.verify.checks import CHECKS, Result
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import DIFFERS, HOLDS, NOT_TESTABLE

_NAME = max(map(len, CHECKS))


def row(result: Result) -> str:
    """A check for a person: its name, seconds and verdict, and below what was tried."""
    said = printable(f"{result.verdict}: {result.said}")
    return f"{result.name:<{_NAME}} {result.seconds:6.1f} s  {said}\n{'':{_NAME + 11}}{result.tried}"


def cleaned(lab: Lab) -> str:
    """What was removed, and what was not."""
    lines = [f"Removed {len(lab.removed)} things, all named after {lab.prefix}:", *sorted(lab.removed)]
    if lab.left:
        lines += ["Not removed, look after them:", *lab.left]
    return "\n".join(line if line.endswith(":") else indent(printable(line), "  ") for line in lines)


def summary(lab: Lab, stage: str, results: Sequence[Result]) -> str:
    """One JSON object."""
    tally = Counter(each.verdict for each in results)
    return json.dumps(
        {
            "verify": True,
            "stack": lab.stack.name,
            "stage": stage,
            "holds": tally[HOLDS],
            "differs": tally[DIFFERS],
            "not_testable": tally[NOT_TESTABLE],
            "left": lab.left,
            "seconds": round(sum(each.seconds for each in results), 1),
            "checks": {each.name: f"{each.verdict}: {each.said}" for each in results},
        }
    )
