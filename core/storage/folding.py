"""One spelling for names that people take for the same, in Persian, Arabic and Latin letters and digits."""

import unicodedata

_SAME = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "\u200c": " ", "\u200d": None, "ـ": None})


def fold(text: str) -> str:
    """NFKC, casefolded, Arabic letters as Persian ones, every digit as a Latin one, spaces collapsed."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_SAME)
    return " ".join("".join(map(_latin_digit, plain)).split())


def _latin_digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
