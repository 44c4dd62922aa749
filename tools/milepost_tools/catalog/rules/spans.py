"""What `count` and `sum` share: matching events inside a span, or again and again."""

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from milepost.domain.instant import parse_duration
from milepost_tools.catalog.matching import Compiled, Matcher
from milepost_tools.catalog.part import refusal
from milepost_tools.catalog.terms import LeftOut, Span


class Spans(Matcher):
    """A matcher's keys with `in` and `repeat`."""

    model_config = ConfigDict(
        json_schema_extra={"not": {"required": ["in", "repeat"], "properties": {"repeat": {"const": True}}}},
    )

    span: LeftOut[Span] = Field(None, alias="in")
    """Inside a span of at most this length, its end included."""
    repeat: bool = False
    """Again at every further N; not together with `in`."""

    @field_validator("repeat")
    @classmethod
    def _not_within_a_span(cls, repeat: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  # pydantic calls it
        if repeat and info.data.get("span") is not None:
            raise refusal("does not go together with `in`", "Leave out one of them.")
        return repeat

    def spans_compiled(self) -> Compiled:
        """The options that both kinds have."""
        return {
            **self.matcher_compiled(),
            "in": None if self.span is None else parse_duration(self.span),
            "repeat": self.repeat,
        }
