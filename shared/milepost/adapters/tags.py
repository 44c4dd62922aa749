"""The first byte of a packed value: what it is. Integers from 0 to 127 are their own tag."""

from typing import Final

LARGEST_SMALL: Final = 0x7F
NONE: Final = 0x80
TRUE: Final = 0x81
FALSE: Final = 0x82
INTEGER: Final = 0x83
DECIMAL: Final = 0x84
TEXT: Final = 0x85
TUPLE: Final = 0x86
MAPPING: Final = 0x87
STEPS: Final = 0x88
TABLE: Final = 0x89
BYTES: Final = 0x90
"""Plus the length of a positive integer."""
MOST_BYTES: Final = 15
