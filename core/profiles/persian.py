"""What goes wrong in Persian text that was typed on other keyboards or came through other programs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

HALF_SPACE = "\u200c"
"""ZERO WIDTH NON-JOINER, which Persian puts between the parts of a word."""

_ARABIC = re.compile("[يك]")  # U+064A and U+0643
_PERSIAN = re.compile("[پچژگکی]")
_ARABIC_ONLY = re.compile("[ةىإ]")
_SCRIPTS = (re.compile("[0-9]"), re.compile("[۰-۹]"), re.compile("[٠-٩]"))
_STRAY = re.compile(
    f"^{HALF_SPACE}|{HALF_SPACE}$|[\\s{HALF_SPACE}]{HALF_SPACE}|{HALF_SPACE}\\s"
    f"|[A-Za-z]{HALF_SPACE}[A-Za-z]|[\u200b\u00ad\ufeff]|(?<=[\u0600-\u06ff])\u00ac"
)
"""A half-space where nothing is parted, and what other programs write in its place."""


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A rule of `RULES`, how many cells are against it, and the first of them."""

    rule: str
    cells: int
    example: str


def text_checks(texts: Sequence[str]) -> tuple[TextCheck, ...]:
    """The rules that some cell is against.

    Letters of the Arabic keyboard are no mistake in Arabic: they are looked for where the column has letters that only
    Persian has, or none that only Arabic has.
    """
    persian = any(map(_PERSIAN.search, texts)) or not any(map(_ARABIC_ONLY.search, texts))
    found = []
    for rule, broken in RULES.items():
        against = [text for text in texts if broken(text)] if persian or rule != "arabic_letters" else []
        if against:
            found.append(TextCheck(rule, len(against), against[0]))
    scripts = _scripts_of(texts)
    if len(scripts) > 1 and "mixed_digits" not in {each.rule for each in found}:
        fewest = min(scripts, key=lambda cells: len(cells))
        found.append(TextCheck("digit_scripts", len(fewest), fewest[0]))
    return tuple(found)


def _scripts(text: str) -> int:
    return sum(script.search(text) is not None for script in _SCRIPTS)


def _scripts_of(texts: Sequence[str]) -> list[list[str]]:
    """The cells with digits of each script that is used at all."""
    found = ([text for text in texts if script.search(text)] for script in _SCRIPTS)
    return [cells for cells in found if cells]


RULES: Mapping[str, Callable[[str], bool]] = {
    "arabic_letters": lambda text: _ARABIC.search(text) is not None,
    "mixed_digits": lambda text: _scripts(text) > 1,
    "half_space": lambda text: _STRAY.search(text) is not None,
    "outer_spaces": lambda text: text != text.strip(),
}
"""What is against each rule, cell by cell; `digit_scripts` beside them compares the cells with each other."""
