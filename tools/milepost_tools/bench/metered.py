"""A client that asks every request what it cost: the answer's own word, whichever engine stands behind it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from milepost_tools.bench.design import Client

WRITES: Final = frozenset({"put_item", "update_item", "batch_execute_statement", "transact_write_items"})


class Metered:
    """Adds up what answers say that tables and their indexes consumed; a refused write has no answer that says so."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.writes = self.index_writes = 0.0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # Whatever the client has.
        operation = getattr(self._client, name)
        return self._metered(operation) if name in WRITES else operation

    def _metered(self, operation: Callable[..., Mapping[str, Any]]) -> Callable[..., Mapping[str, Any]]:
        def call(**request: object) -> Mapping[str, Any]:
            answer = operation(**request, ReturnConsumedCapacity="INDEXES")
            consumed = answer.get("ConsumedCapacity", [])
            for table in consumed if isinstance(consumed, list) else [consumed]:
                indexes = table.get("GlobalSecondaryIndexes", {}).values()
                self.writes += table["CapacityUnits"]
                self.index_writes += sum(each["CapacityUnits"] for each in indexes)
            return answer

        return call
