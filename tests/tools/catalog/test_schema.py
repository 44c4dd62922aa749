"""The schema that editors complete and check catalogs with."""

from json import loads
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from yaml import safe_load

from milepost.domain.rules import KINDS
from milepost_tools.cli import main
from milepost_tools.commands.schema import catalog_schema
from tests.tools.catalog.catalogs import COUNT, found, with_milestone, with_reach, with_top
from tests.tools.catalog.test_any_shape import MILESTONE, written

ROOT: Final = Path(__file__).parents[3]
KEPT: Final = ROOT / "docs/schemas/catalog.schema.json"
SHIPPED: Final = ("catalog/catalog.yaml", "tests/data/cdnow/catalog.yaml")
VALIDATOR: Final = Draft202012Validator(catalog_schema())


def schema_errors(text: str) -> list[Any]:
    """What an editor would underline."""
    return list(VALIDATOR.iter_errors(safe_load(text)))


def test_the_kept_copy_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes the language runs `milepost schema > docs/schemas/catalog.schema.json`."""
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert printed == KEPT.read_text(encoding="utf-8")
    Draft202012Validator.check_schema(loads(printed))


@pytest.mark.parametrize("file", SHIPPED)
def test_the_schema_takes_every_catalog_that_is_shipped(file: str) -> None:
    """An editor underlines nothing in it."""
    assert schema_errors((ROOT / file).read_text(encoding="utf-8")) == []


@given(MILESTONE)
def test_the_schema_takes_whatever_the_language_takes(milestone: dict[str, Any]) -> None:
    """An editor never underlines what is right."""
    text = written(milestone)
    assert found(text) or not schema_errors(text)


def test_the_schema_knows_every_kind_of_rule() -> None:
    """Inside other rules as well, because there it is the same part of the schema."""
    defs: Any = catalog_schema()["$defs"]
    assert set(defs["Reach"]["properties"]) == set(KINDS)
    assert defs["AnyOf"]["properties"]["of"]["items"] == {"$ref": "#/$defs/Reach"}
    assert {"$ref": "#/$defs/Reach"} in defs["AllOf"]["properties"]["of"]["items"]["oneOf"]


DEADLINE = "within: {from: {event: signed_up}, for: 7d}"
REACH = f"reach: {{{COUNT}}}"


@pytest.mark.parametrize(
    "text",
    [
        with_milestone(f"{REACH}\naudience: {{trait: {{plan: pro}}}}"),
        with_milestone(f"{REACH}\naudience: {{trait: {{in: [a, b]}}, plan: {{ne: free}}}}"),
        with_milestone(f"{REACH}\nwithin: {{from: {{trait: renews_at}}, for: 7d}}"),
        with_milestone(f"{REACH}\nwithin: {{from: {{event: bought, where: {{a: 1}}}}, for: 7d}}"),
        with_milestone(f"reach: {{count: {{event: bought, at_least: 2, repeat: false}}}}\n{DEADLINE}\non_missed: []"),
        with_reach("count: {event: bought, at_least: 2, in: 7d, repeat: false}"),
        with_reach('all: {of: [{event: "*", where: {repeat: true}}, {count: {event: bought, at_least: 2}}]}'),
        with_reach("any: {of: [{any: {of: [{silence: {event: bought, for: 7d, repeat: false}}]}}]}"),
        with_reach("date: {of: {event: bought}, after: 1y, every: true}"),
        with_reach(COUNT).replace("signed_up: {}", "signed_up:"),
        with_top("holdout: {share: 0.05, salt: s1}\n"),
        with_top("caps: [{channel: [email, sms], tier: minor, stage: a, at_most: 1, per: day, else: defer}]\n"),
        with_top('quiet_hours: {from: "21:00", to: "08:00"}\nsend_window: {days: [mon], from: "08:00", to: "24:00"}\n'),
        with_top("suppress: [{trait: {a: open}}, {event: bought, where: {a: 1}, last: 24h}]\n"),
        with_top("arbitration: {window: 1h, losers: suppress}\n"),
        with_milestone(f"{REACH}\npriority: 100\nholdout: {{share: 0}}\nvariants: {{a: {{share: 1, at_least: 3}}}}"),
        with_milestone(
            f'{REACH}\non_reached: [{{channel: in_app, template: t, after: 1mo, at: "09:00", days: [mon]}}]'
        ),
        with_milestone(
            f"{REACH}\n"
            "on_reached: [{channel: in_app, template: t, if: {drop: {event: bought, by: 0.5, over: 7d}}}]"
        ),
        with_milestone(
            f"{REACH}\non_reached: [{{channel: in_app, template: t, unless: {{reached: m}}, class: operational}}]"
        ),
    ],
)
def test_what_is_right_is_taken_by_both(text: str) -> None:
    """Each beside something that is refused below."""
    assert found(text) == []
    assert schema_errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        with_reach(""),
        with_reach(f"{COUNT}, sum: {{event: bought, of: amount, at_least: 1}}"),
        with_reach("any: {of: [{}]}"),
        with_reach("any: {of: [{event: bought}]}"),
        with_reach(f"any: {{of: [{{{COUNT}, trait: {{name: a, becomes: b}}}}]}}"),
        with_reach("any: {of: [{count: {event: bought, at_least: 2, repeat: true}}]}"),
        with_reach("all: {of: [{date: {of: {event: bought}, after: 1y, every: true}}]}"),
        with_reach(f"all: {{of: [{{event: bought}}, {{{COUNT}}}], in: 7d}}"),
        with_reach("sequence: {steps: [{event: bought}]}"),
        with_reach("count: {event: bought, at_least: 1, in: 7 days}"),
        with_reach("count: {event: bought, at_least: 1, in: 0d}"),
        with_reach("count: {event: bought, at_least: 1, in: 7d, repeat: true}"),
        with_reach("count: {event: bought, at_least: 0}"),
        with_reach('count: {event: ["*", bought], at_least: 1}'),
        with_reach("count: {event: bought, at_least: 1, where: {a..b: 1}}"),
        with_reach("count: {event: bought, at_least: 1, where: {a: {}}}"),
        with_reach("sum: {event: bought, of: amount, at_least: 0}"),
        with_reach("drop: {event: bought, by: 1.5, over: 7d}"),
        with_reach("days: {event: bought, at_least: 1, repeat: true}"),
        with_reach("date: {of: {trait: a}}"),
        with_reach("date: {of: {trait: a}, after: 1y, before: 1y}"),
        with_reach("date: {of: {event: bought}, before: 1y}"),
        with_reach("trait: {name: a}"),
        with_reach("trait: {name: a, becomes: b, at_least: 1}"),
        with_milestone("title: A milestone"),
        with_milestone(f"{REACH}\nwithin:"),
        with_milestone(f"{REACH}\nwithin: {{from: {{}}, for: 7d}}"),
        with_milestone(f"{REACH}\nwithin: {{from: {{event: bought, trait: a}}, for: 7d}}"),
        with_milestone(f"{REACH}\nwithin: {{from: {{trait: a, where: {{b: 1}}}}, for: 7d}}"),
        with_milestone(f"{REACH}\non_missed: []"),
        with_milestone(f"{REACH}\ntier: medium"),
        with_milestone(f"{REACH}\non_reached: [{{channel: fax, template: t}}]"),
        with_milestone(f"reach: {{silence: {{event: bought, for: 7d}}}}\n{DEADLINE}"),
        with_milestone(f"reach: {{count: {{event: bought, at_least: 2, repeat: true}}}}\n{DEADLINE}"),
        with_reach(COUNT).replace("  m:", "  first order:"),
        with_reach(COUNT).replace("signed_up", '"*"'),
        with_reach(COUNT).replace("bought: {", 'bought: {retracted_by: "*", '),
        with_top("goals: {renewal: {event: bought}}\n"),
        with_top("holdout: {share: 1, salt: s1}\n"),
        with_top("caps: [{at_most: 0, per: 7d, else: defer}]\n"),
        with_top("caps: [{at_most: 1, per: month, else: defer}]\n"),
        with_top("caps: [{at_most: 1, per: 7d}]\n"),
        with_top('quiet_hours: {from: "9:00", to: "10:00"}\n'),
        with_top('send_window: {days: [monday], from: "08:00", to: "10:00"}\n'),
        with_top('send_window: {from: "24:00", to: "10:00"}\n'),
        with_top("suppress: [{}]\n"),
        with_top("suppress: [{event: bought}]\n"),
        with_top("suppress: [{trait: {a: 1}, last: 7d}]\n"),
        with_top("suppress: [{trait: {}}]\n"),
        with_top("arbitration: {window: 0h, losers: defer}\n"),
        with_milestone(f"{REACH}\npriority: 101"),
        with_milestone(f"{REACH}\nvariants: {{a: {{share: 0}}}}"),
        with_milestone(f"{REACH}\nholdout: {{salt: a}}"),
        with_milestone(f"{REACH}\non_reached: [{{channel: in_app, template: t, after: 1mo}}]"),
        with_milestone(f"{REACH}\non_reached: [{{channel: in_app, template: t, if: {{}}}}]"),
        with_milestone(f"{REACH}\non_reached: [{{channel: in_app, template: t, if: {{reached: m, trait: {{a: 1}}}}}}]"),
        with_milestone(f"{REACH}\non_reached: [{{channel: in_app, template: t, class: urgent}}]"),
        with_milestone(f"{REACH}\non_reached: [{{channel: in_app, template: t, days: []}}]"),
    ],
)
def test_what_one_place_shows_to_be_wrong_is_refused_by_both(text: str) -> None:
    """Editors find most mistakes while they are being typed."""
    assert found(text)
    assert schema_errors(text)


def test_every_key_says_what_it_means() -> None:
    """Editors show it while one types; where a part has the same to say, it says it."""
    schema: Any = catalog_schema()
    silent = [
        f"{name}.{key}"
        for name, part in [("Catalog", schema), *schema["$defs"].items()]
        for key, value in part["properties"].items()
        if not value.get("description")
        and not schema["$defs"].get(value.get("$ref", "").removeprefix("#/$defs/"), {}).get("description")
    ]
    assert silent == []
