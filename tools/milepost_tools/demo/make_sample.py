"""Makes the demo's sample from the CDNOW data: `python -m milepost_tools.demo.make_sample`.

Every run makes the same bytes. `sample/catalog.yaml` is written by hand; the rest of it comes from here:

    events.ndjson.gz     the log: one message body a line, in the order in which they are sent
    answers.ndjson.gz    the right outcomes, taken from CDNOW's
    consent.ndjson.gz    who has agreed to which channels
    nudges.ndjson.gz     the nudges that must go out
    expected.json        how many of each
"""

import gzip
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from milepost_tools.demo.sampling import cdnow, expectation, profiles
from milepost_tools.demo.sampling.broken import KINDS, Line, unbroken, with_broken
from milepost_tools.demo.sampling.cdnow import Message
from milepost_tools.demo.sampling.delivery import Delivery, deliveries
from milepost_tools.demo.sampling.profiles import Traits

SAMPLE: Final = Path(__file__).parent / "sample"
CUSTOMERS: Final = 2000


def main() -> int:
    """Write the sample into its folder."""
    for name, content in make().items():
        (SAMPLE / name).write_bytes(content)
        sys.stdout.write(f"{len(content):>8} bytes  {SAMPLE / name}\n")
    return 0


def make() -> dict[str, bytes]:
    """The files of the sample, by name."""
    everyone = cdnow.purchases()
    customers = cdnow.customers(everyone, CUSTOMERS)
    traits = profiles.traits(customers)
    log = _log(everyone, customers, traits)
    plan = yaml.safe_load((SAMPLE / "catalog.yaml").read_text(encoding="utf-8"))
    answers = expectation.answers_for(cdnow.answers(), plan["milestones"], unbroken(log))
    consent = expectation.consents(plan, traits, customers)
    nudges = expectation.nudges_for(answers, plan, consent)
    lines = with_broken(log, traits)
    counts = {
        **_message_counts(log, lines),
        "members": len(customers),
        "outcomes": expectation.outcome_counts(answers),
        "nudges": len(nudges),
        "nudges_by_channel": expectation.nudge_counts(nudges),
    }
    return {
        "events.ndjson.gz": _zipped(line.text for line in lines),
        "answers.ndjson.gz": _zipped(json.dumps(each) for each in answers),
        "consent.ndjson.gz": _zipped(_consent_lines(consent)),
        "nudges.ndjson.gz": _zipped(json.dumps(each._asdict()) for each in nudges),
        "expected.json": (json.dumps(counts, indent=2) + "\n").encode(),
    }


def _log(everyone: Iterable[Message], customers: Sequence[str], traits: Mapping[str, Traits]) -> list[Delivery]:
    wanted = frozenset(customers)
    purchases = [each for each in everyone if each.user in wanted]
    return deliveries([*profiles.identifies(traits), *purchases], purchases)


def _message_counts(log: Iterable[Delivery], lines: Sequence[Line]) -> dict[str, object]:
    duplicates = [each.again for each in log]
    return {
        "as_of": cdnow.AS_OF.isoformat(),
        "messages": len(lines),
        "accepted": duplicates.count(False),
        "duplicates": duplicates.count(True),
        "rejected": len(KINDS),
        "rejected_kinds": KINDS,
    }


def _consent_lines(consent: Mapping[str, list[str]]) -> Iterable[str]:
    return (json.dumps({"subject": subject, "channels": channels}) for subject, channels in consent.items())


def _zipped(lines: Iterable[str]) -> bytes:
    buffer = io.BytesIO()
    # `gzip.compress` writes another header from Python 3.13 on; this one is the same everywhere.
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
