"""A table and its indexes: keys checked, items found by key or in the order of their sort key, writes billed."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from milepost_tools.engine.capacity import Bill, bytes_as_billed, value_bytes, write_units
from milepost_tools.engine.values import Invalid, InvalidForItem, Item, Request, UnsupportedError, order

Place: TypeAlias = tuple[Any, ...]
"""Where an item stands: what its key attributes are sorted by. An index's ends with the table's, to be unique."""

_ITEM_BYTES: Final = 400 * 1024
_KEY_BYTES: Final = (2048, 1024)
"""The longest partition key and the longest sort key."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Items of a table or of an index: by partition, and within it by the rest of their place."""

    keys: Sequence[str]
    """Its key attributes."""
    whole: bool = True
    """Whether it holds all of an item; an index may hold the keys only."""
    partitions: defaultdict[Any, dict[Place, Item]] = field(default_factory=lambda: defaultdict(dict))

    def put(self, place: Place, item: Item | None) -> None:
        """Replace what stands there; None for nothing."""
        if item is None:
            self.partitions[place[0]].pop(place, None)
        else:
            self.partitions[place[0]][place] = item

    def partition(self, at: Any, *, forward: bool = True, after: Place | None = None) -> Iterator[Item]:  # noqa: ANN401
        """Items of a partition in their order, or against it, beyond a place."""
        found = self.partitions.get(at, {})
        places = sorted(found, reverse=not forward)
        return (found[place] for place in places if after is None or (place > after if forward else place < after))

    def everything(self, after: Place | None) -> Iterator[Item]:
        """Items of all partitions beyond a place, by the partition's key, which DynamoDB does by a hash of it."""
        names = sorted(self.partitions)
        start = 0 if after is None else bisect_left(names, after[0])
        for name in names[start:]:
            yield from self.partition(name, after=after)


@dataclass(frozen=True, slots=True)
class Table:
    """What CreateTable describes, and the items."""

    name: str
    kinds: Mapping[str, str]
    """Types of all key attributes."""
    items: Ordered
    indexes: Mapping[str, Ordered]

    @classmethod
    def of(cls, request: Request) -> "Table":
        """A new, empty table. Billing, streams and the like make no difference here."""
        kinds = {each["AttributeName"]: each["AttributeType"] for each in request["AttributeDefinitions"]}
        indexes = {}
        for each in request.get("GlobalSecondaryIndexes", []):
            projected = each["Projection"].get("ProjectionType")
            if projected not in ("KEYS_ONLY", "ALL"):
                raise UnsupportedError("an index of some attributes")
            indexes[each["IndexName"]] = Ordered(_names(each["KeySchema"]), whole=projected == "ALL")
        table = cls(request["TableName"], kinds, Ordered(_names(request["KeySchema"])), indexes)
        used = {name for each in (table.items, *indexes.values()) for name in each.keys}
        if used != set(kinds):
            raise Invalid("Number of attributes in KeySchema does not match those in AttributeDefinitions")
        return table

    def place(self, key: Item) -> Place:
        """Where the item of a `Key` stands: exactly the key attributes, each of its type."""
        if set(key) != set(self.items.keys):
            raise InvalidForItem("The provided key element does not match the schema")
        return self.place_of(key)

    def place_of(self, item: Item) -> Place:
        """Where an item stands; every key attribute must be there."""
        for name in self.items.keys:
            if name not in item:
                raise InvalidForItem(f"One or more parameter values were invalid: Missing the key {name} in the item")
        return self._checked(self.items.keys, item)

    def key_of(self, item: Item, index: Ordered | None = None) -> Item:
        """The item's key attributes, and an index's with them."""
        names = [*self.items.keys, *(index.keys if index else ())]
        return {name: item[name] for name in names}

    def place_in(self, index: Ordered, item: Item) -> Place | None:
        """Where an index has the item: nowhere if it lacks a key attribute of the index."""
        if not all(name in item for name in index.keys):
            return None
        return self._checked(index.keys, item) + self.place_of(item)

    def get(self, place: Place) -> Item | None:
        """The item there."""
        return self.items.partitions.get(place[0], {}).get(place)

    def check(self, item: Item) -> None:
        """Refuse an item that is too large, or that an index cannot take."""
        if bytes_as_billed(item) > _ITEM_BYTES:
            raise Invalid("Item size has exceeded the maximum allowed size")
        for index in self.indexes.values():
            for name, most in zip(index.keys, _KEY_BYTES, strict=False):
                if name in item:
                    self._sortable(item, name, most)

    def replace(self, place: Place, new: Item | None, bill: Bill, factor: int) -> None:
        """Put an item in the place of what is there; the table's units are billed `factor` times, an index's once.

        An index pays for each entry that is taken out, put in or changed in its place, and nothing for one that stays
        as it is. That transactions pay an index once is not documented; it was measured by others, and MiniStack does
        the same.
        """
        old = self.get(place)
        bill.write(self.name, factor * write_units(max(_bytes(old), _bytes(new))))
        bill.wrote(self.name, _bytes(new))
        self.items.put(place, new)
        for name, index in self.indexes.items():
            self._index(name, index, (old, new), bill)

    def _index(self, name: str, index: Ordered, change: tuple[Item | None, Item | None], bill: Bill) -> None:
        old, new = change
        if old and new and not index.whole and all(old.get(key) == new.get(key) for key in index.keys):
            return
        (there, before), (place, after) = (self._entry(index, each) for each in change)
        if before == after:
            return
        if there is not None and there != place:
            bill.write(self.name, write_units(_bytes(before)), name)
            index.put(there, None)
            before = None
        if place is not None:
            bill.write(self.name, write_units(max(_bytes(before), _bytes(after))), name)
            index.put(place, after)

    def _entry(self, index: Ordered, item: Item | None) -> tuple[Place | None, Item | None]:
        """Where an index has an item, and what of it."""
        place = None if item is None else self.place_in(index, item)
        if item is None or place is None:
            return None, None
        return place, item if index.whole else self.key_of(item, index)

    def _checked(self, names: Sequence[str], item: Item) -> Place:
        return tuple([self._sortable(item, name, most) for name, most in zip(names, _KEY_BYTES, strict=False)])

    def _sortable(self, item: Item, name: str, most: int) -> Any:  # noqa: ANN401  # See `order`.
        [(kind, content)] = item[name].items()
        if kind == "S" == self.kinds[name] and 0 < 4 * len(content) <= most:  # No character has more bytes than 4.
            return content
        if kind != self.kinds[name]:
            raise InvalidForItem(f"Type mismatch for key {name} expected: {self.kinds[name]} actual: {kind}")
        if not content:
            raise Invalid(f"The AttributeValue for a key attribute cannot contain an empty value. Key: {name}")
        if kind != "N" and value_bytes(item[name]) > most:
            raise Invalid(f"Size of key {name} has exceeded the limit of {most} bytes")
        return order(item[name])


def _bytes(item: Item | None) -> int:
    return 0 if item is None else bytes_as_billed(item)


def _names(schema: Sequence[Mapping[str, str]]) -> Sequence[str]:
    return [each["AttributeName"] for each in sorted(schema, key=lambda each: each["KeyType"])]
