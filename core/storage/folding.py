"""One spelling for names that people take for the same, in Persian, Arabic and Latin letters and digits."""

import unicodedata

_SAME = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "\u200c": " ", "ـ": None, "\0": "?"})


def fold(text: str) -> str:
    """NFKC, casefolded, Arabic letters as Persian ones, every digit as a Latin one, spaces and half-spaces collapsed.

    Invisible signs go; what UTF-8 or a database's text cannot hold becomes a question mark. Folding twice changes
    nothing more.
    """
    plain = text.encode("utf-8", "replace").decode().translate(_SAME)
    # Casefolding takes letters apart that NFKC puts together, and the other way round (UAX #15, toNFKC_Casefold).
    plain = _compatible(_compatible(plain).casefold()).translate(_SAME)
    return " ".join("".join(map(_latin_digit, plain)).split())


def _compatible(text: str) -> str:
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", visible)


def _latin_digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
