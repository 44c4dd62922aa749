import pytest

from milepost.domain.rules import KINDS
from milepost_tools.catalog.rules import Reach
from tests.tools.catalog.catalogs import COUNT, HEAD, found, with_milestone, with_reach, with_top

TOP = {"goals", "cohorts"}
DEADLINE = "within: {from: {event: signed_up}, for: 7d}"


def starting(start: str) -> str:
    """A catalog whose only milestone has a deadline that starts there."""
    return with_milestone(f"reach: {{{COUNT}}}\nwithin: {{from: {start}, for: 7d}}")


def only(text: str) -> str:
    """The only finding of a catalog, without its file."""
    (finding,) = found(text)
    return finding.removeprefix("c.yaml:")


def test_the_rule_kinds_are_those_that_the_core_knows() -> None:
    """What can be written can be computed, and the other way round."""
    assert set(Reach.keys()) == set(KINDS)


@pytest.mark.parametrize("key", sorted(TOP))
def test_a_key_of_a_later_release_is_refused_and_never_ignored(key: str) -> None:
    """A promise that is silently not kept would be worse than none."""
    finding = only(with_top(f"{key}: {{a: b}}\n"))
    assert f" {key}: `{key}` is known to Milepost but not supported by this release. Leave it out." in finding


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (with_top("timezon: UTC\n"), "10: timezon: `timezon` is not a key of a catalog. Did you mean `timezone`?"),
        (with_reach("cuont: {}"), "9: milestones.m.reach.cuont: `cuont` is not a key of `reach`: it holds one rule. "),
        (
            with_reach("count: {event: bough, at_least: 1}"),
            "one of the `events` of this catalog. Did you mean `bought`?",
        ),
        (with_reach("count: {event: zzz, at_least: 1}"), "Add `zzz: {}` to `events`."),
        (with_reach("count: {event: [bought, zzz], at_least: 1}"), "count.event[1]: `zzz` is not one of"),
        (with_reach('count: {event: ["*", bought], at_least: 1}'), "`*` means any event, and stands alone"),
        (with_reach("count: {event: [], at_least: 1}"), "count.event: holds no entry"),
        (with_reach("count: {event: bought}"), "9: milestones.m.reach.count: `at_least` is missing. Add it."),
        (with_reach("count: {event: bought, at_least: 0}"), "must be at least 1, and is 0"),
        (with_reach("count: {event: bought, at_least: 100001}"), "must be at most 100000, and is 100001"),
        (with_reach("count: {event: bought, at_least: 1.5}"), "must be a whole number, and is the number 1.5"),
        (with_reach('count: {event: bought, at_least: "2"}'), "must be a whole number, and is the text `2`"),
        (
            with_milestone(f'reach: {{{COUNT}}}\nstage: "a\\x07"'),
            "`a?` holds a control character, which no message can",
        ),
        (
            with_milestone(f'reach: {{{COUNT}}}\nstage: "\\uFFFE"'),
            "holds a control character, which no message can carry",
        ),
        (with_reach("count: {event: bought, at_least: 2, in: 401d}"), "must be at most 400d, and is 401d"),
        (with_reach("count: {event: bought, at_least: 2, in: 0s}"), "must be longer than nothing"),
        (with_reach("count: {event: bought, at_least: 2, in: 7 days}"), "is not a duration such as 90s"),
        (with_reach("count: {event: bought, at_least: 2, in: 7d, repeat: true}"), "repeat: does not go together with"),
        (with_reach("sum: {event: bought, of: amount, at_least: 0}"), "must be more than 0, and is 0"),
        (with_reach("sum: {event: bought, of: a..b, at_least: 1}"), "sum.of: is not a property path"),
        (with_reach("sum: {event: bought, at_least: 1}"), "`of` is missing"),
        (with_reach(""), "reach: holds no rule. Write one of count, sum, days,"),
        (with_reach(f"{COUNT}, sum: {{event: bought, of: amount, at_least: 1}}"), "reach: holds several rules"),
        (with_reach("count: {event: bought, at_least: 1, where: {a: [1]}}"), "a: is a list. Write `{in: [...]}`"),
        (with_reach("count: {event: bought, at_least: 1, where: {a: {in: [[1]]}}}"), "a.in[0]: must be a single value"),
        (
            with_reach("count: {event: bought, at_least: 1, where: {a: {ne: [1]}}}"),
            "a.ne: must be a number, text, true",
        ),
        (with_reach("count: {event: bought, at_least: 1, where: {a: {}}}"), "a: compares with nothing"),
        (with_reach("count: {event: bought, at_least: 1, where: {a: {gte: true}}}"), "must be a number or text"),
        (with_reach("count: {event: bought, at_least: 1, where: {a: {gt: }}}"), "a.gt: is empty"),
        (with_reach("count: {event: bought, at_least: 1, where: {a: {eq: 1}}}"), "`eq` is not a key of a comparison"),
        (with_milestone("title: A milestone"), "`reach` is missing"),
        (
            with_milestone(f"subject: team\nreach: {{{COUNT}}}"),
            "subject: must be one of user, account, and is the text `team`",
        ),
        (
            with_milestone(f"on_introduction: nugde\nreach: {{{COUNT}}}"),
            "on_introduction: must be one of baseline, nudge",
        ),
        (with_milestone(f"audience: [pro]\nreach: {{{COUNT}}}"), "audience: must be a mapping, and is a list"),
        (
            with_milestone(f"audience: {{trait: {{plan: [a]}}}}\nreach: {{{COUNT}}}"),
            "audience: is a list. Write `{in: [...]}`",
        ),
        (
            with_reach(COUNT).replace("bought: {", "bought: {retracted_by: sighed_up, "),
            "retracted_by: `sighed_up` is not one of the `events` of this catalog. Did you mean `signed_up`?",
        ),
        (starting("{}"), "within.from: needs one of `event`, `milestone` and `trait`. Write one"),
        (starting("{event: bought, trait: t}"), "within.from: needs one of `event`, `milestone` and `trait`"),
        (starting("{trait: t, where: {a: 1}}"), "within.from.where: goes with `event` only"),
        (starting("{event: bougt}"), "within.from.event: `bougt` is not one of the `events`"),
        (starting("{event: nudge_opend}"), "`nudge_opend` is not one of the `events` of this catalog. Did you mean"),
        (with_milestone(f"tier: mayor\nreach: {{{COUNT}}}"), "Did you mean `major`?"),
        (
            with_milestone(f"title: 5\nreach: {{{COUNT}}}"),
            "title: must be text, and is the number 5. Put it in quotes.",
        ),
        (with_milestone(f"within:\nreach: {{{COUNT}}}"), "within: is empty"),
        (with_milestone(f"reach: {{{COUNT}}}\non_missed: []"), "10: milestones.m.on_missed: never happens"),
        (with_milestone(f"reach: {{{COUNT}}}\non_recovered: []"), "10: milestones.m.on_recovered: never happens"),
        (
            with_milestone(f"reach: {{count: {{event: bought, at_least: 2, repeat: true}}}}\n{DEADLINE}"),
            "10: milestones.m.within: does not go together with `repeat`",
        ),
        (
            with_milestone(f"reach: {{{COUNT}}}\non_reached: [{{channel: sms, template: t}}]"),
            "channel: `consent` does not say who may be written to by sms. Add `consent: {sms: TRAIT}`",
        ),
        (
            with_milestone(f"reach: {{{COUNT}}}\non_reached: [{{channel: [email, sms], template: t}}]"),
            "on_reached[0].channel[1]: `consent` does not say",
        ),
        (
            with_milestone(f"reach: {{{COUNT}}}\non_reached: [{{channel: e-mail, template: t}}]"),
            "ops, and is the text `e-mail`. Did you mean `email`?",
        ),
        (
            with_milestone(f"reach: {{{COUNT}}}\non_reached: [{{channel: email, template: ../secret}}]"),
            "template: `../secret` is not a name",
        ),
        (HEAD + f"milestones: {{first order: {{reach: {{{COUNT}}}}}}}", "`first order` is not a name"),
        (with_top("timezone: America/NewYork\n"), "not an IANA time zone. Did you mean `America/New_York`?"),
        (with_top("timezone: localtime\n"), "not an IANA time zone"),
        (with_top("max_age: 401d\n"), "must be at most 400d"),
        (with_top("week_starts: mon\n"), "Did you mean `monday`?"),
        (with_reach(COUNT).replace("version: 3", "version: 0"), "2: version: must be at least 1"),
        (with_reach(COUNT).replace("number", "numeric"), "Did you mean `number`?"),
        (with_reach(COUNT).replace("signed_up", "é" * 129), "must be 1 to 256 bytes of UTF-8, and is 258"),
        (with_reach(COUNT).replace("signed_up", '"*"'), "`*` means any event and cannot name one"),
        (with_reach(COUNT).replace("email_opt_in", "''"), "consent.email: must be 1 to 256 bytes"),
    ],
)
def test_a_mistake_is_found_with_its_place_and_remedy(text: str, finding: str) -> None:
    """One mistake is one finding, in words that say what to write instead."""
    assert finding in only(text)


