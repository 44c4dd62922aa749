from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps, loads
from types import SimpleNamespace
from typing import Any, Final

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters import aws
from milepost.adapters.wire import OPERATIONS, in_one_piece

names = st.one_of(st.sampled_from(["B", "BS", "S", "null", "v"]), st.text(min_size=1, max_size=5))
leaves = st.one_of(
    st.builds(lambda data: {"B": data}, st.binary(max_size=20)),
    st.builds(lambda text: {"S": text}, st.text(max_size=10)),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda truth: {"BOOL": truth}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda each: {"BS": each}, st.lists(st.binary(max_size=5), min_size=1, max_size=2)),
)
attribute_values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda values: {"L": values}, st.lists(inner, max_size=2))
        | st.builds(lambda values: {"M": values}, st.dictionaries(names, inner, max_size=2))
    ),
    max_leaves=4,
)
items = st.dictionaries(names, attribute_values, max_size=4)
ITEM: Final = {"pk": {"S": "user:ü"}, "l": {"B": b"\x00\xff"}, "B": {"B": b"B"}, "v": {"N": "7"}}
KEY: Final = {"pk": {"S": "user:ü"}, "sk": {"S": "a"}}
REQUESTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "batch_get_item": {"RequestItems": {"t": {"Keys": [KEY], "ConsistentRead": True}}},
    "get_item": {"TableName": "t", "Key": KEY},
    "query": {"TableName": "t", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "u"}}},
    "batch_execute_statement": {"Statements": [{"Statement": "UPDATE", "Parameters": list(ITEM.values())}]},
    "put_item": {"TableName": "t", "Item": ITEM, "ConditionExpression": "attribute_not_exists(pk)"},
    "update_item": {"TableName": "t", "Key": KEY, "UpdateExpression": "ADD n :n"},
    "transact_write_items": {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}], "ClientRequestToken": "1"},
}


