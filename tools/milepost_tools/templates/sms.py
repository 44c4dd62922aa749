"""How many segments a text message takes: what providers bill, and phones put together again.

3GPP TS 23.038: 160 characters of the 7-bit alphabet, or 70 units of UTF-16; of several segments each loses six bytes.
"""

from typing import Final, Literal, NamedTuple

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
"""Written as two: an escape, and one of the basic alphabet."""
ALONE: Final = {"GSM-7": 160, "UCS-2": 70}
EACH: Final = {"GSM-7": 153, "UCS-2": 67}


class Segments(NamedTuple):
    """The alphabet that a text needs, its length in units of it, and its segments."""

    alphabet: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def segments(text: str) -> Segments:
    """Of a text as it is sent; an empty one takes one segment too."""
    alphabet: Literal["GSM-7", "UCS-2"] = "UCS-2" if beyond(text) else "GSM-7"
    costs = [_cost(each, alphabet) for each in text]
    units = sum(costs)
    return Segments(alphabet, units, 1 if units <= ALONE[alphabet] else _filled(costs, EACH[alphabet]))


def beyond(text: str) -> list[str]:
    """The characters that make it UCS-2, each once, in their order."""
    return list(dict.fromkeys(each for each in text if each not in _BASIC and each not in _EXTENDED))


def _cost(character: str, alphabet: str) -> int:
    if alphabet == "UCS-2":
        return len(character.encode("utf-16-le")) // 2
    return 2 if character in _EXTENDED else 1


def _filled(costs: list[int], room: int) -> int:
    """No character is cut in two: what does not fit begins the next segment."""
    count, used = 1, 0
    for cost in costs:
        if used + cost > room:
            count, used = count + 1, 0
        used += cost
    return count
