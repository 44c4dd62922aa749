"""`milepost explain`, as a person calls it."""

import json
from collections.abc import Callable
from os import mkfifo
from pathlib import Path
from threading import Thread

import pytest

from milepost_tools.cli import main
from tests.tools.explain.people import HEAD, alias, identify, track

GOLDEN_FILE = Path(__file__).parents[2] / "adapters" / "golden" / "aggregate.json"
MILESTONES = """
  first-order:
    title: First order
    reach: {count: {event: ordered, at_least: 1}}
    within: {from: {event: signed_up}, for: 7d}
    on_missed: [{channel: email, template: need-a-hand}]
  big-spender:
    audience: {plan: pro}
    reach: {sum: {event: ordered, of: amount, at_least: 100}}
  team-of-two:
    subject: account
    reach: {distinct: {event: ordered, of: user, at_least: 2}}
"""
Explain = Callable[..., int]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A catalog in a file."""
    file = tmp_path / "catalog.yaml"
    file.write_text(HEAD.rstrip() + MILESTONES, encoding="utf-8")
    return file


@pytest.fixture
def explain(tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Explain:
    """Explain a subject of a log, in the folder where both lie."""
    monkeypatch.chdir(tmp_path)
    lines = [
        track("signed_up", "03-01"),
        identify("03-01T12:01", plan="free", name="Zoë \x1b[2J"),
        track("ordered", "03-02T09:00", user="u_2", amount=5),
        track("ordered", "03-09", amount=120.5),
        *(track("visited", f"03-10T{hour:02}:{minute:02}") for hour in range(6) for minute in range(0, 60, 6)),
    ]
    (tmp_path / "log.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(*arguments: str) -> int:
        return main(["explain", *arguments, "--log", "log.ndjson", "--catalog", str(shop)])

    return run


EXPECTED = """\
user:u_1 in log.ndjson, as of 2026-03-10 06:54:00 (2026-03-10T05:54:00Z)
  catalog     shop version 3
  zone        Europe/Berlin, from the catalog
  traits      name is "Zoë \\u001b[2J" since 2026-03-01 13:01:00 (2026-03-01T12:01:00Z)
              plan is "free" since 2026-03-01 13:01:00 (2026-03-01T12:01:00Z)
  accounts    none
  events      63 remembered; of the tracking plan, ever: ordered 1, signed_up 1, visited 60

first-order: First order
  state       missed at 2026-03-08 13:00:00 (2026-03-08T12:00:00Z): 0 of 1 events in the 1w before it; recovered at
              2026-03-09 13:00:00 (2026-03-09T12:00:00Z)
  deadline    ran 1w from 2026-03-01 13:00:00 (2026-03-01T12:00:00Z) until 2026-03-08 13:00:00 (2026-03-08T12:00:00Z);
              with 1h of grace 2026-03-08 14:00:00 (2026-03-08T13:00:00Z)
  looks at    ordered; its deadline begins with the first signed_up
  nudge       missed #1, step 0: email with `need-a-hand`: suppressed (no_consent), decided at 2026-03-08 14:00:00
              (2026-03-08T13:00:00Z): email needs trait email_opt_in to be true, and it is unknown

big-spender: Big spender
  state       met at 2026-03-09 13:00:00 (2026-03-09T12:00:00Z), and held: it counts once the subject takes part
  looks at    ordered
  takes part  no: plan is "pro", and it is "free"

