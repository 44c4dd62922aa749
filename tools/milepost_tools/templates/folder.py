"""The folder of templates: one YAML file each, channels and what they send."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, get_args

from milepost.adapters.content import FORMS, Contents
from milepost.adapters.liquid_texts import Form
from milepost.domain.variables import as_plain
from milepost_tools.catalog.node import Entry, Node
from milepost_tools.catalog.problems import Finding, Place, Problem, quoted, suggestion
from milepost_tools.catalog.source import UnreadableError, read_tree
from milepost_tools.catalog.terms import Channel
from milepost_tools.problem import ProblemError

FOLDER: Final = "templates"
SUFFIX: Final = ".yaml"
LARGEST_FILE: Final = 200_000
"""Bytes: less than a message may have, of which the template is only a part."""
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)


class Template(NamedTuple):
    """A template in its file."""

    file: Path
    tree: Node

    @property
    def channels(self) -> Mapping[str, Entry]:
        """What it has for each channel."""
        return self.tree.content if isinstance(self.tree.content, dict) else {}

    @property
    def texts(self) -> "Iterator[Text]":
        """Every text of it that is Liquid."""
        for channel, entry in self.channels.items():
            for place, node in _leaves(entry.node, (channel,)):
                form = FORMS.get(channel, {}).get(str(place[1]), "text") if len(place) > 1 else "text"
                yield Text(place, node, form)


class Text(NamedTuple):
    """One text of a template, and where in its file it is."""

    place: Place
    node: Node
    form: Form

    @property
    def source(self) -> str:
        """As it is written."""
        return str(self.node.content)

    def line(self, index: int) -> int:
        """The line of the file in which a place of it is: a text of several lines begins below its key."""
        return self.node.line + (1 + self.source.count("\n", 0, max(index, 0)) if "\n" in self.source else 0)


class Found(NamedTuple):
    """A finding and the file that it is about."""

    file: Path
    finding: Finding

    @property
    def told(self) -> str:
        """As a line for people."""
        return self.finding.told(str(self.file))


Templates: TypeAlias = Mapping[str, Template]


def folder_of(catalog: Path) -> Path:
    """Where the templates of a catalog file are."""
    return catalog.parent / FOLDER


def read_templates(catalog: Path) -> tuple[Templates | None, list[Found]]:
    """The templates beside a catalog by name, None where there is no folder; and what keeps any from being read.

    Raises:
        ProblemError: a file cannot be opened.
    """
    folder = folder_of(catalog)
    if not folder.is_dir():
        return None, []
    templates: dict[str, Template] = {}
    found: list[Found] = []
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        findings: list[Finding] = []
        tree = _tree(file, findings)
        if tree is not None:
            templates[file.stem] = Template(file, tree)
            findings += _misshapen(tree)
        found += [Found(file, each) for each in findings]
    return templates, found


def contents_of(templates: Templates) -> Contents:
    """Templates that have no finding, as `milepost build` writes them."""
    return {
        name: {channel: as_plain(entry.node.plain) for channel, entry in template.channels.items()}
        for name, template in templates.items()
    }


def _tree(file: Path, findings: list[Finding]) -> Node | None:
    try:
        content = file.read_bytes()
    except OSError as refused:
        raise ProblemError(f"Cannot read {file}: {refused.strerror or refused}.", "Make it readable.") from None
    if len(content) > LARGEST_FILE:
        what = f"the file has {len(content)} bytes, and {LARGEST_FILE} fit"
        findings.append(Finding(1, (), Problem(what, "Make it smaller: a whole message has at most 256 KB.")))
        return None
    try:
        return read_tree(content.decode("utf-8-sig"), findings)
    except UnicodeDecodeError:
        findings.append(Finding(1, (), Problem("the text is not UTF-8", "Save the file as UTF-8.")))
    except UnreadableError as refused:
        findings.append(refused.finding)
    return None


def _misshapen(tree: Node) -> Iterator[Finding]:
    if not isinstance(tree.content, dict) or not tree.content:
        yield Finding(tree.line, (), Problem("must be an object of channels", "Write `sms: {text: ...}`."))
        return
    for channel, entry in tree.content.items():
        if channel not in CHANNELS:
            remedy = suggestion(channel, CHANNELS, f"Its keys are {', '.join(CHANNELS)}.")
            yield Finding(entry.line, (channel,), Problem(f"{quoted(channel)} is not a channel", remedy))
        elif not isinstance(entry.node.content, dict) or not entry.node.content:
            keys = ", ".join(FORMS.get(channel, ())) or "what your product needs"
            yield Finding(entry.line, (channel,), Problem("must be an object", f"Its keys are {keys}."))
        elif channel in FORMS:
            yield from _unfit(channel, entry, entry.node.content)


def _unfit(channel: str, at: Entry, content: Mapping[str, Entry]) -> Iterator[Finding]:
    """What a channel of fixed keys has too much, too little, or otherwise."""
    keys = FORMS[channel]
    for key, entry in content.items():
        if key not in keys:
            what, remedy = (
                f"{quoted(key)} is not a key of {channel}",
                suggestion(key, keys, f"It has {', '.join(keys)}."),
            )
            yield Finding(entry.line, (channel, key), Problem(what, remedy))
        elif not isinstance(entry.node.content, str):
            yield Finding(entry.line, (channel, key), Problem("must be a text", "Put it in quotes."))
    for key in keys:
        if key not in content:
            yield Finding(at.line, (channel,), Problem(f"{quoted(key)} is missing", "Add it."))


def _leaves(node: Node, place: Place) -> Iterator[tuple[Place, Node]]:
    if isinstance(node.content, dict):
        for key, entry in node.content.items():
            yield from _leaves(entry.node, (*place, key))
    elif isinstance(node.content, list):
        for number, each in enumerate(node.content):
            yield from _leaves(each, (*place, number))
    elif isinstance(node.content, str):
        yield place, node
