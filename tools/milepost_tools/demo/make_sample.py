"""Makes the demo's sample from the CDNOW data: `python -m milepost_tools.demo.make_sample`.

Every run makes the same bytes. `sample/catalog.yaml` is written by hand; the rest of it comes from here:

    events.ndjson.gz     the log: one message body a line, in the order in which they are sent
    answers.ndjson.gz    the right outcomes, taken from CDNOW's
    expected.json        how many of each

CDNOW knows dates and amounts and nothing else. Consents, time zones, support cases and when messages come in are made
up, by lots that fall the same way on every machine (`sampling/draw.py`, `sampling/profiles.py`).

`python -m milepost_tools.demo.make_sample --everybody FILE` writes the log of all 23,570 customers over all 18 months.
"""

import gzip
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from milepost_tools.demo.checking.plan import read_plan
from milepost_tools.demo.sampling import cdnow, expectation, profiles
from milepost_tools.demo.sampling.broken import KINDS, Line, unbroken, with_broken
from milepost_tools.demo.sampling.cdnow import Answer, Message
from milepost_tools.demo.sampling.delivery import Delivery, deliveries
from milepost_tools.demo.sampling.profiles import Traits

SAMPLE: Final = Path(__file__).parent / "sample"
CUSTOMERS: Final = 620
END: Final = datetime.fromisoformat("1997-06-01T00:00:00-04:00")
"""The sample is the first five months, so that the demo is over in two minutes: its clock stops at each due instant."""


def main(arguments: Sequence[str]) -> int:
    """Write the sample into its folder, or everybody's log into a file."""
    if arguments:
        _, name = arguments
        lines, _ = everybody()
        Path(name).write_bytes(_zipped(line.text for line in lines))
        return 0
    for name, content in make().items():
        (SAMPLE / name).write_bytes(content)
        sys.stdout.write(f"{len(content):>8} bytes  {SAMPLE / name}\n")
    return 0


def everybody() -> tuple[list[Line], list[Answer]]:
    """The log of all customers over all 18 months, with its broken lines, and the right answers to it."""
    return _played(None, cdnow.AS_OF)[:2]


def make() -> dict[str, bytes]:
    """The files of the sample, by name."""
    lines, answers, log = _played(CUSTOMERS, END)
    counts = {
        **_message_counts(log, lines),
        "members": len({each.message.user for each in log}),
        "outcomes": expectation.outcome_counts(answers),
    }
    return {
        "events.ndjson.gz": _zipped(line.text for line in lines),
        "answers.ndjson.gz": _zipped(json.dumps(each) for each in answers),
        "expected.json": (json.dumps(counts, indent=2) + "\n").encode(),
    }


def _played(wanted: int | None, end: datetime) -> tuple[list[Line], list[Answer], list[Delivery]]:
    everyone = cdnow.until(cdnow.purchases(), end)
    customers = cdnow.customers(everyone, wanted)
    traits = profiles.traits(customers)
    log = _log(everyone, customers, traits, end)
    plan = read_plan(SAMPLE / "catalog.yaml")
    return with_broken(log, traits), expectation.answers_for(cdnow.answers(), plan, unbroken(log), end), log


def _log(
    everyone: Iterable[Message], customers: Sequence[str], traits: Mapping[str, Traits], end: datetime
) -> list[Delivery]:
    wanted = frozenset(customers)
    purchases = [each for each in everyone if each.user in wanted]
    return deliveries([*profiles.identifies(traits), *purchases], purchases, end)


def _message_counts(log: Iterable[Delivery], lines: Sequence[Line]) -> dict[str, object]:
    duplicates = [each.again for each in log]
    return {
        "as_of": END.isoformat(),
        "messages": len(lines),
        "accepted": duplicates.count(False),
        "duplicates": duplicates.count(True),
        "rejected": len(KINDS),
        "rejected_kinds": KINDS,
    }


def _zipped(lines: Iterable[str]) -> bytes:
    buffer = io.BytesIO()
    # `gzip.compress` writes another header from Python 3.13 on; this one is the same everywhere.
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
