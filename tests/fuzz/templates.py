"""Templates that somebody has written badly, for people who mean harm: refused by their author's check, or harmless.

What the check lets through is deployed, and publish composes it for a subject with hostile traits between two others.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from json import dumps, loads
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final
from unicodedata import category

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from milepost.adapters.composing import LiquidComposer
from milepost.adapters.content import FORMS, Contents
from milepost.application.publish import Publish
from milepost.domain.catalog import Catalog
from milepost.domain.facts import no_shares
from milepost.domain.progress import Progress
from milepost_tools.catalog.check import Parsed, read_catalog
from milepost_tools.local.stack import CHANNELS
from milepost_tools.templates.check import catalog_of, check_templates
from milepost_tools.templates.folder import contents_of
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import MemoryStore
from tests.functions.lambdas import CANARY, queue_batch, stream_batch
from tests.fuzz import texts
from tests.fuzz.boundaries import NEIGHBOURS, NOW, code_of, good, ingesting, run
from tests.fuzz.mutation import HOSTILE, garbled, mutated, spelled
from tests.fuzz.payloads import Topic, topics_to

CATALOG: Final = """\
catalog: templates
version: 1
events: {{bought: {{}}}}
consent: {{email: always, sms: always, push: always, in_app: always, direct_mail: always, ops: always}}
milestones:
  m:
    reach: {{count: {{event: bought, at_least: 1}}}}
    call_to_action: {{label: "On", url: "https://example.com/{{{{ n }}}}"}}
    on_reached: [{{channel: {channel}, template: tried}}, {{channel: in_app, template: sound}}]
  next: {{reach: {{count: {{event: bought, at_least: 3}}}}}}
