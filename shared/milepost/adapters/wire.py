"""Requests about items and their answers as JSON in one piece, by botocore's own events.

botocore goes through every value by the service's model, which is a quarter of what it costs to read nine items. For
items there is nothing to look up: DynamoDB's JSON is what is passed and returned, but for binaries: they are base64. So

        before-parameter-build   takes the parameters, once every other handler has seen them
        before-call              puts them into the body
        before-parse             reads the answer, so that nothing of it is left to parse

What is unusual is left to botocore: other operations, errors, sets of binaries, nulls, which it drops. In Lambda it is
the runtime's, which AWS changes: if it no longer emits the last of these events, or no longer speaks JSON with
DynamoDB, it does its work itself, as ever.
"""

from base64 import b64encode
from binascii import a2b_base64
from collections.abc import MutableMapping
from contextlib import suppress
from json import JSONEncoder, loads
from typing import Any, Final, TypeAlias

OPERATIONS: Final = frozenset(
    {
        *("BatchGetItem", "GetItem", "Query"),
        *("BatchExecuteStatement", "PutItem", "UpdateItem", "TransactWriteItems"),
    }
)
"""Those whose requests and answers hold names, numbers, truth values and items. A table has to be given by its name:
by an ARN botocore would choose the endpoint of its account."""
_TAKEN: Final = "milepost.parameters"
_SUCCESS: Final = 200
_UNUSUAL: Final = (b"null", b'"BS"')
_Emitted: TypeAlias = MutableMapping[str, Any]


def in_one_piece(client: Any) -> Any:  # noqa: ANN401  # As in `aws`: botocore has no type for it.
    """The client itself, whose requests about items are written and read so from now on."""
    if getattr(client.meta.service_model, "resolved_protocol", None) != "json":
        return client  # A botocore that has come to speak something else with DynamoDB, as it has with other services.
    events = client.meta.events
    # The least specific name and the last place: tokens are filled in before, and stubs have compared what they expect.
    events.register_last("before-parameter-build", _take)
    events.register("before-call", _write)
    events.register("before-parse", _read)
    return client


def _take(params: _Emitted, model: Any, context: _Emitted, **_: object) -> None:  # noqa: ANN401  # See above.
    if model.name in OPERATIONS:
        context[_TAKEN] = dict(params)
        tables = params.get("RequestItems")
        params.clear()
        if tables is not None:  # The one thing that the choice of an endpoint does not do without.
            params["RequestItems"] = {table: {} for table in tables}


def _write(params: _Emitted, context: _Emitted, **_: object) -> None:
    if _TAKEN in context:
        params["body"] = _ENCODER.encode(context.pop(_TAKEN)).encode()


def _read(
    operation_model: Any,  # noqa: ANN401  # See above.
    response_dict: _Emitted,
    customized_response_dict: _Emitted,
    **_: object,
) -> None:
    body, status = response_dict["body"], response_dict["status_code"]
    if operation_model.name in OPERATIONS and status == _SUCCESS and not any(each in body for each in _UNUSUAL):
        # An answer that is no JSON was cut off or comes from something in between: botocore knows what to make of it.
        with suppress(ValueError):
            customized_response_dict.update(loads(body, object_hook=_value))
            response_dict["body"] = b"{}"


def _value(found: dict[str, Any]) -> dict[str, Any]:
    data = found.get("B")
    # Else it is an attribute of that name.
    return {"B": a2b_base64(data)} if type(data) is str else found


def _base64(data: object) -> str:
    if isinstance(data, bytes | bytearray):
        return b64encode(data).decode()
    raise TypeError(f"cannot send a {type(data).__name__}")


_ENCODER: Final = JSONEncoder(default=_base64, separators=(",", ":"), check_circular=False)
