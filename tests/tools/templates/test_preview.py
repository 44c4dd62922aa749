"""`milepost preview`: what somebody would get, before anybody gets it."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from milepost.domain.instant import parse_instant
from milepost.domain.progress import Progress, Standing, Trait
from milepost_tools import cli
from milepost_tools.cli import main
from milepost_tools.commands import preview
from milepost_tools.explain.known import Known
from tests.tools.templates.folders import catalog, milestone, written

AT = parse_instant("2026-03-01T12:00:00Z")
EMAIL = """\
email:
  subject: "Hi {{ traits.first_name | default: 'you' }}"
  body: |
    <p>{{ traits.first_name | default: 'you' }}</p>
    <p>{{ n }}</p>
sms: {text: "{{ traits.city }} {{ progress.left | default: 'no' }} to go"}
"""
TEXT = catalog(milestone(channel="[email, sms]"), milestone("later", "in_app", "u", 2))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalog with two templates."""
    return written(tmp_path, TEXT, t=EMAIL, u='in_app: {headline: "{{ milestone.title }}", tags: [1, 2]}')


def run(file: Path, *more: str) -> int:
    """Preview the first milestone."""
    return main(["preview", "m", "--catalog", str(file), *more])


def test_a_sample_is_made_up_from_what_the_templates_use(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every channel of every step, in the terminal; a text message with its segments."""
    assert run(file) == 0
    assert capsys.readouterr().out.splitlines() == [
        "m reached, step 0, by email: t",
        "    subject: Hi Ada",
        "    body: <p>Ada</p>",
        "        <p>1</p>",
        "m reached, step 0, by sms: t",
        "    text: city 2 to go",
        "    (1 segment: 12 characters of GSM-7)",
    ]


def test_it_shows_what_is_asked_for(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One channel, one step, one path; and what there is not is told."""
    assert run(file, "--channel", "sms", "--path", "reached", "--step", "0", "--sample") == 0
    assert "email" not in capsys.readouterr().out
    assert run(file, "--channel", "push") == 2
    assert main(["preview", "latr", "--catalog", str(file)]) == 2
    assert "Did you mean `later`?" in capsys.readouterr().err


class Page(HTMLParser):
    """Every tag of a page with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """A tag opens."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


def test_the_page_needs_nothing_else_and_runs_nothing(file: Path, tmp_path: Path) -> None:
    """The e-mail is in a sandbox; nothing is loaded from anywhere, and no script is in it."""
    assert run(file, "--html", str(tmp_path / "page.html")) == 0
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    [frame] = [attributes for tag, attributes in page.tags if tag == "iframe"]
    assert frame == {"sandbox": None, "srcdoc": "<p>Ada</p>\n<p>1</p>\n"}
    assert not [
        tag for tag, attributes in page.tags if tag in {"script", "link", "img"} or {"src", "href"} & attributes.keys()
    ]
    assert "city 2 to go" in page.text
    assert "Hi Ada" in page.text


def test_what_a_template_says_cannot_leave_its_place_on_the_page(tmp_path: Path) -> None:
    """Neither a text nor the body of an e-mail, whatever it holds."""
    hostile = '</p></section><script>alert(1)</script>\\" onload=\\"x'
    template = f'email: {{subject: "{hostile}", body: "{hostile}"}}\nsms: {{text: "{hostile}"}}'
    file = written(tmp_path, TEXT, t=template, u=f'in_app: {{"{hostile}": "{hostile}"}}')
    for name in ("m", "later"):
        assert main(["preview", name, "--catalog", str(file), "--html", str(tmp_path / "page.html")]) == 0
        page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
        assert "script" not in [tag for tag, _ in page.tags]
        assert not [attributes for _, attributes in page.tags if "onload" in attributes]
        assert "<script>alert(1)</script>" in page.text


def known(file: Path, monkeypatch: pytest.MonkeyPatch, **traits: object) -> None:
    """A stack that knows somebody with these traits, who has come that far for the third time."""
    values = {name: Trait(value, AT) for name, value in traits.items()}
    progress = Progress("user:u_42", 1, values, {"m": Standing(3, AT)})
    monkeypatch.setattr(preview, "find_stack", lambda _: None)
    monkeypatch.setattr(preview, "look_up", lambda *_: Known(progress, "the stack", AT, []))


def test_somebody_whom_the_stack_knows_is_shown_as_they_are(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With their own traits and their own occurrence, and nothing made up."""
    known(file, monkeypatch, city="Graz")
    assert run(file, "--subject", "u_42") == 0
    told = capsys.readouterr().out.splitlines()
    assert "    subject: Hi you" in told
    assert "        <p>3</p>" in told
    assert "    text: Graz 2 to go" in told


def test_a_nudge_that_would_be_suppressed_is_shown_as_such(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason in words, for whoever writes the template; the others are shown, and the exit status says it."""
    known(file, monkeypatch)
    assert run(file, "--subject", "u_42", "--html", str(tmp_path / "page.html")) == 1
    told = capsys.readouterr().out
    assert "(suppressed, for it fails: traits.city is undefined)" in told
    assert "subject: Hi you" in told
    assert "traits.city is undefined" in Page((tmp_path / "page.html").read_text(encoding="utf-8")).text


def test_findings_come_before_any_preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the catalog as of the templates; without templates there is nothing to show."""
    file = written(tmp_path, TEXT, t="sms: {text: '{{'}")
    assert run(file) == 1
    assert "is not Liquid" in capsys.readouterr().out
    file.write_text(TEXT.replace("version: 1", "version: x"), encoding="utf-8")
    assert run(file) == 1
    assert "catalog.yaml:2: version" in capsys.readouterr().out
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "catalog.yaml").write_text(TEXT, encoding="utf-8")
    assert run(tmp_path / "none" / "catalog.yaml") == 2


def test_a_page_that_cannot_be_written_is_a_problem(file: Path, tmp_path: Path) -> None:
    """Not a traceback."""
    assert run(file, "--html", str(tmp_path)) == 2


def test_the_real_command_line_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one of the commands that `milepost` starts."""
    monkeypatch.undo()
    assert "preview" in cli.COMMANDS