What happened (64 events, refused ones and the clock's included; the last 50, --all shows all)
"""


def test_the_page_is_for_people(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    """Milestones of the subject's kind, in the order of the catalog; then the last events, and all if asked for."""
    assert explain("u_1") == 0
    page = capsys.readouterr().out
    assert page.startswith(EXPECTED)
    assert max(map(len, page.splitlines())) <= 120
    assert page.count("visited, log.ndjson:") == 50
    assert explain("user:u_1", "--all") == 0
    page = capsys.readouterr().out
    assert page.count("visited, log.ndjson:") == 60
    assert "  2026-03-01 13:00:00 (2026-03-01T12:00:00Z), signed_up, log.ndjson:1\n      started the" in page
    assert "  2026-03-08 13:00:00 (2026-03-08T12:00:00Z), 1h later, the clock\n      missed first-order" in page


def test_nothing_on_the_page_commands_a_terminal(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a trait says."""
    assert explain("u_1", "--all") == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_one_milestone_is_enough_to_ask_for(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are not spoken of."""
    assert explain("u_1", "big-spender") == 0
    page = capsys.readouterr().out
    assert "big-spender: Big spender" in page
    assert "first-order" not in page
    assert "visited, log" not in page


def test_json_says_the_same_to_programs(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    """One object, every event included, numbers and booleans as such."""
    assert explain("u_1", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    first, big = shown["milestones"]
    assert (first["state"], first["clock"]["runs"], first["events"]) == ("recovered", False, ["ordered"])
    assert (big["state"], big["takes_part"], big["failing"]) == ("held", False, ['plan is "pro", and it is "free"'])
    assert (len(shown["events"]), shown["person"]["judged_by"]) == (64, 3)
    assert shown["events"][-1]["at"] == {"local": "2026-03-10 06:54:00", "utc": "2026-03-10T05:54:00Z"}


def test_who_has_become_another_is_explained_from_a_pipe_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which can be read only once, although what comes late in it says whom it is about from the first."""
    lines = [track("signed_up", "03-01", user="device"), track("ordered", "03-02"), alias("03-03", "device")]
    pipe = shop.with_name("pipe")
    mkfifo(pipe)
    Thread(target=pipe.write_text, args=("\n".join(lines),), daemon=True).start()
    assert main(["explain", "device", "--log", str(pipe), "--catalog", str(shop)]) == 0
    page = capsys.readouterr().out
    assert page.startswith("user:device is user:u_1 since 2026-03-03 13:00:00 (2026-03-03T12:00:00Z)\nuser:u_1 in")
    assert "signed_up of user:device," in page
    assert "user:device became this user; reached first-order" in page


def test_as_of_is_where_the_clock_ends(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said at the top."""
    assert explain("u_2", "--as-of", "2026-04-01T00:00:00Z") == 0
    assert "as of 2026-04-01 02:00:00 (2026-04-01T00:00:00Z)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["u_3"], "Nobody called user:u_3 is known in log.ndjson."),
        (["user:"], "'user:' names nobody."),
        (["u_1", "first-oder"], "Did you mean `first-order`?"),
        (["u_1", "team-of-two"], "is a milestone of accounts"),
        (["u_1", "--as-of", "yesterday"], "--as-of is not"),
        (["u_1", "--stack", "x"], "--log and --stack contradict"),
        (["u_1", "--raw"], "--log and --raw contradict"),
        (["u_1", "--item", "x"], "--item is for --raw"),
        ([], "whom to explain"),
    ],
)
def test_what_cannot_be_explained_is_a_problem_with_a_remedy(
    explain: Explain, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    """Status 2, one sentence and what to do, nothing on standard output."""
    assert explain(*arguments) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["u_1", "--as-of", "2026-01-01T00:00:00Z"], "--as-of is for --log"),
        (["--raw", "--item", "x", "--stack", "y"], "--item and --stack contradict"),
        (["u_1", "first-order", "--raw"], "--raw shows whole items"),
        (["--raw", "--item", "no-such-file"], "no-such-file cannot be read"),
    ],
)
def test_options_that_contradict_each_other_are_a_problem(
    shop: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    """Before anything is looked at."""
    assert main(["explain", *arguments, "--catalog", str(shop)]) == 2
    assert says in capsys.readouterr().err


def test_a_raw_item_needs_no_stack_and_no_subject(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that was exported from a console; a milestone that this catalog does not have shows its hash."""
    assert main(["explain", "--raw", "--item", str(GOLDEN_FILE), "--catalog", str(shop)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["t"]["value"]["plan"]["value"] == "pro"
    assert all(name.startswith("#") for name in shown["m"]["value"])


def test_the_same_question_has_the_same_answer(explain: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    """Byte for byte."""
    pages = []
    for _ in range(2):
        assert explain("u_1", "--all") == 0
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
