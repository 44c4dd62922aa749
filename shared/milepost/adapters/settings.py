"""What a function reads from its environment, once, when it first needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

Clock: TypeAlias = Literal["live", "replay"]


class MissingSettingError(Exception):
    """An environment variable that `template.yaml` sets is not there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of a function; each property raises `MissingSettingError` where its variable is not set."""

    environment: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        value = self.environment.get(name)
        if not value:
            raise MissingSettingError(f"The environment variable {name} is not set: template.yaml sets it.")
        return value

    @property
    def clock(self) -> Clock:
        """`live`, or `replay` where time comes from the messages."""
        return cast("Clock", self["CLOCK"])

    @property
    def is_local(self) -> bool:
        """Whether this is the local stack, where CloudWatch has no metrics of queues."""
        return self["STAGE"] == "local"

    @property
    def topic_arns(self) -> Mapping[str, str]:
        """ARNs by channel: `TOPIC_ARN_IN_APP` is the channel `in_app`'s."""
        prefix = "TOPIC_ARN_"
        names = (name for name in self.environment if name.startswith(prefix))
        return {name.removeprefix(prefix).lower(): self.environment[name] for name in names}
