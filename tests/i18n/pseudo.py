"""A language that nobody speaks: English with an accent on every letter, so that what no catalogue wrote stands out."""

import re
from pathlib import Path

from babel.messages.pofile import read_po, write_po

from core.languages import CATALOGUES

LANG = "eo"
"""A code that CLDR knows: it gives the rest of a language, and is none of ours."""
_ACCENTED = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž"
)
_KEPT = re.compile(r"(\{\w*\}|`[^`]*`)")
"""Places to fill, and code."""


def accented(text: str) -> str:
    """⟦Šöûŕçéš⟧ of "Sources"."""
    parts = _KEPT.split(text)
    return f"⟦{''.join(part if number % 2 else part.translate(_ACCENTED) for number, part in enumerate(parts))}⟧"


def write(folder: Path) -> None:
    """One file more in a folder of catalogues."""
    with (CATALOGUES / "en.po").open("rb") as english:
        catalogue = read_po(english, locale=LANG)
    for message in catalogue:
        if message.id:
            forms = message.string
            message.string = accented(forms) if isinstance(forms, str) else tuple(map(accented, forms))
    with (folder / f"{LANG}.po").open("wb") as file:
        write_po(file, catalogue)
