"""Texts in Liquid, from a seed: what an author may well write, what nobody would, and values to render them for."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from milepost.adapters.liquid_texts import language
from tests.functions.lambdas import CANARY
from tests.fuzz.mutation import HOSTILE, slightly

MARKUP: Final = f"<{CANARY}>"
"""A tag that no template has: HTML in which it stands was not escaped."""
EVALUATED: Final = "kanarienvoegel"
"""What `INJECTED` becomes if it is taken for a template."""
INJECTED: Final = "{{ 'kanarien' | append: 'voegel' }}"
NAMES: Final = ("name", "list", "many", "deep")
TRAITS: Final[Sequence[Any]] = (
    *HOSTILE,
    *(MARKUP, INJECTED, f"{MARKUP}\r\nBcc: {CANARY}", f"&lt;{CANARY}&gt;", f"%3C{CANARY}%3E", "\u202e\u2066\u0007a"),
    *("x" * 1_000, "<" * 1_000, "<!--" * 250, "&" * 1_000, "\U0001f3c3" * 250, "a b " * 250, [1, MARKUP, None] * 30),
    *(10**37, -(10**37), 1e-130, 0.1, [MARKUP, INJECTED], {"a": [{"a": MARKUP}], "size": 7}, "2026-11-22T07:30:00Z"),
)
_FILTERS: Final = tuple(sorted(language(escapes=True).filters))
_VALUES: Final = (
    *(f"traits.{name}" for name in NAMES),
    *("traits.deep.a[0].a", "traits['list'][1]", "traits.many.size", "traits.none", "traits.list.first"),
    *("subject.id", "n", "at", "path", "milestone.title", "progress.left", "members.of", "reward", "card", "variant"),
    *("'text'", '"<b>"', "''", "3", "-1", "1.5", "0", "99999999999", "nil", "true", "(1..3)"),
    *("(0..traits.many)", "(1..99999999999)", "'%d %B %9999Y'"),
)
_LOCAL: Final = ("y", "z", "each", "forloop.index", "traits", "nobody")
"""What is a value in some places, and in most is none."""
_OPERATORS: Final = ("==", "!=", "<", ">=", "contains", "and", "or", "<>", "=")
_TOKENS: Final = (
    *("{{", "}}", "{%", "%}", "{%-", "-%}", "|", ":", ",", "..", "(", ")", "[", "]", "'", '"', "for", "in", "if", "="),
    *("end", "endif", "endfor", "else", "assign", "raw", "endraw", "comment", "liquid", "\n", " ", "{#", "#", "=", "."),
)


def traits(random: Random) -> Mapping[str, Any]:
    """What is known of somebody who means harm."""
    return {name: random.choice(TRAITS) for name in NAMES if random.random() < 0.9}


def text(random: Random) -> str:
    """A text; most of them are Liquid, and some of these are rendered."""
    match random.randrange(16):
        case 0:
            return " ".join(random.choice((*_TOKENS, *_VALUES)) for _ in range(random.randrange(12)))
        case 1:
            return slightly(random, _texts(random, 0))
        case 2:
            return _heaped(random)
    return _texts(random, 0)


def _texts(random: Random, depth: int) -> str:
    return "".join(_piece(random, depth) for _ in range(random.choice((1, 1, 2, 3))))


def _piece(random: Random, depth: int) -> str:
    if depth > 3 or random.random() < 0.5:
        return f"{{{{ {_expression(random)} }}}}"
    return random.choice(_BLOCKS)(random, depth + 1)


def _value(random: Random) -> str:
    return random.choice(_VALUES if random.random() < 0.97 else _LOCAL)


def _expression(random: Random) -> str:
    """A value and what is made of it: filters of the language, and now and then one that there is not."""
    found = random.choice((f"traits.{random.choice(NAMES)} | default: {_value(random)}", _value(random)))
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        arguments = ", ".join(_value(random) for _ in range(random.choice((0, 1, 1, 2))))
        name = random.choice(_FILTERS) if random.random() < 0.98 else "no_filter"
        found += f" | {name}{': ' if arguments else ''}{arguments}"
    return found


def _condition(random: Random) -> str:
    other = random.choice((_value(random), _value(random), "empty", "blank"))
    return random.choice((_value(random), f"{_value(random)} {random.choice(_OPERATORS)} {other}"))


def _heaped(random: Random) -> str:
    """The same again and again: side by side, or each inside of the one before."""
    times = random.choice((2, 40, 300))
    begin, end = random.choice(
        (
            *(("{% if n %}", "{% endif %}"), ("{% for each in (1..9) %}", "{% endfor %}"), ("{{ n", " }}"), ("(", ")")),
            *(("{% raw %}", "{% endraw %}"), ("{% case n %}{% when 1 %}", "{% endcase %}"), ("{%", "%}"), ("'", "'")),
            *(("{% capture y %}", "{% endcapture %}"), ("{% liquid if n\n", "endif %}"), ("{{ n | plus: ", " }}")),
            *(
                ("{% assign y = 'xx' | append: y %}", ""),
                ("{% unless n == 2 %}", "{% endunless %}"),
                ("{{ traits", "}}"),
            ),
            *(("{% comment %}", "{% endcomment %}"), ("{% if n and ", "%}{% endif %}"), ("[0]", ""), (".a", "")),
        )
    )
    inner = f"{{{{ {_value(random)} }}}}"
    return begin * times + inner + end * times if random.random() < 0.6 else (begin + inner + end) * times


def _loop(random: Random, depth: int) -> str:
    tag = random.choice(("for", "tablerow"))
    options = random.choice(("", "", " limit: 2", " offset: 1", " reversed", " cols: 2", f" limit: {_value(random)}"))
    inner = _texts(random, depth) + random.choice(("", "", "{% break %}", "{% continue %}", "{% cycle 'a', n %}"))
    return f"{{% {tag} each in {_value(random)}{options} %}}{inner}{{% end{tag} %}}"


def _growing(random: Random, depth: int) -> str:
    """What becomes more with every turn."""
    grown = random.choice(("append: y", "times: y", "plus: y", "replace: 'x', y", "join: y", "concat: y", "prepend: y"))
    begins = random.choice(("'xx'", "traits.name", "9", "99999999999", "traits.list"))
    turns = random.choice((3, 20, 900))
    return f"{{% assign y = {begins} %}}{{% for i in (1..{turns}) %}}{{% assign y = y | {grown} %}}{{% endfor %}}" + (
        _texts(random, depth)
    )


_BLOCKS: Final[Sequence[Callable[[Random, int], str]]] = (
    lambda random, depth: f"{{% if {_condition(random)} %}}{_texts(random, depth)}{{% else %}}b{{% endif %}}",
    lambda random, depth: f"{{% unless {_condition(random)} -%}} {_texts(random, depth)}{{% endunless %}}",
    lambda random, depth: (
        f"{{% case {_value(random)} %}}{{% when {_value(random)} %}}{_texts(random, depth)}{{% else %}}{{% endcase %}}"
    ),
    lambda random, depth: f"{{% capture y %}}{_texts(random, depth)}{{% endcapture %}}{{{{ y }}}}",
    lambda random, depth: f"{{% assign y = {_expression(random)} %}}{_texts(random, depth)}",
    lambda random, depth: f"{{% ifchanged %}}{_texts(random, depth)}{{% endifchanged %}}",
    lambda random, _: f"{{% echo {_expression(random)} %}}{{% increment z %}}{{% decrement z %}}",
    lambda random, _: f"{{% liquid assign z = {_expression(random)}\n echo z %}}",
    lambda random, _: f"{{% raw %}}{_value(random)}{{% endraw %}}{{% comment %}}{_value(random)}{{% endcomment %}}",
    _loop,
    _loop,
    _growing,
)
