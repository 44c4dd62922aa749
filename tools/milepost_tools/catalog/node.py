"""A YAML file as a tree that knows its lines."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from milepost_tools.catalog.problems import Place
from milepost_tools.catalog.scalar import Scalar

Value: TypeAlias = Scalar | list["Value"] | dict[str, "Value"]


class Entry(NamedTuple):
    """A value in a mapping or list, and the line where it is named."""

    line: int
    node: "Node"


@dataclass(frozen=True, slots=True)
class Node:
    """A value where it stands. `depth` and `size` are those of the whole tree below it."""

    line: int
    content: "Scalar | list[Node] | dict[str, Entry]"
    depth: int = 0
    size: int = 1

    @property
    def plain(self) -> Value:
        """The value without its lines."""
        if isinstance(self.content, dict):
            return {key: entry.node.plain for key, entry in self.content.items()}
        if isinstance(self.content, list):
            return [each.plain for each in self.content]
        return self.content

    def locate(self, steps: Place) -> tuple[int, Place]:
        """The line of a place, and the place without the steps that the file does not have."""
        node, line, place = self, self.line, list[str | int]()
        for step in steps:
            entry = _entry(node, step)
            if entry is not None:
                line, node = entry
                place.append(step)
        return line, tuple(place)


def parent(line: int, content: "list[Node] | dict[str, Entry]") -> Node:
    """The node of a list or mapping; `depth` and `size` follow from what is in it."""
    children = content if isinstance(content, list) else [entry.node for entry in content.values()]
    depth = 1 + max((child.depth for child in children), default=0)
    return Node(line, content, depth, 1 + sum(child.size for child in children))


def _entry(node: Node, step: str | int) -> Entry | None:
    if isinstance(node.content, dict) and isinstance(step, str):
        return node.content.get(step)
    if isinstance(node.content, list) and isinstance(step, int):
        return Entry(node.content[step].line, node.content[step])
    return None
