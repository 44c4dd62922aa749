"""What nudges tell beside their template: totals of a subject, a call to action, the URL of a card."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from milepost.domain.local import Period
from milepost_tools.catalog.matching import ANY_EVENT, Compiled, Matcher
from milepost_tools.catalog.part import Part, refusal
from milepost_tools.catalog.problems import Place, Problem, quoted
from milepost_tools.catalog.terms import InSchema, LeftOut, PropertyPath, Text

MOST_TOTALS: Final = 16
LONGEST_LINK: Final = 2_048
"""Bytes of UTF-8: what mail programs and browsers take."""
_LINK: Final = r"([A-Za-z][A-Za-z0-9+.-]*:|\{\{).+"
_TOTAL_NAME: Final = "[A-Za-z][A-Za-z0-9_]{0,63}"


def _link(value: str) -> str:
    if not re.fullmatch(_LINK, value):
        raise refusal("is not the URL of anything", "Write one such as https://example.com/{{ subject.id }}.")
    size = len(value.encode())
    if size > LONGEST_LINK:
        raise refusal(f"must be at most {LONGEST_LINK} bytes of UTF-8, and is {size}", "Make it shorter.")
    return value


Link: TypeAlias = Annotated[
    str,
    AfterValidator(_link),
    WithJsonSchema({"type": "string", "pattern": f"^{_LINK}$", "maxLength": LONGEST_LINK}),
]
"""An absolute URL, in which Liquid may stand, or which Liquid makes."""


def _total_name(value: str) -> str:
    if not re.fullmatch(_TOTAL_NAME, value):
        raise refusal(
            f"{quoted(value)} is not a name that templates can use",
            "Use 1 to 64 letters, digits and `_`; the first is a letter.",
        )
    return value


TotalName: TypeAlias = Annotated[
    str, AfterValidator(_total_name), WithJsonSchema({"type": "string", "pattern": f"^{_TOTAL_NAME}$"})
]
"""What templates call a total: `totals.NAME`."""


class CallToAction(Part):
    """The one thing that a nudge asks for."""

    noun = "`call_to_action`"

    label: Text
    """What the button says; Liquid may stand in it."""
    url: Link
    """Where it leads; Liquid may stand in it."""


class Added(Matcher):
    """Matching events, and the property of them that is added up."""

    noun = "`sum`"

    of: PropertyPath
    """The property that is added up."""


class Total(Part):
    """One number that nudges tell of a subject: exactly one of `count`, `sum` and `days`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [kind]} for kind in ("count", "sum", "days")]},
    )
    noun = "a total"

    count: LeftOut[Matcher] = None
    """How many matching events there were."""
    sum: LeftOut[Added] = None
    """What a property of matching events adds up to."""
    days: LeftOut[Matcher] = None
    """On how many local dates there were matching events."""
    per: LeftOut[Period] = None
    """Of the person's present `day`, `week`, `month` or `year`; without it of all time."""

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:
        """Nothing to count, several things, or the dates of one."""
        if len(data.keys() & {"count", "sum", "days"}) != 1:
            yield (), Problem("counts nothing, or several things", "Write exactly one of `count`, `sum` and `days`.")
        if "days" in data and data.get("per") == "day":
            yield ("per",), Problem("has one date only", "Write `week`, `month` or `year`, or leave it out.")

    @property
    def kind(self) -> str:
        """What it counts."""
        return next(kind for kind in ("count", "sum", "days") if getattr(self, kind) is not None)

    @property
    def matcher(self) -> Matcher:
        """Which events it looks at."""
        matcher: Matcher = getattr(self, self.kind)
        return matcher

    @property
    def names(self) -> list[str]:
        """The event names that it looks at, as a matcher's."""
        return self.matcher.names

    @property
    def looks_at_any(self) -> bool:
        """Whether it looks at any event."""
        return self.matcher.event == ANY_EVENT

    def compiled(self) -> Compiled:
        """As `milepost.domain.compiled_facts` reads it."""
        of: dict[str, Any] = {"of": self.sum.of.split(".")} if self.sum is not None else {}
        return {"kind": self.kind, **self.matcher.matcher_compiled(), **of, "per": self.per}


Totals: TypeAlias = Annotated[
    dict[TotalName, Total], Field(max_length=MOST_TOTALS), InSchema({"additionalProperties": False})
]
