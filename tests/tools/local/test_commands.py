"""`milepost send` and `milepost dlq`, as a person calls them."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from milepost_tools.cli import main
from milepost_tools.commands import dlq, send
from milepost_tools.local import dead_letters
from milepost_tools.local.connection import Connection
from milepost_tools.local.stack import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack of which only the event queue and its dead-letter queue exist."""
    with mock_aws():
        session = boto3.Session("x", "x", region_name="us-east-1")
        connection = Connection(session)
        names = {field.name: "" for field in fields(Stack)} | {"name": "test"}
        names["event_queue_url"] = connection.sqs.create_queue(QueueName="events")["QueueUrl"]
        names["event_dead_letter_queue_url"] = connection.sqs.create_queue(QueueName="dlq")["QueueUrl"]
        stack = Stack(**{**names, "connection": connection})  # type: ignore[arg-type]
        for module in (send, dlq):
            monkeypatch.setattr(module, "find_stack", lambda _name: stack)
        monkeypatch.setattr(dlq, "dead_letters", lambda sqs, url: dead_letters.dead_letters(sqs, url, 0))
        yield stack


def _bodies(stack: Stack, url: str) -> list[str]:
    received = stack.connection.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return sorted(message["Body"] for message in received.get("Messages", []))


def _refuse(stack: Stack, body: str) -> str:
    reason: Any = {"reason": {"DataType": "String", "StringValue": "is not JSON\x1b[2J"}}
    url = stack.event_dead_letter_queue_url
    return stack.connection.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=reason)["MessageId"]


def test_send_puts_each_line_on_the_queue(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every usable line is there, those that are not are named, and the status says so."""
    log = tmp_path / "events.ndjson"
    log.write_bytes(b'{"a": 1}\n\xff\nnot json\n')
    assert main(["send", str(log)]) == 1
    assert _bodies(stack, stack.event_queue_url) == ["not json", '{"a": 1}']
    said = capsys.readouterr()
    assert "line 2: is not UTF-8" in said.err
    assert "Sent 2 messages to 'test', not 1." in said.out


def test_send_of_a_missing_file_is_one_sentence(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, status 2, and how much was sent before."""
    assert main(["send", "no-such-file"]) == 2
    assert "no-such-file cannot be read: No such file or directory." in capsys.readouterr().err


def test_dlq_list_shows_id_and_reason_and_nothing_a_terminal_obeys(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is text, even where somebody put an escape sequence into it."""
    id_ = _refuse(stack, "broken")
    assert main(["dlq", "list"]) == 0
    line = capsys.readouterr().out
    assert line.startswith(id_[:8])
    assert "is not JSON\\x1b[2J" in line


def test_dlq_show_gives_the_body_as_it_came(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Fit for a file: the body alone on standard output, the rest beside it."""
    id_ = _refuse(stack, '{"a": é')
    assert main(["dlq", "show", id_[:8]]) == 0
    said = capsys.readouterr()
    assert said.out == '{"a": é\n'
    assert id_ in said.err


def test_dlq_repair_sends_the_new_body_and_removes_the_old(stack: Stack, tmp_path: Path) -> None:
    """The refused message is gone once the repaired one is on its way."""
    id_ = _refuse(stack, "broken")
    (tmp_path / "new.json").write_text('{"a": 1}\n', encoding="utf-8")
    assert main(["dlq", "repair", id_, "--with", str(tmp_path / "new.json")]) == 0
    assert _bodies(stack, stack.event_queue_url) == ['{"a": 1}']
    assert _bodies(stack, stack.event_dead_letter_queue_url) == []


def test_dlq_repair_with_what_is_still_broken_changes_nothing(stack: Stack, tmp_path: Path) -> None:
    """It would only come back."""
    id_ = _refuse(stack, "broken")
    (tmp_path / "new.json").write_text('{"a": ', encoding="utf-8")
    assert main(["dlq", "repair", id_, "--with", str(tmp_path / "new.json")]) == 2
    assert _bodies(stack, stack.event_queue_url) == []
    assert _bodies(stack, stack.event_dead_letter_queue_url) == ["broken"]


def test_dlq_redrive_takes_those_named_or_all_and_never_guesses(stack: Stack) -> None:
    """Neither ids nor --all is a question, not a licence."""
    first, _second, _third = (_refuse(stack, body) for body in ("a", "b", "c"))
    assert main(["dlq", "redrive"]) == 2
    assert main(["dlq", "redrive", "--all", first]) == 2
    assert main(["dlq", "redrive", first, first]) == 0
    assert _bodies(stack, stack.event_queue_url) == ["a"]
    assert main(["dlq", "redrive", "--all"]) == 0
    assert _bodies(stack, stack.event_queue_url) == ["a", "b", "c"]
    assert _bodies(stack, stack.event_dead_letter_queue_url) == []


def test_dlq_redrive_of_ticks_says_why_not(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Their subjects are found again anyway."""
    assert main(["dlq", "redrive", "--all", "--queue", "ticks"]) == 2
    assert "the next sweep" in capsys.readouterr().err
