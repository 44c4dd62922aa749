"""YAML with line numbers: a text becomes a tree of nodes, and everything unsafe or ambiguous a finding.

Built on the parser's events, so that no tag is ever acted on, no alias can multiply a small file into a
large one, and nesting is bounded before anything recurses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from milepost_tools.catalog.node import Entry, Node, parent
from milepost_tools.catalog.problems import Finding, Place, Problem, quoted
from milepost_tools.catalog.scalar import ScalarError, read_scalar

LARGEST_TREE: Final = 100_000
"""Values in a file after its aliases are expanded."""
DEEPEST: Final = 32
"""Levels of nesting; the language needs 8."""
MERGE: Final = "<<"


class UnreadableError(Exception):
    """A file from which nothing can be read beyond this finding."""

    def __init__(self, line: int, what: str, remedy: str, place: Place = ()) -> None:
        """See `Finding`."""
        super().__init__(what)
        self.finding = Finding(line, place, Problem(what, remedy))


def read_tree(text: str, findings: list[Finding]) -> Node:
    """The only document in a text; what is wrong with single values is added to `findings`.

    Raises:
        UnreadableError: the text is not YAML, or not a tree of a reasonable size.
    """
    try:
        return _Builder(yaml.parse(text, Loader=yaml.SafeLoader), findings).document()
    except yaml.reader.ReaderError as refused:
        line = text.count("\n", 0, refused.position) + 1
        raise UnreadableError(line, "holds a character that YAML does not allow", "Delete it.") from None
    except yaml.MarkedYAMLError as refused:
        mark = refused.problem_mark
        raise _not_yaml(1 if mark is None else mark.line + 1, refused.problem) from None
    except (ValueError, OverflowError):  # PyYAML, at an escape such as "\UFFFFFFFF".
        raise _not_yaml(1, "an escape names no character") from None


def _not_yaml(line: int, problem: str | None) -> UnreadableError:
    return UnreadableError(
        line,
        f"is not YAML: {problem}",
        "Look at the indentation, and put texts that hold `: ` or ` #` in quotes.",
    )


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1


@dataclass(slots=True)
class _Builder:
    events: Iterator[yaml.Event]
    findings: list[Finding]
    anchors: dict[str, Node] = field(default_factory=dict)

    def document(self) -> Node:
        next(self.events)  # The start of the stream.
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise UnreadableError(1, "the file is empty", "Fill it: a catalog begins with `catalog: NAME`.")
        root = self._node(next(self.events), ())
        next(self.events)  # The end of the document.
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise UnreadableError(_line(after), "a second document begins", "Keep one in a file.")
        return root

    def _node(self, event: yaml.Event, place: Place) -> Node:
        node = self._aliased(event, place) if isinstance(event, yaml.AliasEvent) else self._anchored(event, place)
        if len(place) + node.depth > DEEPEST:
            raise UnreadableError(_line(event), f"is nested more than {DEEPEST} levels deep", "Make it flatter.")
        if node.size > LARGEST_TREE:
            raise UnreadableError(_line(event), f"holds more than {LARGEST_TREE} values", "Use fewer aliases.")
        return node

    def _aliased(self, event: yaml.AliasEvent, place: Place) -> Node:
        node = self.anchors.get(str(event.anchor))
        if node is None:  # An anchor is known once its value is complete: none can hold itself.
            what = f"no value above is called {quoted(f'&{event.anchor}')}"
            raise UnreadableError(_line(event), what, "Define it before it is used.", place)
        return node

    def _anchored(self, event: yaml.Event, place: Place) -> Node:
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            self._find(event, place, "has a tag (`!...`), and the language knows none", "Delete the tag.")
        node = self._fresh(event, place)
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _fresh(self, event: yaml.Event, place: Place) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if len(place) >= DEEPEST:
            raise UnreadableError(_line(event), f"is nested more than {DEEPEST} levels deep", "Make it flatter.")
        return self._list(event, place) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(event, place)

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Node:
        try:
            event.value.encode()
            value = read_scalar(event.value) if event.style is None else event.value
        except UnicodeEncodeError:
            self._find(event, place, "holds half of a character (a lone surrogate)", "Write the character itself.")
        except ScalarError as refused:
            self._find(event, place, *refused.problem)
        else:
            return Node(_line(event), value)
        return Node(_line(event), None)

    def _list(self, start: yaml.Event, place: Place) -> Node:
        nodes: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            nodes.append(self._node(event, (*place, len(nodes))))
        return parent(_line(start), nodes)

    def _mapping(self, start: yaml.Event, place: Place) -> Node:
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, place)
            entry = Entry(_line(event), self._node(next(self.events), (*place, key)))
            if key == MERGE:
                merged |= self._merged(event, entry.node, place)
            elif key in entries:
                first = entries[key].line
                self._find(event, (*place, key), f"stands here twice, first in line {first}", "Keep one of them.")
            else:
                entries[key] = entry
        return parent(_line(start), merged | entries)

    def _key(self, event: yaml.Event, place: Place) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise UnreadableError(_line(event), "has a key that is not a text", "Write `key: value`.", place)
        self._scalar(event, place)
        return str(event.value).encode(errors="replace").decode()

    def _merged(self, event: yaml.Event, node: Node, place: Place) -> dict[str, Entry]:
        if isinstance(node.content, dict):
            return node.content
        self._find(event, place, f"`{MERGE}` merges mappings only", f"Write `{MERGE}: *ANCHOR`, one of a mapping.")
        return {}

    def _find(self, event: yaml.Event, place: Place, what: str, remedy: str) -> None:
        self.findings.append(Finding(_line(event), place, Problem(what, remedy)))
