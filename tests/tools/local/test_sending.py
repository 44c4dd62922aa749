"""What goes onto a queue, and what is told of the rest."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from milepost_tools.local import sending
from milepost_tools.local.recording import read_parcels
from milepost_tools.local.sending import LARGEST, Parcel, Unsent, batches, flaw, send_batch
from milepost_tools.problem import ProblemError


def _read(path: Path, content: bytes) -> list[Parcel | Unsent]:
    path.write_bytes(content)
    return list(read_parcels(str(path)))


def test_lines_are_bodies_unchanged_and_keep_their_numbers(tmp_path: Path) -> None:
    """Only the line end goes; blank lines are passed over but counted."""
    found = _read(tmp_path / "e", b'  {"a": 1} \r\n\n\xc3\xa9')
    assert found == [Parcel("line 1", '  {"a": 1} '), Parcel("line 3", "é")]


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    """The name of the file says nothing."""
    assert _read(tmp_path / "e", gzip.compress(b"1\n2\n", mtime=0)) == [Parcel("line 1", "1"), Parcel("line 2", "2")]


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"1\n", mtime=0)[:-4], b"\x1f\x8bno", None],  # without an mtime its bytes, and the test's id, vary
    ids=["cut short", "damaged", "missing"],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    """Cut short, damaged, or missing."""
    with pytest.raises(ProblemError):
        _read(tmp_path / "e", content) if content else list(read_parcels(str(tmp_path / "none")))


def test_a_line_that_no_queue_carries_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Each with its number and its own reason."""
    found = _read(tmp_path / "e", b"ok\n\xff\na\x01b\n" + b"x" * (LARGEST + 1) + b"\nok")
    assert [type(each) for each in found] == [Parcel, Unsent, Unsent, Unsent, Parcel]
    assert [each.ref for each in found if isinstance(each, Unsent)] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    ("body", "word"),
    [("x" * (LARGEST + 1), "large"), ("\x00", "control"), ("\ufffe", "control"), ("\ud800", "surrogate")],
)
def test_flaws_have_their_reason(body: str, word: str) -> None:
    """What SQS would refuse, together with its nine innocent neighbours, is held back here."""
    assert word in (flaw(body) or "")


@pytest.mark.parametrize("body", ["x" * LARGEST, "\t\r\n", "\U0001f3c1", "\x7f\u2028"])
def test_what_a_queue_carries_has_no_flaw(body: str) -> None:
    """The limits themselves are allowed."""
    assert flaw(body) is None


def test_batches_are_of_ten_and_of_what_one_request_may_weigh() -> None:
    """Whichever comes first, and in order."""
    light = [Parcel(str(n), "x") for n in range(23)]
    assert [len(batch) for batch in batches(light)] == [10, 10, 3]
    heavy = [Parcel("1", "é" * (LARGEST // 4)), Parcel("2", "x" * (LARGEST // 2)), Parcel("3", "x")]
    assert [[parcel.ref for parcel in batch] for batch in batches(heavy)] == [["1", "2"], ["3"]]


@pytest.fixture
def sqs() -> Iterator[Any]:
    """SQS in this process."""
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_what_is_sent_arrives_as_it_is(sqs: Any) -> None:
    """The queue holds the very bodies."""
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert not send_batch(sqs, url, [Parcel("1", ' {"a": "é"} '), Parcel("2", "<&>")])
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in received) == [' {"a": "é"} ', "<&>"]


class _MoodyQueue:
    """Refuses what says so for good, and everything else until its turn comes."""

    def __init__(self, busy: int) -> None:
        self.busy = busy
        self.taken: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - as in boto3
        failed = []
        for entry in Entries:
            if entry["MessageBody"] == "bad":
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": "InvalidMessageContents"})
            elif self.busy:
                failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "ServiceUnavailable"})
            else:
                self.taken.append(entry["MessageBody"])
        self.busy = max(0, self.busy - 1)
        return {"Failed": failed}


def test_only_what_a_busy_queue_did_not_take_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing twice, and what is refused for good is told with the queue's reason."""
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0)
    queue: Any = _MoodyQueue(busy=2)
    unsent = send_batch(queue, "url", [Parcel("1", "a"), Parcel("2", "bad"), Parcel("3", "b")])
    assert queue.taken == ["a", "b"]
    assert [each.ref for each in unsent] == ["2"]
    assert "InvalidMessageContents" in unsent[0].reason


def test_a_queue_that_stays_busy_is_given_up_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """After four attempts, by name."""
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0)
    queue: Any = _MoodyQueue(busy=9)
    assert [each.ref for each in send_batch(queue, "url", [Parcel("1", "a")])] == ["1"]
    assert queue.busy == 5
