"""The run: a stack, workers of ingest, a producer, somebody who kills, subscribers and an operator."""

import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Final

import yaml

from milepost.domain.instant import format_instant
from milepost_tools.catalog import compile_catalog, load_catalog
from milepost_tools.local.connection import ROOT_KEY
from milepost_tools.local.dead_letters import dead_letters
from milepost_tools.local.deploy import PROJECT, local_stack
from milepost_tools.local.launch import REGION
from milepost_tools.local.stack import Stack
from milepost_tools.prove.local.crew import Crew
from milepost_tools.prove.local.evidence import evidence, waiting
from milepost_tools.prove.local.producer import Course, Producer
from milepost_tools.prove.local.report import Proven
from milepost_tools.prove.local.subscribers import Subscribers, subscribed

CATALOG: Final = Path(__file__).parents[1] / "catalog.yaml"
_GRACE: Final = {"grace": "5s"}
"""In place of the catalog's minutes, so that misses are decided while workers are killed."""
_LEDGER: Final = {"LedgerEntries": "8"}
"""Most of what a ledger holds is in segments then."""
_INVISIBLE, _TICKS_INVISIBLE, _RECEIVES = "4", "12", 2
"""Seconds until what a killed worker had in hand comes again, just longer than it can take: a worker of ingest here,
settle on the local stack. And after how many receives an event is given up."""
_FAILING: Final = 0.4
_REDRIVE: Final = 0.5
"""Up to which share of the time a subscriber fails, and from which on an operator sends again what was given up."""
_SWEEPS: Final = 5.0
"""Seconds between two sweeps, beside those that the stack's own clock starts."""
_PATIENCE: Final = 1200.0
"""Seconds: more than the quarter of an hour after which the clock brings back what publish could not tell."""


def prove_local(minutes: float, seed: int = 1) -> Proven:
    """Run it for so long, wait until everything has come to rest, and judge.

    Raises:
        ProblemError: the stack does not start, or a worker ends that nobody killed.
    """
    return prove(Course(60 * minutes, seed=seed))


def prove(course: Course) -> Proven:
    """The same, on a course of one's own."""
    with TemporaryDirectory(prefix="milepost-") as folder, ExitStack() as leaving:
        path = Path(folder) / "catalog.yaml"
        path.write_text(json.dumps(yaml.safe_load(CATALOG.read_text(encoding="utf-8")) | _GRACE), encoding="utf-8")
        stack = leaving.enter_context(local_stack(catalog=path, parameters=_LEDGER))
        crew = Crew(stack, _environment(stack, path), course.workers)
        subscribers = leaving.enter_context(subscribed(stack))
        _take_over(stack)
        leaving.enter_context(crew.at_work())
        producer, redriven = _play(course, stack, crew, subscribers)
        for each in producer.log:
            each.exhausted = each.body in redriven
        found = evidence(stack, load_catalog(path), producer, subscribers.told)
        gave_up = subscribers.given_up
        return Proven(course, producer, found, crew, len(redriven), subscribers, gave_up, subscribers.missing())


def _play(course: Course, stack: Stack, crew: Crew, subscribers: Subscribers) -> tuple[Producer, set[str]]:
    """Let events be sent while workers are killed, until all is at rest; what was sent, and what was redriven."""
    producer = Producer(str(stack.connection.endpoint), stack.event_queue_url, course)
    draw, over, redriven = Random(course.seed), Event(), set[str]()  # noqa: S311  # nosec B311  # Nothing secret.
    killing = Thread(target=crew.torment, args=(over, course.interval, draw))
    begin, calm = time.monotonic(), 0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        sent = pool.submit(producer.run)
        killing.start()
        try:
            while calm < 2 and (passed := time.monotonic() - begin) < course.seconds + _PATIENCE:  # noqa: PLR2004
                time.sleep(min(_SWEEPS, course.seconds / 10))
                crew.check()
                _sweep(stack)
                if passed > _FAILING * course.seconds and subscribers.given_up:
                    subscribers.well.set()
                if passed > _REDRIVE * course.seconds:
                    redriven |= _redrive(stack)
                if sent.done():
                    over.set()
                rests = passed > course.seconds + course.ahead and not any(waiting(stack).values())
                calm = calm + 1 if rests and subscribers.well.is_set() and not subscribers.behind else 0
        finally:
            over.set()
            killing.join()
        return sent.result(), redriven


def _sweep(stack: Stack) -> None:
    now = json.dumps({"time": format_instant(time.time_ns() // 1000)}).encode()
    stack.connection.functions.invoke(FunctionName=stack.functions["sweep"], Payload=now)


def _redrive(stack: Stack) -> set[str]:
    """What has no reason was given up, and goes again as `milepost dlq redrive` sends it."""
    with dead_letters(stack.connection.sqs, stack.event_dead_letter_queue_url) as queue:
        given_up = [each for each in queue.in_order() if not each.reason]
        queue.send_on(given_up, stack.event_queue_url)
        return {each.body for each in given_up}


def _take_over(stack: Stack) -> None:
    """Ingest's messages go to the crew alone; what is lost comes again soon, and is given up soon."""
    functions, sqs = stack.connection.functions, stack.connection.sqs
    for each in functions.list_event_source_mappings(FunctionName=stack.functions["ingest"])["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=each["UUID"], Enabled=False)
    url: Any = stack.event_queue_url
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["RedrivePolicy"])
    given_up = {"RedrivePolicy": json.dumps(policy | {"maxReceiveCount": _RECEIVES})}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": _INVISIBLE, **given_up})  # type: ignore[dict-item]
    sqs.set_queue_attributes(QueueUrl=stack.tick_queue_url, Attributes={"VisibilityTimeout": _TICKS_INVISIBLE})


def _environment(stack: Stack, catalog: Path) -> Mapping[str, str]:
    """That of the deployed function, on this machine, with the catalog beside the code as its layer lays it."""
    package = catalog.parent / "milepost_catalog"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "catalog.json").write_text(json.dumps(compile_catalog(catalog)), encoding="utf-8")
    found = stack.connection.functions.get_function_configuration(FunctionName=stack.functions["ingest"])
    places = (catalog.parent, PROJECT, PROJECT / "shared", PROJECT / "tools")
    return found["Environment"]["Variables"] | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "AWS_ENDPOINT_URL": str(stack.connection.endpoint),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
    }
