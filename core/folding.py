"""One spelling for names that people take for the same, in Persian, Arabic and Latin letters and digits."""

import unicodedata
from collections.abc import Iterator
from itertools import chain

MARKS_MAX = 30
"""Marks of one letter (UAX #15, Stream-Safe Text Format). To put them in order takes the square of their number."""
_SAME = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "\u200c": " ", "ـ": None, "\0": "?"})


def fold(text: str) -> str:
    """NFKC, casefolded, Arabic letters as Persian ones, every digit as a Latin one, spaces and half-spaces collapsed.

    Invisible signs go, and marks beyond the thirtieth of a letter; what UTF-8 or a database's text cannot hold becomes
    a question mark. Folding twice changes nothing more.
    """
    plain = text.encode("utf-8", "replace").decode().translate(_SAME)
    # Casefolding takes letters apart that NFKC puts together, and the other way round (UAX #15, toNFKC_Casefold).
    plain = _compatible(_compatible(plain).casefold()).translate(_SAME)
    return " ".join("".join(map(_latin_digit, plain)).split())


def _compatible(text: str) -> str:
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    if unicodedata.is_normalized("NFKC", visible):
        return visible
    return unicodedata.normalize("NFKC", "".join(_without_heaps(visible)))


def _without_heaps(text: str) -> Iterator[str]:
    """Taken apart letter by letter, which puts nothing in order yet."""
    marks = 0
    for letter in chain.from_iterable(unicodedata.normalize("NFKD", each) for each in text):
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MARKS_MAX:
            yield letter


def _latin_digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
