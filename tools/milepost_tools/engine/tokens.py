"""Reading an expression: its words one after the other, and the request's own names and values for them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeVar

from milepost_tools.engine.terms import ORDERING, Operand
from milepost_tools.engine.values import Invalid, Request, UnsupportedError, Value

_Each = TypeVar("_Each")

_TOKEN: Final = re.compile(r"\s*([#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+.\[\]-])|\s*(\S)")
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class Words:
    """A request's names and values for its expressions; those that none of them uses are an error."""

    names: Mapping[str, str]
    values: Mapping[str, Value]
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, request: Request, values: Mapping[str, Value]) -> "Words":
        """Of a request whose values were taken over."""
        return cls(request.get("ExpressionAttributeNames", {}), values)

    def check(self) -> None:
        """To be called when all expressions are parsed."""
        if len(self.used) < len(self.names) + len(self.values):
            unused = sorted({*self.names, *self.values} - self.used)
            raise Invalid(f"Value provided in ExpressionAttributeNames or -Values unused in expressions: {unused}")


class Reader:
    """What of an expression is still to be read. Of values it knows the types alone: to read it once is enough."""

    def __init__(self, slot: str, text: str, names: Mapping[str, str], kinds: Mapping[str, str]) -> None:
        self._slot, self._text, self._names, self._kinds = slot, text, names, kinds
        self._tokens: list[str] = [good or bad for good, bad in reversed(_TOKEN.findall(text))]
        self.used: set[str] = set()

    def _operand(self) -> Operand:
        if (self._peek() or "").startswith(":"):
            value = self._value()
            return lambda _, values: values[value]
        name = self._name()
        return lambda item, _: item.get(name)

    def _value(self) -> str:
        word = self._next()
        if not word.startswith(":"):
            self._wrong(word)
        if word not in self._kinds:
            raise Invalid(f"An expression attribute value used in expression is not defined: {word}")
        self.used.add(word)
        return word

    def _name(self) -> str:
        word = self._next()
        if word == "(" or self._peek() in {".", "["}:
            raise UnsupportedError(f"a document path or parentheses in a {self._slot}: {self._text}")
        if word.startswith("#"):
            self.used.add(word)
            if word not in self._names:
                raise Invalid(f"An expression attribute name used in the document path is not defined: {word}")
            return self._names[word]
        return word if _PLAIN.fullmatch(word) else self._wrong(word)

    def _sign(self) -> str:
        sign = self._next()
        return sign if sign in {"=", "<>", *ORDERING} else self._wrong(sign)

    def _only(self, *functions: str) -> str:
        function = self._next()
        if function not in functions:
            raise UnsupportedError(f"{function} in a {self._slot}")
        self._expect("(")
        return function

    def _list(self, read: Callable[[], _Each]) -> list[_Each]:
        found = [read()]
        while self._takes(","):
            found.append(read())
        return found

    def _peek(self, ahead: int = 0) -> str | None:
        return self._tokens[-1 - ahead] if len(self._tokens) > ahead else None

    def _next(self) -> str:
        if not self._tokens:
            self._wrong("<EOF>")
        return self._tokens.pop()

    def _takes(self, word: str) -> bool:
        taken = bool(self._tokens) and (self._tokens[-1] == word or self._tokens[-1].upper() == word)
        if taken:
            self._tokens.pop()
        return taken

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            self._wrong(self._peek())

    def _end(self) -> None:
        if self._tokens:
            self._wrong(self._peek())

    def _wrong(self, word: str | None) -> NoReturn:
        raise Invalid(f'Invalid {self._slot}: Syntax error; token: "{word}" in: {self._text}')
