"""Liquid as it is used here: hostile values stay values, what is missing fails, and everything ends."""

from html.parser import HTMLParser
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.exceptions import LiquidError, ResourceLimitError

from milepost.adapters.liquid_bounds import MOST_BYTES, MOST_TURNS
from milepost.adapters.liquid_texts import Form, language, parse_text, render_text

PAYLOADS: Final = (
    "<script>alert(1)</script>",
    "</p><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "<!-- ",
    "]]><b>",
    "&lt;b&gt;",
    "&#60;b&#62;",
    "%3Cscript%3E",
    "PHNjcmlwdD4=",
    "{{ traits.secret }}",
    "{% for i in (1..1000) %}x{% endfor %}",
    "{{ 'a' | append: traits.secret }}",
    "{%- assign x = traits.secret -%}{{ x }}",
    "}} {{ traits.secret }} {{",
    "{% raw %}{{ traits.secret }}{% endraw %}",
    "Ada\r\nBcc: everybody@example.com",
    "Ada\nSubject: another",
    "Ada\u2028\u2029\u0085\x0b\x0c\x00\x1b[31m",
    "\u202egpj.exe",
    "\u2066\u2067\u2068\u2069",
    "__class__.__mro__",
    "${7*7} #{7*7} <%= 7*7 %>",
    "x" * 1_000,
    "😀é́",
    "",
)
"""Values that somebody may have put into a trait."""
SECRET: Final = "geheim"
TRAITS: Final = {"secret": SECRET}
FILTERS: Final = sorted(language(escapes=True).filters)
FORMS: Final[tuple[Form, ...]] = ("line", "text", "html")
ARGUMENTS: Final = ("", ": traits.x", ": 'a', traits.x", ": '<b>', 'b'", ": traits.x, '<i>'", ": 3", ": 1, 2")


def rendered(source: str, form: Form = "text", **traits: object) -> str:
    """A text for somebody with these traits."""
    return render_text(parse_text(source, form), form, {"traits": {**TRAITS, **traits}})


