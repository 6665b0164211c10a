"""Which passwords are refused: by length, and those that guessing starts with (NIST SP 800-63B, 5.1.1.2)."""

import gzip
from functools import cache
from pathlib import Path

from core.access.names import wrong
from core.folding import fold

LENGTH_MIN, LENGTH_MAX = 10, 1024
PRODUCT = ("cheshmeh", "چشمه")
TAIL_MAX = 4
"""So many digits and signs after a common password make it no better."""
COMMON = Path(__file__).with_name("common_passwords.txt.gz")
"""The commonest 20,000 of ten characters and more, and the commonest 10,000 shorter ones, of SecLists' list of ten
million; its licence lies beside it."""


def check_password(password: str, username: str = "") -> None:
    """Raises InvalidInput naming `password` and saying why."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise wrong("password", "field.password_length", min=LENGTH_MIN, max=LENGTH_MAX)
    if _is_pattern(password):
        raise wrong("password", "field.password_repeats")
    if _is_name(password, username):
        raise wrong("password", "field.password_name")
    if _is_common(password):
        raise wrong("password", "field.password_common")


def _is_pattern(password: str) -> bool:
    """One or two characters again and again."""
    return len(set(password.casefold())) <= 2


def _is_name(password: str, username: str) -> bool:
    """A name that everybody sees, alone, repeated, or with digits and signs around it."""
    bare = _letters(password)
    names = [_letters(name) for name in (username, *PRODUCT)]
    return any(name and bare and not bare.replace(name, "") for name in names)


def _is_common(password: str) -> bool:
    plain, common = password.casefold(), _common()
    tails = (plain[len(plain) - length :] for length in range(TAIL_MAX + 1))
    return any(plain.removesuffix(tail) in common for tail in tails if not any(map(str.isalpha, tail)))


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalpha())


@cache
def _common() -> frozenset[str]:
    with gzip.open(COMMON, "rt", encoding="utf-8") as file:
        return frozenset(file.read().splitlines())
