"""DynamoDB's expressions: conditions, updates, key conditions and projections, of attributes at the top of an item."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar, cast

from milepost_tools.engine.terms import Condition, Operand, Values, begins_with, both, compare, either, total
from milepost_tools.engine.tokens import Reader, Words
from milepost_tools.engine.values import Invalid, InvalidForItem, Item, UnsupportedError, Value, kind_of

_Read = TypeVar("_Read")
_EXISTENCE: Final = {"attribute_exists": True, "attribute_not_exists": False}
_ZERO: Final[Value] = {"N": "0"}


@dataclass(slots=True)
class Update:
    """What an UpdateExpression does; all operands are read from the item as it was."""

    sets: dict[str, Operand] = field(default_factory=dict)
    removes: list[str] = field(default_factory=list)

    def set(self, name: str, operand: Operand) -> None:
        """Give an attribute a value."""
        self._only_once(name)
        self.sets[name] = operand

    def remove(self, name: str) -> None:
        """Take an attribute away."""
        self._only_once(name)
        self.removes.append(name)

    def _only_once(self, name: str) -> None:
        if name in self.sets or name in self.removes:
            raise Invalid(f"Invalid UpdateExpression: Two document paths overlap with each other: [{name}]")

    def apply(self, item: Item, values: Values) -> dict[str, Value]:
        """The item after it."""
        new = {name: value for name, value in item.items() if name not in self.removes}
        for name, operand in self.sets.items():
            if (value := operand(item, values)) is None:
                raise InvalidForItem(f"The provided expression refers to an attribute that does not exist: {name}")
            new[name] = value
        return new


Change: TypeAlias = Callable[[Update], None]


class Parser(Reader):
    """One expression, read from left to right."""

    def condition(self) -> Condition:
        """A ConditionExpression."""
        condition = self._either()
        self._end()
        return condition

    def projection(self) -> Sequence[str]:
        """A ProjectionExpression."""
        names = self._list(self._name)
        self._end()
        return names

    def key_condition(self) -> Mapping[str, tuple[str, Sequence[str]]]:
        """A KeyConditionExpression: by attribute a comparison, `BETWEEN` or `begins_with`, and words for its values."""
        found: dict[str, tuple[str, Sequence[str]]] = {}
        while not found or self._takes("AND"):
            name, sign, values = self._key_clause()
            if name in found:
                raise Invalid("KeyConditionExpressions must only contain one condition per key")
            found[name] = (sign, values)
        self._end()
        return found

    def update(self) -> Update:
        """An UpdateExpression."""
        update = Update()
        clauses = {"SET": self._set, "REMOVE": self._remove, "ADD": self._add}
        while True:
            name = self._next().upper()
            if name == "DELETE":
                raise UnsupportedError("DELETE in an UpdateExpression")
            if name not in clauses:  # Unknown, or there for the second time.
                self._wrong(name)
            for change in self._list(clauses.pop(name)):
                change(update)
            if self._peek() is None:
                return update

    def _either(self) -> Condition:
        left = self._both()
        while self._takes("OR"):
            left = either(left, self._both())
        return left

    def _both(self) -> Condition:
        left = self._one()
        while self._takes("AND"):
            left = both(left, self._one())
        return left

    def _one(self) -> Condition:
        if self._takes("NOT"):
            inner = self._one()
            return lambda item, values: not inner(item, values)
        if self._takes("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._function() if self._peek(1) == "(" else self._comparison()

    def _function(self) -> Condition:
        function = self._only("begins_with", *_EXISTENCE)
        first = self._operand()
        if function in _EXISTENCE:
            wanted = _EXISTENCE[function]
            self._expect(")")
            return lambda item, values: (first(item, values) is not None) is wanted
        self._expect(",")
        kind = self._kinds.get(self._peek() or "", "S")
        if kind not in {"S", "B"}:
            raise Invalid(f"Invalid {self._slot}: Incorrect operand type for operator or function: {kind}")
        second = self._operand()
        self._expect(")")
        return lambda item, values: begins_with(first(item, values), second(item, values))

    def _comparison(self) -> Condition:
        left = self._operand()
        if self._takes("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            high = self._operand()
            return both(_compares(left, ">=", low), _compares(left, "<=", high))
        if self._takes("IN"):
            raise UnsupportedError("IN")
        sign = self._sign()
        return _compares(left, sign, self._operand())

    def _key_clause(self) -> tuple[str, str, Sequence[str]]:
        if self._peek(1) == "(":
            self._only("begins_with")
            name = self._name()
            self._expect(",")
            value = self._value()
            self._expect(")")
            return name, "begins_with", [value]
        name = self._name()
        if self._takes("BETWEEN"):
            low = self._value()
            self._expect("AND")
            return name, "BETWEEN", [low, self._value()]
        return name, self._sign(), [self._value()]

    def _set(self) -> Change:
        name = self._name()
        self._expect("=")
        left = self._set_operand()
        if self._peek() not in {"+", "-"}:
            return lambda update: update.set(name, left)
        sign, right = self._next(), self._set_operand()
        return lambda update: update.set(name, _total_of(left, right, sign))

    def _set_operand(self) -> Operand:
        if self._peek(1) != "(":
            return self._operand()
        self._only("if_not_exists")
        path = self._operand()
        self._expect(",")
        default = self._set_operand()
        self._expect(")")
        return lambda item, values: path(item, values) or default(item, values)

    def _remove(self) -> Change:
        name = self._name()
        return lambda update: update.remove(name)

    def _add(self) -> Change:
        name, value = self._name(), self._value()
        if self._kinds[value] != "N":
            raise UnsupportedError(f"ADD of the type {self._kinds[value]}")
        number = _total_of(lambda item, _: item.get(name, _ZERO), lambda _, values: values[value], "+")
        return lambda update: update.set(name, number)


def _compares(left: Operand, sign: str, right: Operand) -> Condition:
    return lambda item, values: compare(left(item, values), sign, right(item, values))


def _total_of(left: Operand, right: Operand, sign: str) -> Operand:
    return lambda item, values: total(left(item, values), right(item, values), sign)


def parsed(read: Callable[[Parser], _Read], slot: str, text: str, words: Words) -> _Read:
    """What a request's expression says, with its names and values."""
    kinds = frozenset((word, kind_of(value)) for word, value in words.values.items())
    what, used = _parsed(read, slot, text, frozenset(words.names.items()), kinds)
    words.used.update(used)
    return cast("_Read", what)


@lru_cache(maxsize=4096)
def _parsed(read: Callable[[Parser], Any], slot: str, text: str, *words: frozenset[tuple[str, str]]) -> Any:  # noqa: ANN401
    parser = Parser(slot, text, *map(dict, words))
    return read(parser), parser.used
