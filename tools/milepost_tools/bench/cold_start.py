"""How long ingest takes to start, against the same function as its authors would usually write it.

A whole process each, from a warm disk and with compiled code beside the source: Python starts, imports the handler and
takes an empty batch, for which it makes every client and reads the catalog, but calls nothing. CPU time, which is what
a cold start waits for and what others on the machine disturb least; in turns, so that both are disturbed alike.
"""

import os
import subprocess  # nosec B404  # Our own commands, never a shell.
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from typing import Final

from milepost_tools.local.archive import Files

RUNS: Final = 15
MOST_OF_NAIVE: Final = 0.5
_OURS: Final = """
from functions.ingest.handler import lambda_handler
lambda_handler({"Records": []}, None)
"""
_NAIVE: Final[Mapping[str, str]] = {
    # By the module that it needs: what is not installed is left out, and said to be.
    "aws_lambda_powertools": """
from aws_lambda_powertools import Logger, Metrics
Logger(), Metrics()
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
BatchProcessor(event_type=EventType.SQS)
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent_function
DynamoDBPersistenceLayer(table_name="t")
""",
    "aws_xray_sdk": "from aws_lambda_powertools import Tracer\nTracer()",
    "pydantic": """
from aws_lambda_powertools.utilities.parser import BaseModel, parse
class Event(BaseModel):
    messageId: str
    userId: str
    properties: dict[str, object] = {}
parse(event={"messageId": "m", "userId": "u"}, model=Event)
""",
    "boto3": 'import boto3\nboto3.resource("dynamodb").Table("t")\nboto3.client("sqs")',
    "liquid": 'import liquid\nliquid.Template("{{ name }}")',
}
_ENVIRONMENT: Final = {
    # Without them botocore would ask the network for some.
    **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none"),
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "Milepost",
    "POWERTOOLS_SERVICE_NAME": "ingest",
    "STAGE": "prod",
    "CLOCK": "live",
    "TABLE_NAME": "t",
    "EVENT_DEAD_LETTER_QUEUE_URL": "https://sqs.invalid/q",
    "PROGRESS_WRITES": "batch",
    "LEDGER_ENTRIES": "0",
}


@dataclass(frozen=True, slots=True)
class ColdStart:
    """CPU seconds of each run, and which parts of the naive set are not installed here."""

    ours: Sequence[float]
    naive: Sequence[float]
    missing: Sequence[str]

    @property
    def ratio(self) -> float:
        """Ours for each second of the naive set, by the best of each: others share the machine."""
        return min(self.ours) / min(self.naive)

    @property
    def met(self) -> bool:
        """Whether it is as fast as it should be; a naive set that lacks something says nothing about that."""
        return bool(self.missing) or self.ratio <= MOST_OF_NAIVE


def measure(artifact: Files, runs: int = RUNS) -> ColdStart:
    """Unpack the artifact as Lambda would, function and layers together, and start both, `runs` times each."""
    present = {name: code for name, code in _NAIVE.items() if find_spec(name)}
    with TemporaryDirectory() as folder:
        for path, content in artifact.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        sides = (_OURS, "\n".join(present.values()))
        for code in sides:
            _seconds(code, folder)  # Compiles what it imports.
        taken = [[_seconds(code, folder) for code in sides] for _ in range(runs)]
    ours, naive = zip(*taken, strict=True)
    return ColdStart(ours, naive, sorted(_NAIVE.keys() - present))


def _seconds(code: str, folder: str) -> float:
    # What the naive set needs and this environment lacks may lie on the caller's own path.
    path = os.pathsep.join(filter(None, (folder, str(Path(folder, "python")), os.environ.get("PYTHONPATH"))))
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(  # nosec B603  # Our own command, and no shell.
        [sys.executable, "-c", code],
        env={**_ENVIRONMENT, "PYTHONPATH": path},
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
