"""The emulator itself: started, used and stopped for real, with a small project in it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from json import loads
from pathlib import Path
from typing import Final

import pytest

from milepost_tools.cli import main
from milepost_tools.local import deploy as deployment
from milepost_tools.local.connection import Connection, to_ministack
from milepost_tools.local.deploy import deploy
from milepost_tools.local.launch import LOOPBACK, answers
from milepost_tools.local.logs import read_logs
from milepost_tools.local.ministack import MiniStack, running_ministack, start_in_background
from milepost_tools.local.stack import CHANNELS, FUNCTIONS, OUTCOMES, Stack, read_stack
from milepost_tools.local.subscriptions import subscribe
from milepost_tools.problem import ProblemError

TEMPLATE: Final = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  Clock: {Type: String}
  DeletionProtection: {Type: String}
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: shared/}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/ingest/
      Handler: functions.ingest.handler.lambda_handler
      Runtime: python3.13
      Layers: [!Ref Layer]
  EmailTopic: {Type: AWS::SNS::Topic}
Outputs:
"""
HANDLER: Final = """
import os
from the_layer import WORD
def lambda_handler(event, context):
    print("said", WORD)
    return [WORD, "SECRET_OF_THE_USER" in os.environ]
"""


@pytest.fixture(scope="module")
def ministack() -> Iterator[MiniStack]:
    """One emulator for the tests that do not stop it, started from an environment that is not clean."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_THE_USER", "x")
        patch.setenv("AWS_PROFILE", "does-not-exist")
        patch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        with running_ministack() as running:
            yield running


@pytest.fixture(scope="module")
def connection(ministack: MiniStack) -> Connection:
    """A connection to it."""
    return to_ministack(ministack.endpoint)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one function, one layer, one topic and all of the outputs."""
    root = tmp_path_factory.mktemp("project")
    names = ["".join(map(str.capitalize, field.split("_"))) for field in list(Stack.__annotations__)[2:]]
    outputs = dict.fromkeys(names, "!Ref EmailTopic") | {"ClockMode": "!Ref Clock"}
    outputs |= {f"{verb.capitalize()}FunctionName": "!Ref Function" for verb in FUNCTIONS}
    lines = [f"  {name}: {{Value: {value}}}\n" for name, value in outputs.items()]
    (root / "template.yaml").write_text(TEMPLATE + "".join(lines), encoding="utf-8")
    (root / "functions/ingest").mkdir(parents=True)
    (root / "functions/__init__.py").touch()
    (root / "functions/ingest/handler.py").write_text(HANDLER, encoding="utf-8")
    (root / "shared/the_layer").mkdir(parents=True)
    (root / "shared/the_layer/__init__.py").write_text("WORD = 'one'\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def stack(connection: Connection, project: Path) -> Stack:
    """The project, deployed."""
    return deploy(connection, clock="replay", project=project)


def _invoke(stack: Stack) -> str:
    name = stack.functions["ingest"]
    return stack.connection.functions.invoke(FunctionName=name)["Payload"].read().decode()


def test_functions_find_their_layer_and_nothing_of_the_users(stack: Stack) -> None:
    """The handler imports under its path, the layer beneath it, and the environment is clean."""
    assert stack.clock_mode == "replay"
    assert _invoke(stack) == '["one", false]'


def test_an_update_brings_new_code_and_none_is_no_failure(stack: Stack, project: Path) -> None:
    """Deploying again is how a changed catalog reaches a stack that runs."""
    deploy(stack.connection, clock="replay", project=project)
    (project / "shared/the_layer/__init__.py").write_text("WORD = 'two'\n", encoding="utf-8")
    deploy(stack.connection, clock="replay", project=project)
    assert _invoke(stack) == '["two", false]'


def test_logs_hold_what_a_function_printed(stack: Stack) -> None:
    """By function, and equal lines as often as they were written."""
    word, _ = loads(_invoke(stack))
    lines = list(read_logs(stack, ["ingest"], follow=False))
    assert {line.function for line in lines} == {"ingest"}
    assert any(line.text == f"said {word}" for line in lines)


def test_a_subscriber_gets_what_its_filter_lets_through_and_leaves_nothing_behind(stack: Stack) -> None:
    """Queue and subscription exist only within the block."""
    sns, sqs = stack.connection.sns, stack.connection.sqs
    with subscribe(stack, ["email"], {"tier": ["major"]}) as inboxes:
        for tier in ("minor", "major"):
            attributes = {"tier": {"DataType": "String", "StringValue": tier}}
            sns.publish(TopicArn=stack.topics["email"], Message=tier, MessageAttributes=attributes)  # type: ignore[arg-type]
        (message,) = inboxes["email"].receive(wait=2)
        assert (message.topic, message.body, message.attributes) == ("email", "major", {"tier": "major"})
        assert inboxes["email"].receive_all() == []
    assert not sqs.list_queues().get("QueueUrls")
    assert not sns.list_subscriptions()["Subscriptions"]


def test_every_channel_and_the_outcomes_have_a_topic(stack: Stack) -> None:
    """Tools address topics by channel."""
    assert set(stack.topics) == {*CHANNELS, OUTCOMES}


def test_a_failed_deployment_names_the_resource_and_the_reason(
    connection: Connection, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed, and why, without a look into any log."""
    monkeypatch.setattr(deployment, "STACK", "broken")
    broken = "Resources: {Bad: {Type: 'AWS::CloudWatch::Alarm', Properties: {Metrics: [{Id: a}]}}}\n"
    parameters = "".join(TEMPLATE.splitlines(keepends=True)[2:6])
    (tmp_path / "template.yaml").write_text(parameters + broken, encoding="utf-8")
    with pytest.raises(ProblemError, match=r"Bad: .*Metrics"):
        deploy(connection, project=tmp_path)


def test_a_stack_that_is_not_there_is_one_sentence(connection: Connection) -> None:
    """With its name."""
    with pytest.raises(ProblemError, match="no stack 'nowhere'"):
        read_stack(connection, "nowhere")


def test_a_port_in_use_is_one_sentence(ministack: MiniStack) -> None:
    """With the port and what to do."""
    with pytest.raises(ProblemError, match=rf"Port {ministack.port} .*--port"), running_ministack(ministack.port):
        pass


def test_it_listens_on_loopback_alone(ministack: MiniStack) -> None:
    """Another address of this machine does not reach it."""
    assert answers(ministack.port)
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", ministack.port)) != 0


def test_it_ends_with_an_exception_and_leaves_no_files() -> None:
    """The process, its port and its directory are gone."""

    def fail() -> None:
        with running_ministack() as running:
            stopped.append(running)
            raise RuntimeError

    stopped: list[MiniStack] = []
    with pytest.raises(RuntimeError):
        fail()
    assert not stopped[0].running
    assert not answers(stopped[0].port)
    assert not stopped[0].home.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_its_program_is_told_to(number: signal.Signals) -> None:
    """Ctrl-C and a polite kill leave nothing running."""
    program = (
        # Whoever runs the tests in the background of a shell has them ignore Ctrl-C, and so would we.
        "import signal, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from milepost_tools.local.ministack import running_ministack\n"
        "with running_ministack() as m:\n    print(m.port, flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as running:
        assert running.stdout is not None
        port = int(running.stdout.readline())
        running.send_signal(number)
        assert running.wait(15) != 0
    with socket.socket() as probe:
        assert probe.connect_ex((LOOPBACK, port)) != 0


def test_one_in_the_background_is_found_stopped_and_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    """`local up`, `status` and `down` agree on what runs, also after it was killed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployment.deploy, "__kwdefaults__", {**(deploy.__kwdefaults__ or {}), "project": project})
    assert main(["local", "status"]) == 1
    assert main(["local", "up", "--replay"]) == 0
    endpoint = re.search(r"AWS_ENDPOINT_URL=(\S+)", capsys.readouterr().out)
    assert endpoint is not None
    assert main(["local", "up"]) == 2
    assert "already runs" in capsys.readouterr().err
    with pytest.raises(ProblemError):
        start_in_background(Path(".milepost"))
    assert main(["local", "down"]) == 0
    assert main(["local", "logs"]) == 2
    assert "No local stack was started" in capsys.readouterr().err
    assert not answers(int(endpoint[1].rsplit(":", 1)[1]))


def test_one_whose_start_was_cut_off_is_found_and_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before it wrote its state, `local up` leaves a process; `local down` ends it all the same."""
    monkeypatch.chdir(tmp_path)
    ministack = start_in_background(Path(".milepost"))
    assert main(["local", "up"]) == 2
    assert ministack.running
    assert main(["local", "down"]) == 0
    assert not ministack.running
