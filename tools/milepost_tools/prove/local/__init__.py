"""Minutes on the local stack while workers are killed, and the judge of the simulation over what came of it."""

from milepost_tools.prove.local.run import prove_local

__all__ = ["prove_local"]
