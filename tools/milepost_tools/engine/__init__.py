"""A strict DynamoDB in memory: the botocore client's interface, every answer deterministic, capacity metered.

For the benchmark of the hot path and the simulation. It takes nothing that DynamoDB would refuse, and what it does
not know it refuses by name with `UnsupportedError`; nothing is ignored. Reserved words are not looked for.
"""

from milepost_tools.engine.capacity import Consumed, Meter
from milepost_tools.engine.client import Engine
from milepost_tools.engine.values import UnsupportedError

__all__ = ["Consumed", "Engine", "Meter", "UnsupportedError"]
