"""Items as they are stored: read from a file, and decoded to a progress."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from json import loads
from typing import Any, Final

from milepost.adapters import keys
from milepost.adapters.codec import FORMAT, Attributes, Codec, NewerFormatError, UnreadableItemError
from milepost.domain.event import Subject
from milepost.domain.progress import Progress
from milepost_tools.local.recording import read_text
from milepost_tools.problem import ProblemError

_REQUIRED: Final = (keys.FORMAT, keys.CATALOG, keys.TRAITS, keys.STANDINGS, keys.LEDGER)


def read_item(name: str) -> Attributes:
    """An item in a file, as the console and the AWS CLI write them; binary values are decoded.

    Raises:
        ProblemError: there is no such file, or no item in it.
    """
    remedy = "Save one item as DynamoDB JSON: `aws dynamodb get-item`, or the console with DynamoDB JSON on."
    try:
        said = loads(read_text(name))
        item = said.get("Item", said)
        return {attribute: _typed(value) for attribute, value in item.items()}
    except (ValueError, AttributeError, TypeError, NotBase64):
        raise ProblemError(f"{name} holds no item of DynamoDB.", remedy) from None


def _typed(value: Mapping[str, Any]) -> Mapping[str, Any]:
    ((kind, content),) = value.items()
    return {kind: b64decode(content, validate=True) if kind == "B" else content}


def decoded(subject: Subject, item: Attributes, codec: Codec) -> Progress:
    """The progress in an item.

    Raises:
        ProblemError: a newer release wrote it, or it is none or damaged.
    """
    try:
        return codec.decode(subject, item)
    except NewerFormatError:
        what = f"The item of {subject} has format {item[keys.FORMAT]['N']}, and this release reads up to {FORMAT}."
        raise ProblemError(what, "Use the milepost of the release that is deployed.") from None
    except UnreadableItemError as error:
        remedy = f"It needs at least the attributes {', '.join(_REQUIRED)}, as a whole item of the main table has them."
        raise ProblemError(
            f"The item of {subject} cannot be decoded ({type(error.__cause__).__name__}: {error.__cause__}).", remedy
        ) from None
