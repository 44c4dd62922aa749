"""What is published is what the schemas promise: of every kind from a run, and of whatever there can be."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.cloudevents import attributes, cloud_event
from milepost.adapters.contract.attributes import Attributes
from milepost.adapters.contract.nudge import NudgeData
from milepost.adapters.contract.terms import Channel
from milepost.adapters.topics import MOST_BYTES_AT_ONCE, OUTCOMES, SnsTopics
from milepost.application.ports import Outgoing
from milepost.domain.catalog import Catalog
from milepost.domain.milestone import PATHS
from milepost.domain.outbox import Kind, Nudge, Outcome, Verdict, stable_id
from milepost_tools.catalog import load_catalog
from milepost_tools.contracts.examples import FOLDER, example_run
from milepost_tools.history.results import nudge_row, outcome_row
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.sending import Parcel
from tests.adapters.examples import CATALOG, NUDGE, catalog
from tests.adapters.strategies import nudges, outcomes
from tests.adapters.test_cloudevents import CARRIED
from tests.tools.contracts.schemas import DOCS, flaws

CHANNELS: Final = get_args(Channel)
MOST_ATTRIBUTES: Final = 10
"""With more, raw delivery to a queue drops the message (SNS, "Raw message delivery")."""
ATTRIBUTE_NAME: Final = re.compile(r"(?!AWS\.|Amazon\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)", re.IGNORECASE)
"""SNS, "Message attributes": names."""


class Published(NamedTuple):
    """A message as SNS gets it."""

    topic: str
    event: Any
    attributes: Mapping[str, str]


class Sns:
    """SNS that keeps what it is given."""

    def __init__(self) -> None:
        self.published: list[Published] = []

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Any]) -> Any:  # noqa: N803
        """Take it."""
        for each in PublishBatchRequestEntries:
            self.published.append(Published(TopicArn, json.loads(each["Message"]), texts(each["MessageAttributes"])))
        return {"Successful": [{"Id": entry["Id"]} for entry in PublishBatchRequestEntries]}


LATER = json.dumps(
    {"type": "track", "messageId": "later", "userId": "u_42", "event": "seen", "timestamp": "2026-11-12T13:00:00Z"}
)
NEW_MILESTONE = """
  three-workouts:
    title: Three workouts
    reach: {count: {event: workout_completed, at_least: 3}}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulation, Simulation]:
    """The example's log; then a milestone is added that somebody has met already, and an event comes."""
    first = example_run()
    text = (FOLDER / "catalog.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2")
    file = tmp_path_factory.mktemp("contracts") / "catalog.yaml"
    file.write_text(text + NEW_MILESTONE, encoding="utf-8")
    second = Simulation(load_catalog(file), subjects=dict(first.subjects))
    return first, second.run([Parcel("later", LATER)])


@pytest.fixture(scope="module")
def published(runs: Sequence[Simulation]) -> Sequence[Published]:
    """What the runs' entries are on the topics, as SNS gets it."""
    sns = Sns()
    client: Any = sns
    for run in runs:
        topics = SnsTopics(client, {name: name for name in (*CHANNELS, OUTCOMES)}, run.catalog)
        entries: list[Outcome | Nudge] = [*run.outcomes, *(each for each in run.nudges if each.verdict == "sent")]
        assert topics.publish(list(map(Outgoing, entries))) == {each.id for each in entries}
    return sns.published


def texts(attributes: Any) -> Mapping[str, str]:
    """Attributes without their type, which is always the same."""
    assert all(
        set(each) == {"DataType", "StringValue"} and each["DataType"] == "String" for each in attributes.values()
    )
    return {name: each["StringValue"] for name, each in attributes.items()}


def test_a_run_has_payloads_of_every_kind(runs: Sequence[Simulation], published: Sequence[Published]) -> None:
    """Otherwise the tests below would be about less than they say."""
    assert {each.topic for each in published} == {*CHANNELS, OUTCOMES}
    data = [each.event["data"] for each in published]
    assert {each["path"] for each in data if "path" in each} == set(PATHS)
    assert {each["outcome"] for each in data if "outcome" in each} == set(get_args(Kind))
    assert {each["operational"] for each in data if "path" in each} == {True, False}
    assert {name for each in published for name in each.attributes} == set(get_type_hints(Attributes))
    decided = [nudge_row(each) for run in runs for each in run.nudges]
    assert {each["verdict"] for each in decided} == set(get_args(Verdict))


def test_every_payload_of_a_run_is_valid(published: Sequence[Published]) -> None:
    """Against the schema of its type, which is that of its topic."""
    for each in published:
        name = "outcome" if each.topic == OUTCOMES else "nudge"
        assert each.event["type"] == f"milepost.{name}.v1"
        assert flaws(name, each.event) == []
        assert name == "outcome" or each.event["data"]["channel"] == each.topic


