"""How large a subject's aggregate is, as DynamoDB counts it."""

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.domain.progress import Progress
from milepost_tools.engine.capacity import bytes_as_billed


def aggregate_size(codec: Codec, progress: Progress, version: int = 1000) -> int:
    """Bytes of a subject's aggregate, its keys and version included."""
    present, _ = codec.encode(progress)
    own = {keys.PARTITION: {"S": progress.subject}, keys.SORT: {"S": keys.AGGREGATE}, keys.VERSION: {"N": str(version)}}
    return bytes_as_billed({**own, **present})