class Markup(HTMLParser):
    """What a browser makes of a text: its tags with their attributes, its comments and the text itself."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Any] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """A tag opens."""
        self.tags.append((tag, [name for name, _ in attrs]))

    def handle_comment(self, data: str) -> None:
        """A comment."""
        self.tags.append("comment")

    def handle_decl(self, decl: str) -> None:
        """A declaration."""
        self.tags.append("declaration")

    def unknown_decl(self, data: str) -> None:
        """Any other."""
        self.tags.append("declaration")

    def handle_pi(self, data: str) -> None:
        """A processing instruction."""
        self.tags.append("instruction")

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        self.text += data


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_value_in_html_is_its_text_and_nothing_else(payload: str) -> None:
    """Between tags and inside a quoted attribute, either quote."""
    page = """<p title="{{ traits.x }}" class='{{ traits.x }}'>{{ traits.x }}</p>"""
    found = Markup(rendered(page, "html", x=payload))
    assert found.tags == [("p", ["title", "class"])]
    assert found.text == rendered("{{ traits.x }}", "text", x=payload)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_never_compiled(form: Form, payload: str) -> None:
    """What looks like Liquid in it is shown, and no other value with it."""
    for source in (
        "{{ traits.x }}",
        "{% assign y = traits.x %}{{ y }}",
        "{% capture y %}{{ traits.x }}{% endcapture %}{{ y }}",
    ):
        assert SECRET not in rendered(source, form, x=payload)


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_lets_markup_through(name: str) -> None:
    """Whatever stands before it and in its arguments: the only tags are those that the template itself has."""
    for payload in PAYLOADS:
        for arguments in ARGUMENTS:
            try:
                html = rendered(f"<p>{{{{ traits.x | {name}{arguments} }}}}</p>", "html", x=payload)
            except (LiquidError, ArithmeticError, LookupError, ValueError):  # The nudge is suppressed.
                continue
            assert {each[0] for each in Markup(html).tags} <= {"p", "b", "i", "br"}, (payload, arguments, html)
            assert SECRET not in html


@given(st.text(), st.sampled_from(FORMS))
def test_any_text_is_a_harmless_value(value: str, form: Form) -> None:
    """No value breaks a text, and none opens a tag."""
    text = rendered("{{ traits.x }}", form, x=value)
    assert form != "html" or Markup(text).tags == []
    assert not set(text) & set("\x00\x1b\u202e\u2066")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_line_is_one_line(payload: str) -> None:
    """What would begin another header of an e-mail is a space."""
    line = rendered("Hello {{ traits.x }}, welcome", "line", x=payload)
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_a_text_keeps_the_lines_that_it_was_written_with() -> None:
    """But nothing that a phone obeys."""
    assert rendered("a\nb\t{{ traits.x }}", x="c\x07\x1b[1m\u202ed") == "a\nb\tc[1md"


@pytest.mark.parametrize(
    "source",
    [
        "{{ traits.none }}",
        "{{ traits.none | upcase }}",
        "{{ traits.none | plus: 1 }}",
        "{{ traits.none | date: '%d' }}",
        "{{ 3 | plus: traits.none }}",
        "{{ 'a' | append: traits.none }}",
        "{{ nothing }}",
        "{{ traits.none.inner }}",
        "{% for each in traits.none %}{% endfor %}",
    ],
)
def test_what_is_missing_fails(source: str) -> None:
    """It never becomes an empty text or a zero that somebody then reads."""
    with pytest.raises(LiquidError):
        rendered(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ traits.none | default: 'friend' }}", "friend"),
        ("{{ traits.none | default: 'friend' | upcase }}", "FRIEND"),
        ("{{ nothing.at.all | default: 'x' }}", "x"),
        ("{% if traits.none %}a{% else %}b{% endif %}", "b"),
        ("{% unless traits.none %}a{% endunless %}", "a"),
        ("{% if traits.none == 'a' %}a{% else %}b{% endif %}", "b"),
        ("{% if nothing.left > 3 %}a{% else %}b{% endif %}", "b"),
        ("{{ traits.secret | default: 'friend' }}", SECRET),
    ],
)
def test_what_is_missing_can_be_asked_about(source: str, text: str) -> None:
    """By `default` and by `if`."""
    assert rendered(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ '2026-11-22T07:30:00+01:00' | date: '%d %B %Y' }}", "22 November 2026"),
        ("{{ '2026-11-22' | date: '%A' }}", "Sunday"),
        ("{{ 47.5 | round }} {{ 7 | divided_by: 2.0 }} {{ 7 | modulo: 4 }}", "48 3.5 3"),
        ("{{ 'ada' | capitalize }}", "Ada"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_says(source: str, text: str) -> None:
    """The filters that every template uses."""
    assert rendered(source) == text


@pytest.mark.parametrize("value", ["now", "today", "tomorrow", "10", "1e999999999", "9" * 5_000, "x", "2026-13-01"])
def test_a_date_is_iso_8601_and_nothing_is_guessed(value: str) -> None:
    """Above all not the time of the machine; and no text of a stranger is handed to a parser that may warn of it."""
    with pytest.raises(LiquidError) as refused:
        rendered("{{ traits.x | date: '%Y' }}", x=value)
    assert value not in str(refused.value.message)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in (1..1024) %}x{% endfor %}",
        "{% for a in (1..900) %}{% for b in (1..900) %}x{% endfor %}{% endfor %}",
        "{% for a in (1..40) %}{% tablerow b in (1..40) %}x{% endtablerow %}{% endfor %}",
        "{% assign a = 'xxxxxxxx' %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}",
        "{% capture a %}{% for i in (1..900) %}" + "x" * 400 + "{% endfor %}{% endcapture %}",
        "{% for i in (1..900) %}" + "x" * 400 + "{% endfor %}",
        "{% if true %}" * 60 + "{% endif %}" * 60,
    ],
)
def test_a_template_cannot_eat_the_functions_time(source: str) -> None:
    """Loops, what is kept, and what is written end at a limit."""
    with pytest.raises(ResourceLimitError):
        rendered(source)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ (1..traits.x) | join }}", 10**11),
        ("{{ (1..traits.x) | uniq }}", str(10**11)),
        ("{{ (traits.x..3) | sort | first }}", -(10**37)),
        ("{% for i in (1..traits.x) reversed limit: 1 %}{{ i }}{% endfor %}", 10**11),
        ("{% for i in (1..99999999999) offset: traits.x %}{{ i }}{% endfor %}", 10**11 - 2),
        ("{% tablerow i in (1..99999999999) offset: traits.x %}{{ i }}{% endtablerow %}", 10**11 - 2),
        ("{{ traits.x | replace: 'x', traits.x }}", "x" * 16_000),
        ("{{ traits.x | replace: '', traits.x }}", "x" * 16_000),
        ("{{ traits.x | split: '' | join: traits.x }}", "x" * 16_000),
        ("{% assign y = 'xx' %}{% for i in (1..6) %}{% assign y = y | replace: 'x', y %}{% endfor %}", None),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_no_value_of_a_stranger_becomes_more_than_a_message_holds(form: Form, source: str, value: object) -> None:
    """It is refused before it is made: afterwards the memory of the function would be gone, or its time."""
    with pytest.raises(ResourceLimitError):
        rendered(source, form, x=value)


def test_what_a_message_holds_is_still_made() -> None:
    """The bounds are on what is made, not on what it is made of."""
    assert rendered("{{ (1..traits.x) | size }}", x=MOST_TURNS) == str(MOST_TURNS)
    assert rendered("{{ traits.x | replace: 'x', 'yy' }}", x="x" * 16_000) == "y" * 32_000
    assert rendered("{{ traits.x | join: ', ' }} {{ 'a' | join: traits.y }}", x=["a", 1], y="x" * 300_000) == "a, 1 a"


def test_a_text_as_large_as_a_message_is_still_rendered() -> None:
    """The limit is SNS's: what is refused could not go out."""
    assert len(rendered("x" * MOST_BYTES)) == MOST_BYTES
    with pytest.raises(ResourceLimitError):
        rendered("x" * (MOST_BYTES + 1))


@pytest.mark.parametrize("source", ["{% include 'a' %}", "{% render 'a' %}", "{{ 'a' | safe }}"])
def test_nothing_is_loaded_and_nothing_undoes_the_escaping(source: str) -> None:
    """Those tags and filters do not exist."""
    with pytest.raises(LiquidError):
        rendered(source)
