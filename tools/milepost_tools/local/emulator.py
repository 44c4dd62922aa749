"""MiniStack, with three gaps closed in which it is not like AWS. `python -m milepost_tools.local.emulator` runs it.

* A write by PartiQL reaches the table's stream, as every write does.
* A statement of BatchExecuteStatement is authorised as dynamodb:PartiQLInsert or PartiQLUpdate on its table
  (Service Authorization Reference, DynamoDB).
* SendMessageBatch and PublishBatch are authorised as sqs:SendMessage and sns:Publish (the same, SQS and SNS).

Without these the template would need rights here that it must not have on AWS, and nothing would be published.
The version of MiniStack is pinned; `tests/tools/local/test_emulator.py` fails when an upgrade changes one of them.
"""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from ministack.app import main
from ministack.core import iam_actions
from ministack.services import dynamodb

_AUTHORISED_AS: Final = {"sqs:SendMessageBatch": "sqs:SendMessage", "sns:PublishBatch": "sns:Publish"}
_STATEMENT: Final = re.compile(r'\s*(INSERT\s+INTO|UPDATE)\s+"?([A-Za-z0-9_.-]+)"?', re.IGNORECASE)
_Write = Callable[..., tuple[int, Mapping[str, str], Any]]


def close_gaps() -> None:
    """Change MiniStack in this process."""
    dynamodb._partiql_insert = _streaming(dynamodb._partiql_insert, "INSERT")  # noqa: SLF001  # It offers no hook.
    dynamodb._partiql_update = _streaming(dynamodb._partiql_update, "MODIFY")  # noqa: SLF001
    action_of, checks_of = iam_actions.extract_iam_action, iam_actions.dynamodb_transaction_checks

    def action(*arguments: Any) -> str | None:  # noqa: ANN401  # MiniStack has no types.
        name: str | None = action_of(*arguments)
        return name if name is None else _AUTHORISED_AS.get(name, name)

    def checks(name: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        if name != "dynamodb:BatchExecuteStatement":
            return list(checks_of(name, body, region, account))
        return [_check(each["Statement"], region, account) for each in json.loads(body)["Statements"]]

    iam_actions.extract_iam_action, iam_actions.dynamodb_transaction_checks = action, checks


def _streaming(write: _Write, event: str) -> _Write:
    def written(table: Any, parsed: Any, *rest: Any) -> tuple[int, Mapping[str, str], Any]:  # noqa: ANN401
        before = _item(table, parsed)
        answer = write(table, parsed, *rest)
        if answer[0] == HTTPStatus.OK:
            dynamodb._emit_stream_event(table["TableName"], event, before, _item(table, parsed))  # noqa: SLF001
        return answer

    return written


def _item(table: Any, parsed: Any) -> Any:  # noqa: ANN401
    """The stored item that a parsed statement names by its key."""
    inserted = parsed.get("item")
    found = inserted or {name: value for name, operator, value in parsed["conditions"] if operator == "="}
    partition, sort = (next(iter(found[table[name]].values())) for name in ("pk_name", "sk_name"))
    return table["items"].get(partition, {}).get(sort)


def _check(statement: str, region: str, account: str) -> tuple[str, str]:
    """The action and the table that one statement needs; one that is neither is left to fail as unknown."""
    found = _STATEMENT.match(statement)
    if found is None:
        return "dynamodb:PartiQLUnknown", "*"
    action = "PartiQLUpdate" if found[1].upper() == "UPDATE" else "PartiQLInsert"
    return f"dynamodb:{action}", f"arn:aws:dynamodb:{region}:{account}:table/{found[2]}"


if __name__ == "__main__":
    close_gaps()
    main()
