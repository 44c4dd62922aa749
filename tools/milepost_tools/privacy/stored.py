"""The erasing service on a deployed stack."""

from collections.abc import Iterator
from contextlib import contextmanager

from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_estate import DynamoEstate, ThrottledError
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.erasing import Erase, NotErasedError
from milepost.domain.catalog import Catalog
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.stack import Stack
from milepost_tools.problem import ProblemError


def erasing(stack: Stack, catalog: Catalog) -> Erase:
    """The service on this stack's table, with the operator's credentials."""
    client, codec = stack.connection.dynamodb, Codec.of(catalog)
    return Erase(DynamoStore(client, codec, stack.table_name), DynamoEstate(client, stack.table_name, codec))


@contextmanager
def saying_what_stopped() -> Iterator[None]:
    """Within, what stops the service becomes a `ProblemError`, as does what AWS refuses."""
    remedy = "Begin again: what was done so far stands, and the rest is found."
    with telling_plainly():
        try:
            yield
        except NotErasedError:
            what = "An item cannot be read by this release, or was written over and over meanwhile."
            raise ProblemError(what, f"'milepost explain SUBJECT --raw' says which of the two. {remedy}") from None
        except ThrottledError:
            raise ProblemError("The table does not take all the deletions: it is throttled.", remedy) from None
