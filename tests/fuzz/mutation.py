"""Valid examples made hostile: what a producer, an author or a damaged table could come up with, from a seed."""

import re
from collections.abc import Iterator
from json import dumps, loads
from random import Random
from typing import Any, Final

RAW: Final = (
    *("NaN", "-Infinity", "1e999", "1e-999", "-0", "1" * 38, "1" * 39, "7" * 5_000, "1e125", "0.1e-130", "1E+400"),
    *("[" * 200 + "]" * 200, '{"a":' * 33 + "0" + "}" * 33, '{"a": 1, "a": 2}', '"\\ud800"', '"\\ud83d\\ude00"'),
)
"""What JSON text can say and no value of Python can: it takes the place of a marker in the text."""
HOSTILE: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 2**63, 0.5, [], {}, [[]], [None] * 300, {"": ""}, {"gte": {}}, {"in": [1, "a", None]}),
    *(
        "",
        " ",
        "\0",
        "\u202e",
        "e\u0301",
        "\u00e9" * 128,
        "\u00e9" * 129,
        "\U0001f3c3",
        "x" * 2_049,
        "\ufeff",
        "`",
        "'\"",
    ),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "2026-11-22T07:31:04.123456789Z"),
    *("Europe/Berlin", "Pacific/Apia", "../../etc/passwd", "{{ traits }}", "{% raw %}", "${AWS::AccountId}", "=1+1"),
)
_MARKER: Final = re.compile(r'"@raw:(\d+)@"')


def spelled(value: Any) -> str:
    """A value as JSON, with what only a text can say in the places of its markers."""
    return _MARKER.sub(lambda found: RAW[int(found[1]) % len(RAW)], dumps(value))


def mutated(random: Random, value: Any) -> Any:
    """The value with some of its places changed: other types, hostile texts, gone, swapped, doubled, wrapped."""
    top = {"": loads(dumps(value))}
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        holder, name = random.choice(list(_places(top)))
        match random.randrange(8):
            case 0:
                del holder[name]
                if holder is top:
                    return None
            case 1:
                other, place = random.choice(list(_places(top)))
                holder[name] = loads(dumps(other[place]))  # A field where another belongs.
            case 2:
                holder[name] = [holder[name]] * random.choice((1, 2, 70))
            case 3:
                holder[name] = f"@raw:{random.randrange(len(RAW))}@"
            case 4 if isinstance(holder[name], str):
                holder[name] = slightly(random, holder[name])
            case _:
                holder[name] = loads(dumps(random.choice(HOSTILE)))  # A copy, for it may be changed in turn.
    return top[""]


def garbled(random: Random, text: str) -> str:
    """The text, now and then cut off, with a character changed, or with a piece of it twice."""
    place, end = (random.randrange(len(text) + 1) for _ in range(2))
    match random.randrange(12):
        case 0:
            return text[:place]
        case 1:
            return slightly(random, text)
        case 2:
            return text[:place] + text[end:]
        case 3:
            return text.replace("{", '{"a": 1, "a": 2, ', 1)
    return text


def damaged(random: Random, data: bytes) -> bytes:
    """Bytes with bits flipped, cut off, or made of nothing."""
    match random.randrange(4):
        case 0:
            return data[: random.randrange(len(data) + 1)]
        case 1:
            return random.randbytes(random.randrange(9))
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 3)) if found else 0):
        found[random.randrange(len(found))] ^= 1 << random.randrange(8)
    return bytes(found)


def slightly(random: Random, text: str) -> str:
    """The text with one character more, or another."""
    place = random.randrange(len(text) + 1)
    return (
        text[:place] + random.choice('\0"{}[]:,-+.eEZT 0:\u0301\ud800\U0001f3c3') + text[place + random.randrange(2) :]
    )


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree: what holds it, and under which key or number."""
    for name in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, name
        if isinstance(value[name], dict | list) and len(value[name]) < 50:
            yield from _places(value[name])
