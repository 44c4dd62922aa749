"""The smallest things that messages are made of, with what JSON Schema can check of them."""

from typing import Annotated, Literal, NamedTuple, TypeAlias


class Bound(NamedTuple):
    """A keyword of JSON Schema that a value keeps to."""

    keyword: str
    value: int | str


Id: TypeAlias = Annotated[str, Bound("minLength", 1), Bound("maxLength", 64)]
Subject: TypeAlias = Annotated[str, Bound("pattern", r"^(user|account):[\s\S]")]
Time: TypeAlias = Annotated[str, Bound("format", "date-time"), Bound("pattern", "Z$")]
OneOrMore: TypeAlias = Annotated[int, Bound("minimum", 1)]
NoneOrMore: TypeAlias = Annotated[int, Bound("minimum", 0)]
Percent: TypeAlias = Annotated[int, Bound("minimum", 0), Bound("maximum", 100)]
Source: TypeAlias = Annotated[str, Bound("pattern", "^/milepost/.")]
Tier: TypeAlias = Literal["minor", "major"]
Channel: TypeAlias = Literal["email", "sms", "push", "in_app", "direct_mail", "ops"]
