"""An item's size as DynamoDB counts it (its developer guide, "Item sizes and formats")."""

from math import ceil
from typing import Any

from milepost.adapters import keys
from milepost.adapters.codec import Attributes, Codec
from milepost.domain.progress import Progress


def aggregate_size(codec: Codec, progress: Progress, version: int = 1000) -> int:
    """Bytes of a subject's aggregate, its keys and version included."""
    present, _ = codec.encode(progress)
    own = {keys.PARTITION: {"S": progress.subject}, keys.SORT: {"S": keys.AGGREGATE}, keys.VERSION: {"N": str(version)}}
    return bytes_as_billed({**own, **present})


def bytes_as_billed(item: Attributes) -> int:
    """Names and values; two digits of a number share a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Any) -> int:  # noqa: ANN401  # an attribute value in DynamoDB's own notation
    match value:
        case {"S": text}:
            return len(str(text).encode())
        case {"B": data}:
            return len(bytes(data))
        case {"N": number}:
            return ceil(len(str(number).strip("-")) / 2) + 1 + str(number).startswith("-")
    raise ValueError("no text, number or binary")
