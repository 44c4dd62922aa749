"""`milepost validate` on templates: file, line, what is wrong and what to do, all at once."""

from json import loads
from pathlib import Path

import pytest

from milepost_tools.cli import main
from milepost_tools.local.bundle import _catalog_files
from tests.tools.templates.folders import catalog, milestone, written

ONE = catalog(milestone(), milestone("later", "in_app", "u", 2))
IN_APP = "in_app: {a: b}"


def said(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit status and the lines, without the folder."""
    status = main(["validate", str(file)])
    return status, [line.replace(f"{file.parent}/", "") for line in capsys.readouterr().out.splitlines()]


def found(folder: Path, capsys: pytest.CaptureFixture[str], template: str, text: str = ONE) -> list[str]:
    """Findings on the template of the first milestone."""
    status, lines = said(written(folder, text, t=template, u=IN_APP), capsys)
    assert status == 1
    return lines


def advice(folder: Path, capsys: pytest.CaptureFixture[str], template: str, text: str = ONE) -> list[str]:
    """Advice on the template of the first milestone, which is in order."""
    status, lines = said(written(folder, text, t=template, u=IN_APP), capsys)
    assert (status, lines[0]) == (0, "catalog.yaml: ok, shop version 1: 2 milestones, 1 event, 2 templates")
    return [line for line in lines[1:] if line.startswith("templates")]


def test_good_templates_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is said of them."""
    assert advice(tmp_path, capsys, "sms: {text: \"Hi {{ traits.name | default: 'you' }}\"}") == []


def test_without_the_folder_templates_are_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As before: the channel looks them up."""
    file = tmp_path / "catalog.yaml"
    file.write_text(ONE, encoding="utf-8")
    assert said(file, capsys)[0] == 0


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ('sms: {text: "{{ traits.name"}', "1: sms.text: is not Liquid: expected '}}', found end of file."),
        ("sms:\n  text: |\n    a\n    {% fi x %}", "4: sms.text: is not Liquid: unexpected tag 'fi'."),
        ("sms: {text: \"{% include 'u' %}\"}", "1: sms.text: is not Liquid: unexpected tag 'include'."),
        ('sms: {text: "{{ n | upcas }}"}', "1: sms.text: `upcas` is not a filter. Did you mean `upcase`?"),
        ('sms: {text: "{{ n | safe }}"}', "1: sms.text: `safe` is not a filter."),
        (
            "sms:\n  text: |\n    a\n    b {{ progres.left }}",
            "4: sms.text: `progres` is not a variable. Did you mean `progress`?",
        ),
        ('sms: {text: "{{ progress.lef }}"}', "1: sms.text: `progress.lef` is not a variable. Did you mean `left`?"),
        ('sms: {text: "{{ reward.code }}"}', "1: sms.text: `reward.code` is not a variable. Leave it out."),
        ('sms: {text: "{{ totals.spent }}"}', "1: sms.text: `totals.spent` is not a variable."),
        ('sms: {text: "{{ traits }}"}', "1: sms.text: `traits` is not a value."),
        ('sms: {text: "{{ first_name }}"}', "1: sms.text: `first_name` is not a variable."),
        ("sms: {txt: a}", "1: sms.txt: `txt` is not a key of sms. Did you mean `text`?"),
        ("sms: {txt: a}", "1: sms: `text` is missing. Add it."),
        ("sms: {text: 3}", "1: sms.text: must be a text. Put it in quotes."),
        ("sms: hello", "1: sms: must be an object. Its keys are text."),
        ("sms: {text: a}\nemail: {subject: a}", "2: email: `body` is missing. Add it."),
        ("sms: {text: a}\nsns: {text: a}", "2: sns: `sns` is not a channel. Did you mean `sms`?"),
        ("- a", "1: must be an object of channels."),
        ("", "1: the file is empty."),
        ("sms: {text: a", "is not YAML:"),
        ("sms: {text: a, text: b}", "1: sms.text: stands here twice"),
        ("sms: {text: !!python/name:os.system a}", "1: sms.text: has a tag"),
        (f'sms: {{text: "{"a" * 200_000}"}}', "1: the file has 200015 bytes, and 200000 fit."),
        ('sms: {text: "{{ n | divided_by: 0 }}"}', "1: sms: fails for `m`: divided_by: can't divide by 0."),
        ('sms: {text: "{{ reward }}"}', "1: sms: fails for `m`: 'reward' is undefined."),
        ('sms: {text: "{% for i in (1..1024) %}{% endfor %}"}', "1: sms: fails for `m`: loop iteration limit reached."),
        (f"sms: {{text: {'a' * 460}}}", "1: sms: takes 4 segments for `m`, and 3 are read. It has 460 characters"),
    ],
)
def test_a_mistake_is_found_with_its_line_and_remedy(
    template: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the file that it is in."""
    lines = [each for each in found(tmp_path, capsys, template) if each.startswith("templates/t.yaml:")]
    assert any(each.removeprefix("templates/t.yaml:").startswith(line) or line in each for each in lines), lines


def test_a_step_without_its_template_or_channel_is_found_in_the_catalog(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each channel that a step may fall back on needs one."""
    text = catalog(milestone(channel="[push, sms]"), milestone("later", "email", "utter"))
    assert found(tmp_path, capsys, "sms: {text: a}", text) == [
        (
            "catalog.yaml:8: milestones.m.on_reached[0].template: the template `t` has nothing for push. "
            "Add `push:` to templates/t.yaml."
        ),
        (
            "catalog.yaml:11: milestones.later.on_reached[0].template: there is no template `utter`. "
            "Write templates/utter.yaml."
        ),
    ]


def test_what_a_variant_sends_in_its_place_is_checked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the variant says so; and what no variant sends any more is not needed."""
    variants = "    variants: {a: {share: 1, templates: {t: v}}, b: {share: 1, templates: {t: u}}}\n"
    lines = found(tmp_path, capsys, "email: {subject: a, body: b}", catalog(milestone() + variants))
    assert [line.split(": ")[:2] for line in lines] == [
        ["catalog.yaml:9", "milestones.m.variants.a.templates.t"],
        ["catalog.yaml:9", "milestones.m.variants.b.templates.t"],
    ]


def test_a_template_that_no_step_sends_is_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing breaks by it."""
    file = written(tmp_path, ONE, t="sms: {text: a}", u=IN_APP, old="sms: {text: b}")
    status, lines = said(file, capsys)
    assert status == 0
    assert [line for line in lines if line.startswith("templates/old.yaml:1: advice: no step sends it")]


@pytest.mark.parametrize(
    ("source", "whom"),
    [
        ("{{ traits.name }}", ["whoever has no trait `name`"]),
        ("{{ traits.name | upcase | default: 'you' }}", ["whoever has no trait `name`"]),
        (
            "{{ traits.a }}{{ traits.b | default: 1 }}{{ progress.left }}",
            ["those of whom there is no `progress`", "whoever has no trait `a`"],
        ),
        ("{% if traits.name %}{{ traits.name }}{% endif %}", []),
        ("{% if members %}{{ members.ahead_of }}{% endif %}", []),
        ("{{ members.ahead_of }}", ["those of whom there is no `members`"]),
        ("{{ traits.renews_at | date: '%d' }}", ["whoever has no trait `renews_at`"]),
        ("{{ traits.born | date: '%d' }} {{ traits.born }}", ["whoever has no trait `born`"]),
    ],
)  # fmt: skip
def test_whom_a_text_would_fail_is_advice(
    source: str, whom: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found by rendering it for somebody who lacks the one thing: `if` and `default` are taken as they work."""
    lines = advice(tmp_path, capsys, f'sms: {{text: "{source}"}}')
    assert [line.split("it fails for ")[1].split(" (")[0] for line in lines] == whom


def test_a_character_that_doubles_the_price_of_a_text_message_is_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only where it does: a short text stays one segment."""
    [line] = advice(tmp_path, capsys, f'sms: {{text: "it\u2019s {"a" * 80}"}}')
    assert "`\u2019` is outside of the alphabet of text messages" in line
    (tmp_path / "short").mkdir()
    assert advice(tmp_path / "short", capsys, 'sms: {text: "it\u2019s"}') == []


def test_the_longest_that_anybody_gets_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also who has no name and gets the longer default."""
    source = "{% if traits.name %}short{% else %}" + "a" * 460 + "{% endif %}"
    assert "takes 4 segments" in found(tmp_path, capsys, f'sms: {{text: "{source}"}}')[0]


def test_build_writes_templates_beside_the_catalog_and_takes_away_old_ones(tmp_path: Path) -> None:
    """Only publish reads them, so they are a file of their own."""
    file = written(tmp_path, ONE, t="sms: {text: a}", u="in_app: {a: 1.5, b: [true, null, 2]}")
    arguments = ["build", str(file), "--output", str(tmp_path / "layer")]
    package = tmp_path / "layer/python/milepost_catalog"
    assert main(arguments) == 0
    built = loads((package / "templates.json").read_text(encoding="utf-8"))
    assert built == {"t": {"sms": {"text": "a"}}, "u": {"in_app": {"a": 1.5, "b": [True, None, 2]}}}
    (tmp_path / "templates").rename(tmp_path / "away")
    assert main(arguments) == 0
    assert sorted(each.name for each in package.iterdir()) == ["__init__.py", "catalog.json"]


def test_build_writes_nothing_for_a_template_with_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the file of the template, not that of the catalog."""
    file = written(tmp_path, ONE, t="sms: {text: '{{'}", u=IN_APP)
    assert main(["build", str(file), "--output", str(tmp_path / "layer")]) == 1
    assert f"{tmp_path}/templates/t.yaml:1: sms.text: " in capsys.readouterr().out
    assert not (tmp_path / "layer").exists()


def test_the_local_stack_gets_the_templates_too(tmp_path: Path) -> None:
    """As the deployed one does."""
    file = written(tmp_path, ONE, t="sms: {text: a}", u=IN_APP)
    files = _catalog_files(file)
    assert loads(files["python/milepost_catalog/templates.json"]) == {
        "t": {"sms": {"text": "a"}},
        "u": {"in_app": {"a": "b"}},
    }
