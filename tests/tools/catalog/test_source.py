import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.catalog.catalogs import HEAD, compile_text, found, rule_of, with_reach, with_top

CHAIN = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        pytest.param(b"", 1, "the file is empty", id="empty"),
        pytest.param(b"# nothing\n", 1, "the file is empty", id="only a comment"),
        pytest.param(b"- a\n", 1, "must be a mapping, and is a list", id="list"),
        pytest.param(b"shop\n", 1, "must be a mapping, and is the text `shop`", id="text"),
        pytest.param(b"a: [\n", 2, "is not YAML", id="unfinished"),
        pytest.param(b"a:\n\tb: 1\n", 2, "is not YAML", id="tab"),
        pytest.param(b'a: "\\UFFFFFFFF"\n', 1, "is not YAML", id="no such character"),
        pytest.param(b"a: b\nc: \x01\n", 2, "a character that YAML does not allow", id="control character"),
        pytest.param(b"a: b\nc: \xff\n", 2, "the text is not UTF-8", id="Latin-1"),
        pytest.param(b"[" * 5000, 1, "nested more than 32 levels", id="deep"),
        pytest.param(CHAIN.encode(), 32, "nested more than 32 levels", id="deep by aliases"),
        pytest.param(BOMB.encode(), 6, "more than 100000 values", id="large by aliases"),
        pytest.param(b"a: &a [*a]\n", 1, "no value above is called `&a`", id="anchor inside itself"),
        pytest.param(b"a: 1\n---\nb: 2\n", 2, "a second document", id="two documents"),
        pytest.param(b"? [a]\n: b\n", 1, "a key that is not a text", id="list as key"),
        pytest.param(b"a: " + b"x" * 500_000, 1, "the file has 500003 bytes, and 500000 fit", id="too large"),
    ],
)
def test_a_file_that_is_no_catalog_is_one_finding_with_its_line(content: bytes, line: int, what: str) -> None:
    """Whatever a file holds, the answer is a sentence about a line."""
    (finding,) = found(content)
    assert finding.startswith(f"c.yaml:{line}: ")
    assert what in finding


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("yes", "`yes` means different things"),
        ("Off", "`Off` means different things"),
        ("0123", "`0123` means different things"),
        (".inf", "not a finite number"),
        ("-.INF", "not a finite number"),
        (".nan", "not a finite number"),
        ("1e999", "cannot be kept exactly"),
        ("1e99999999999999999999", "cannot be kept exactly"),
        ("9" * 39, "cannot be kept exactly"),
        ("9" * 5000, "cannot be kept exactly"),
        ("0." + "1" * 39, "cannot be kept exactly"),
        ("!!str x", "has a tag"),
        ("!!python/object/apply:os.getcwd []", "has a tag"),
        ('"\\ud800"', "half of a character"),
    ],
)
def test_a_value_that_is_unsafe_or_means_two_things_is_refused_once(value: str, what: str) -> None:
    """It is found where it stands, and not found wrong a second time for what it would have been."""
    (finding,) = found(with_reach(f"count: {{event: bought, at_least: 1, where: {{kind: {value}}}}}"))
    assert finding.startswith("c.yaml:9: milestones.m.reach.count.where.kind: ")
    assert what in finding


@pytest.mark.parametrize(
    ("value", "operand"),
    [
        ("100", {"number": "100"}),
        ("1.50", {"number": "1.50"}),
        ("0.1", {"number": "0.1"}),
        ("9" * 38, {"number": "9" * 38}),
        ("-3", {"number": "-3"}),
        ("true", True),
        ("null", None),
        ("'yes'", "yes"),
        ("'0123'", "0123"),
        ("2026-11-22", "2026-11-22"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
    ],
)
def test_a_value_is_read_as_yaml_1_2_reads_it(value: str, operand: object) -> None:
    """Numbers stay exact, and what only YAML 1.1 takes for dates, times or numbers is text."""
    where = rule_of(f"count: {{event: bought, at_least: 1, where: {{kind: {value}}}}}")["where"]
    assert where == [{"path": ["kind"], "operator": "eq", "operand": operand}]


def test_a_duplicate_key_is_refused_with_both_lines() -> None:
    """The last of two never wins in silence."""
    assert found(with_top("version: 4\n")) == [
        "c.yaml:10: version: stands here twice, first in line 2. Keep one of them."
    ]


def test_an_alias_stands_for_what_its_anchor_names() -> None:
    """Anchors save typing, also with a merge key, whose values the mapping's own replace."""
    text = f"""{HEAD}milestones:
  first: &base
    owner: growth
    reach: {{count: &rule {{event: bought, at_least: 2}}}}
  second:
    <<: *base
    reach: {{count: {{<<: *rule, at_least: 5}}}}
"""
    second = compile_text(text)["milestones"]["second"]
    assert (second["owner"], second["reach"]["event"], second["reach"]["at_least"]) == ("growth", ["bought"], 5)


def test_only_a_mapping_can_be_merged() -> None:
    """Merging anything else would lose it."""
    assert found(with_top("<<: 5\n")) == [
        "c.yaml:10: `<<` merges mappings only. Write `<<: *ANCHOR`, one of a mapping."
    ]


def test_a_byte_order_mark_does_no_harm() -> None:
    """Editors on Windows write one."""
    assert found(b"\xef\xbb\xbf" + with_reach("count: {event: bought, at_least: 1}").encode()) == []


@given(st.binary(max_size=200) | st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#,\\\n\t 0.~<", max_size=60).map(str.encode))
def test_no_file_ends_in_a_traceback(content: bytes) -> None:
    """Any bytes are findings or a catalog."""
    assert found(content)