@dataclass
class Wire:
    """A client of botocore whose requests go nowhere: what would have been sent, and the answers in turn."""

    client: Any
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Stand between the client and the network."""
        self.client.meta.events.register("before-send", self._send)

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.sent.append(request)
        status, body = self.answers.pop(0) if self.answers else (200, b"{}")
        raw: Any = SimpleNamespace(stream=lambda: [body])
        return AWSResponse(request.url, status, HTTPHeaders.from_dict({"x-amzn-RequestId": "R"}), raw)

    def asked(self, operation: str, status: int = 200, body: bytes = b"{}", **request: Any) -> Any:
        """What the client makes of an answer."""
        self.answers.append((status, body))
        return getattr(self.client, operation)(**request or REQUESTS[operation])


def client() -> Any:
    """As botocore makes it."""
    session = Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session.create_client("dynamodb", region_name="eu-central-1", config=aws.CONFIG)


OWN: Final = Wire(in_one_piece(client()))
BOTOCORES: Final = Wire(client())


@pytest.fixture(autouse=True)
def unused() -> Iterator[None]:
    """Each test begins with nothing sent."""
    for each in (OWN, BOTOCORES):
        each.sent.clear()
    yield
    assert not OWN.answers


def bodies(wire: Wire) -> Sequence[object]:
    """What was sent."""
    return [loads(each.body or b"") for each in wire.sent]


def answer_of(found: dict[str, Any]) -> dict[str, Any]:
    """What was answered, without what the transport says of itself."""
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def test_every_operation_has_its_request_here() -> None:
    """Else the tests below would say nothing of it."""
    assert {"".join(part.capitalize() for part in name.split("_")) for name in REQUESTS} == OPERATIONS


@pytest.mark.parametrize("operation", REQUESTS)
def test_a_request_is_the_one_that_botocore_would_send(operation: str) -> None:
    """To the same address, for the same operation, with the same content."""
    for wire in (OWN, BOTOCORES):
        wire.asked(operation)
    own, others = OWN.sent[0], BOTOCORES.sent[0]
    assert bodies(OWN) == bodies(BOTOCORES)
    assert (own.method, own.url, own.headers["X-Amz-Target"]) == (
        others.method,
        others.url,
        others.headers["X-Amz-Target"],
    )


@given(items)
def test_any_item_is_sent_as_botocore_sends_it_and_read_as_it_was(item: dict[str, Any]) -> None:
    """Whatever its attributes are called and hold: binaries in maps and lists, and attributes named `B`."""
    for wire in (OWN, BOTOCORES):
        wire.sent.clear()
        wire.asked("put_item", TableName="t", Item=item)
    assert bodies(OWN) == bodies(BOTOCORES)
    stored = loads(OWN.sent[0].body or b"")["Item"]
    body = dumps({"Item": stored}).encode()
    assert OWN.asked("get_item", body=body)["Item"] == BOTOCORES.asked("get_item", body=body)["Item"] == item


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            b'{"Responses": {"t": [{"l": {"B": "AP8="}, "v": {"N": "7"}}]}, "UnprocessedKeys": {}}', id="items"
        ),
        pytest.param(b'{"Responses": null, "UnprocessedKeys": {"t": null}}', id="nulls, which botocore drops"),
        pytest.param(b'{"Responses": {"t": [{"l": {"BS": ["AP8="]}}]}}', id="sets of binaries"),
        pytest.param(b"<html>", id="no JSON"),
        pytest.param(b'{"Responses": {"t": [', id="cut off"),
    ],
)
def test_an_answer_says_what_botocore_reads_in_it(body: bytes) -> None:
    """The usual one is read in one piece, any other by botocore itself."""
    assert answer_of(OWN.asked("batch_get_item", body=body)) == answer_of(BOTOCORES.asked("batch_get_item", body=body))


def test_nothing_of_a_usual_request_and_answer_goes_by_the_model() -> None:
    """It would drop what it does not know, and its JSON has blanks."""
    answer = OWN.asked("batch_get_item", body=b'{"Responses": {"t": []}, "UnprocessedKeys": {}, "Unknown": 1}')
    assert answer_of(answer) == {"Responses": {"t": []}, "UnprocessedKeys": {}, "Unknown": 1}
    assert OWN.sent[0].body == dumps(REQUESTS["batch_get_item"], separators=(",", ":")).encode()


def test_an_error_is_raised_with_all_that_it_says() -> None:
    """The reasons of a cancelled transaction decide whether it was a lost race."""
    reasons = [{"Code": "ConditionalCheckFailed", "Item": {"l": {"B": "AP8="}}}]
    error = {"__type": "com.amazonaws#TransactionCanceledException", "CancellationReasons": reasons}
    raised = []
    for wire in (OWN, BOTOCORES):
        with pytest.raises(wire.client.exceptions.TransactionCanceledException) as found:
            wire.asked("transact_write_items", 400, dumps(error).encode())
        raised.append(found.value)
    assert answer_of(raised[0].response) == answer_of(raised[1].response)
    assert raised[0].response["CancellationReasons"][0]["Item"] == {"l": {"B": b"\x00\xff"}}
    assert isinstance(raised[0], ClientError)


def test_a_transaction_keeps_the_token_that_botocore_fills_in_when_it_is_tried_again() -> None:
    """Else the second try of one whose answer was lost would count for another transaction."""
    OWN.answers.append((500, b""))
    OWN.asked("transact_write_items", TransactItems=REQUESTS["transact_write_items"]["TransactItems"])
    first, second = bodies(OWN)
    assert first == second
    assert isinstance(first, dict)
    assert first["ClientRequestToken"]


def test_other_operations_are_left_to_botocore() -> None:
    """A description of a table has dates, which JSON does not."""
    body = b'{"Table": {"CreationDateTime": 0}}'
    tables = [wire.asked("describe_table", body=body, TableName="t")["Table"] for wire in (OWN, BOTOCORES)]
    assert tables[0] == tables[1]
    assert bodies(OWN) == [{"TableName": "t"}]


def test_a_client_that_speaks_something_else_is_left_alone() -> None:
    """The runtime's botocore changes by itself; a body of JSON where it says another would fail every request."""
    model = SimpleNamespace(resolved_protocol="smithy-rpc-v2-cbor")
    other = SimpleNamespace(meta=SimpleNamespace(service_model=model, events=None))
    assert in_one_piece(other) is other


def test_what_has_no_place_in_an_item_is_refused() -> None:
    """Before it goes out, as it was while botocore looked at each value."""
    with pytest.raises(TypeError, match="cannot send a object"):
        OWN.client.put_item(TableName="t", Item={"pk": {"B": object()}})