def test_every_line_of_a_run_is_valid(runs: Sequence[Simulation]) -> None:
    """Of `simulate --outcomes` and `--nudges`, whatever the verdict."""
    for run in runs:
        assert [found for each in run.outcomes for found in flaws("outcome-line", outcome_row(each))] == []
        assert [found for each in run.nudges for found in flaws("nudge-line", nudge_row(each))] == []


FACTS: Final[Mapping[str, object]] = {
    "operational": True,
    "attempt": 2,
    "address": "zoe@example.com",
    "totals": {"hours": 47, "spent": 120.5},
    "progress": {"milestone": "second", "title": "Second", "have": 1, "need": 2.5, "left": 1.5},
    "members": {"reached": 8, "of": 100, "ahead_of": 92},
    "reward": "SAVE10",
    "call_to_action": {"label": "Go on", "url": "https://example.com/go"},
    "card": "https://example.com/card.png",
    "content": None,
}
CONTENTS: Final[Mapping[str, Mapping[str, object]]] = {
    "email": {"subject": "Well done", "body": "<p>Well done</p>"},
    "push": {"title": "Well done", "body": "Go on"},
    "sms": {"text": "Well done"},
    "in_app": {"headline": "Well done", "lines": [1, {"a": None}]},
    "direct_mail": {},
    "ops": {"text": "Call them"},
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_known_of_a_subject_takes_the_place_of_null(channel: str) -> None:
    """Every key has a place in the schema, and the content is that of the channel."""
    facts = {**FACTS, "content": CONTENTS[channel]}
    event = json.loads(cloud_event(Outgoing(replace(NUDGE, channel=channel), facts), CATALOG))
    assert event["data"].items() >= facts.items()
    assert flaws("nudge", event) == []
    assert event["data"].keys() == get_type_hints(NudgeData).keys()


def test_the_nudge_that_the_readme_shows_is_valid() -> None:
    """It is the first one that somebody writes a subscriber for."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r'^```json\n(\{"specversion".*?)^```$', readme, re.MULTILINE | re.DOTALL)
    assert flaws("nudge", json.loads(shown)) == []


@pytest.mark.parametrize("channel", ["email", "push", "sms", "ops"])
def test_the_content_of_another_channel_is_refused(channel: str) -> None:
    """A channel can rely on what it is to send."""
    event = json.loads(cloud_event(Outgoing(replace(NUDGE, channel=channel), {"content": CONTENTS["in_app"]}), CATALOG))
    assert flaws("nudge", event)


BROKEN: list[Mapping[str, object]] = [
    {"operational": None},
    {"attempt": 0},
    {"address": 7},
    {"totals": {"hours": "47"}},
    {"progress": {"milestone": "second"}},
    {"members": {"reached": 8, "of": 100, "ahead_of": 101}},
    {"reward": False},
    {"call_to_action": {"label": "Go on"}},
    {"card": {}},
    {"at": "2026-11-22T08:00:00+01:00"},
    {"channel": "fax"},
    {"subject": "u_42"},
]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_nudge_that_is_not_as_promised_is_refused(broken: Mapping[str, object]) -> None:
    """The schema is no formality."""
    assert flaws("nudge", json.loads(cloud_event(Outgoing(NUDGE, broken), CATALOG)))


subjects = st.builds("{}:{}".format, st.sampled_from(["user", "account"]), st.text(min_size=1, max_size=256))
stable = st.builds(stable_id, st.integers())
told_nudges = st.builds(replace, nudges, id=stable, subject=subjects, channel=st.sampled_from(CHANNELS))
told_outcomes = st.builds(replace, outcomes, id=stable, subject=subjects, outcome=st.sampled_from(get_args(Kind)))


@given(told_nudges | told_outcomes, st.sampled_from([CATALOG, catalog("")]))
def test_whatever_there_is_to_tell_is_valid_and_small_enough(entry: Outcome | Nudge, used: Catalog) -> None:
    """Also of a milestone that has left the catalog, and in characters that a queue carries."""
    message = cloud_event(Outgoing(entry), used)
    name = "nudge" if isinstance(entry, Nudge) else "outcome"
    assert flaws(name, json.loads(message)) == []
    assert CARRIED.fullmatch(message)
    row = nudge_row(entry) if isinstance(entry, Nudge) else outcome_row(entry)
    assert flaws(f"{name}-line", row) == []
    size = len(message.encode()) + sum(len(key) + len(value.encode()) for key, value in attributes(entry, used).items())
    assert size < MOST_BYTES_AT_ONCE // 10  # A whole batch fits one request.


@given(told_nudges | told_outcomes, st.sampled_from([CATALOG, catalog("")]))
def test_whatever_there_is_to_filter_by_sns_takes(entry: Outcome | Nudge, used: Catalog) -> None:
    """Names that SNS allows, texts that are not empty, and few enough for raw delivery."""
    found = attributes(entry, used)
    assert len(found) <= MOST_ATTRIBUTES
    assert all(ATTRIBUTE_NAME.fullmatch(name) for name in found)
    assert all(found.values())