def test_at_most_200_milestones_fit() -> None:
    """The number that fits is named."""
    milestones = "".join(f"  m{number}: {{reach: {{{COUNT}}}}}\n" for number in range(201))
    assert only(f"{HEAD}milestones:\n{milestones}").endswith(
        "milestones: holds 201 entries, and 200 fit. Keep at most 200."
    )
    assert found(f"{HEAD}milestones:\n{milestones}".replace(f"  m200: {{reach: {{{COUNT}}}}}\n", "")) == []


def test_all_findings_of_a_file_are_told_at_once_in_the_order_of_its_lines() -> None:
    """A mistake in one place hides none in another."""
    text = with_milestone(
        """
        tier: medium
        reach: {count: {event: bougt, at_least: 0}}
        on_missed: [{channel: sms, template: t, after: 3mo}]
        """
    ).replace("version: 3", "version: x\nholdout: {share: 1}")
    assert [finding.split(": ")[0] + " " + finding.split(": ")[1] for finding in found(text)] == [
        "c.yaml:2 version",
        "c.yaml:3 holdout.share",
        "c.yaml:3 holdout",
        "c.yaml:10 milestones.m.tier",
        "c.yaml:11 milestones.m.reach.count.at_least",
        "c.yaml:11 milestones.m.reach.count.event",
        "c.yaml:12 milestones.m.on_missed",
        "c.yaml:12 milestones.m.on_missed[0].after",
        "c.yaml:12 milestones.m.on_missed[0].channel",
    ]


def test_a_finding_stays_on_one_line() -> None:
    """A name with a line break or an escape sequence cannot forge output."""
    finding = only(with_top('"a\\n\\e[31mb": 1\n'))
    assert finding.isprintable()
