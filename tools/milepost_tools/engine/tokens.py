"""Reading an expression: its words one after the other, and the request's own names and values for them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
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

    def name(self, word: str) -> str:
        """What `#name` stands for."""
        self.used.add(word)
        if word not in self.names:
            raise Invalid(f"An expression attribute name used in the document path is not defined: {word}")
        return self.names[word]

    def value(self, word: str) -> Value:
        """What `:value` stands for."""
        self.used.add(word)
        if word not in self.values:
            raise Invalid(f"An expression attribute value used in expression is not defined: {word}")
        return self.values[word]

    def check(self) -> None:
        """To be called when all expressions are parsed."""
        unused = sorted({*self.names, *self.values} - self.used)
        if unused:
            raise Invalid(f"Value provided in ExpressionAttributeNames or -Values unused in expressions: {unused}")


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(good or bad for good, bad in reversed(_TOKEN.findall(text)))


class Reader:
    """The words of an expression that are still to be read, and what can be read without knowing its grammar."""

    def __init__(self, slot: str, text: str, words: Words) -> None:
        self._slot, self._text, self._words = slot, text, words
        self._tokens = list(_tokens(text))

    def _operand(self) -> Operand:
        if (self._peek() or "").startswith(":"):
            value = self._value()
            return lambda _: value
        name = self._name()
        return lambda item: item.get(name)

    def _value(self) -> Value:
        word = self._next()
        return self._words.value(word) if word.startswith(":") else self._wrong(word)

    def _name(self) -> str:
        word = self._next()
        if word == "(" or self._peek() in {".", "["}:
            raise UnsupportedError(f"a document path or parentheses in a {self._slot}: {self._text}")
        if word.startswith("#"):
            return self._words.name(word)
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