"""
SOUND: Final = 'in_app: {text: "{{ milestone.title }}, {{ n }}, {{ path | upcase }}"}'
SAID: Final = {"text": "M, 1, REACHED"}
"""What the sound template says, whatever goes wrong beside it."""
USER: Final = f"u-{CANARY}"
BECOMES: Final = {("sent", None), ("suppressed", "template_failed"), ("suppressed", "too_large")}
SLOWEST: Final = 8.0
"""Seconds of this processor for checking a template and composing it for three people: publish has 60 for a batch."""


LARGEST: Final = 256
"""Megabytes by which this process may grow for it: each function has 512."""
_MEGABYTE: Final = 1_000_000 if sys.platform == "darwin" else 1_000
"""In the units of `getrusage`."""


@cache
def _folder() -> TemporaryDirectory[str]:
    """Where catalogs stand, with their templates beside them; it goes with this process."""
    folder = TemporaryDirectory()
    (Path(folder.name) / "templates").mkdir()
    (Path(folder.name) / "templates" / "sound.yaml").write_text(SOUND, encoding="utf-8")
    return folder


@cache
def _parsed(channel: str) -> Parsed:
    file = Path(_folder().name) / f"{channel}.yaml"
    file.write_text(CATALOG.format(channel=channel), encoding="utf-8")
    return read_catalog(file)


@cache
def _catalog(channel: str) -> Catalog:
    return catalog_of(_parsed(channel))


def make_template(random: Random) -> str:
    """A file of a template, and of whom it is written to what is known."""
    channel = random.choice(CHANNELS)
    keys = FORMS.get(channel, dict.fromkeys(("headline", "text")))
    file: Any = {channel: {key: texts.text(random) for key in keys}}
    if channel not in FORMS and random.random() < 0.3:
        file[channel]["more"] = random.choice(({"a": [texts.text(random), 7, None]}, *HOSTILE))
    written = garbled(random, spelled(mutated(random, file))) if random.random() < 0.3 else dumps(file)
    return dumps({"channel": channel, "file": written, "traits": texts.traits(random)})


def check_files(inputs: Sequence[str]) -> list[str]:
    """Each is refused with findings, or composed, or suppressed with a reason of ours, in bounded time and memory."""
    return [_tried(loads(each)) for each in inputs]


def _tried(known: Mapping[str, Any]) -> str:
    channel, begun, had = known["channel"], process_time(), _most_memory()
    contents = _validated(channel, known["file"])
    became = contents if isinstance(contents, str) else _composed(channel, loads(dumps(contents)), known["traits"])
    taken = process_time() - begun
    assert taken < SLOWEST, f"took {taken:.1f} s"
    assert _most_memory() - had < LARGEST, f"took {_most_memory() - had} MB: {known['file']!a}"
    return became


def _most_memory() -> int:
    return getrusage(RUSAGE_SELF).ru_maxrss // _MEGABYTE


def _validated(channel: str, text: str) -> Contents | str:
    """The templates as they are deployed, or why they are not. It is their author who reads that."""
    parsed, folder = _parsed(channel), Path(_folder().name)
    (folder / "templates" / "tried.yaml").write_bytes(text.encode(errors="surrogatepass"))
    checked = check_templates(folder / f"{channel}.yaml", parsed)
    found = [*checked.findings, *checked.advice]
    assert all(each.told.isprintable() for each in found)
    if checked.findings:
        return code_of(checked.findings[0].finding.problem.what).split(": ")[0]
    assert checked.templates is not None
    return contents_of(checked.templates)


def _reached(channel: str, user: str, traits: Mapping[str, Any]) -> Progress:
    """Somebody with these traits who has reached the milestone: both nudges wait to be published."""
    store = MemoryStore()
    said = [good(user, name, 0, type="identify", traits={name: value}) for name, value in traits.items()]
    service = ingesting(store, MemoryDeadLetters(), _catalog(channel))
    run(ingest, queue_batch(*said, good(user, "bought", 0)), service)
    return store.now(f"user:{user}").progress


@cache
def _neighbours(channel: str) -> Sequence[Progress]:
    known: Mapping[str, Any] = {"name": "Ada", "many": 3, "list": ["a", "b"], "deep": {"a": [{"a": "b"}]}}
    return [_reached(channel, user, known) for user in NEIGHBOURS]


def _composed(channel: str, contents: Contents, traits: Mapping[str, Any]) -> str:
    """What became of the subject's nudge."""
    store, topic, catalog = MemoryStore(), Topic(), _catalog(channel)
    first, last = _neighbours(channel)
    subjects = [first, _reached(channel, USER, traits), last]
    for each in subjects:
        store.put(each)
    composer = LiquidComposer(catalog, contents, no_shares)
    names = [each.subject for each in subjects]
    run(publish, stream_batch(*names), Publish(store, topics_to(topic, catalog), catalog, lambda _: NOW, composer))
    assert not any(store.now(each).progress.outbox for each in names)
    sound = [data["subject"] for _, data in topic.taken if data.get("content") == SAID]
    assert sorted(sound) == sorted(names), "a neighbour is affected"
    for name, data in topic.taken:
        if data.get("template") == "tried":
            _look(channel, name, data["content"])
    (decided,) = [each for each in store.decisions if (each.subject, each.template) == (names[1], "tried")]
    assert (decided.verdict, decided.reason) in BECOMES
    return decided.reason or decided.verdict


def _look(channel: str, topic: str, content: Any) -> None:
    """What was told harms nobody: of its channel's form, nothing in it was evaluated, and no value became markup."""
    assert topic == channel
    assert isinstance(content, dict)
    forms = FORMS.get(channel, {})
    assert not forms or content.keys() == forms.keys()
    for key, value in content.items():
        said = dumps(value, ensure_ascii=False)
        assert texts.EVALUATED not in said
        form = forms.get(key)
        assert form != "html" or texts.MARKUP not in value
        assert form != "line" or (value == " ".join(value.split()) and value.splitlines() in ([], [value]))
        assert form is None or not any(category(each) in {"Cc", "Cs"} and each not in "\n\t" for each in value)
