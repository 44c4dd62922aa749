"""Text for a terminal."""


def printable(text: str) -> str:
    """The text with everything escaped that a terminal would obey rather than show: it came from outside."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def counted(number: int, noun: str) -> str:
    """The number and its noun, which takes an s unless there is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
