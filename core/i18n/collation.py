"""Names in the order of the alphabet. By code points پ, چ, ژ, ک, گ and ی would stand behind all other letters."""

from types import MappingProxyType

_ALPHABET = "ءآاأإبپتثجچحخدذرزژسشصضطظعغفقکگلمنوؤهةیئ"
_ALPHABET_FROM = 0xE000
"""Places are written as private characters: one string with Latin letters, and behind them."""

_PLACES = MappingProxyType({ord(letter): _ALPHABET_FROM + place for place, letter in enumerate(_ALPHABET)})
_ALIKE = MappingProxyType({ord(arabic): _PLACES[ord(persian)] for arabic, persian in ("كک", "يی", "ىی")})
_JOINERS = MappingProxyType(dict.fromkeys(map(ord, "\u200c\u200d\u0640")))
_TABLE = MappingProxyType({**_PLACES, **_ALIKE, **_JOINERS})


def name_key(name: str) -> str:
    """A key to sort by: Latin letters without their case, then the Persian alphabet; half-spaces count as nothing."""
    return name.casefold().translate(_TABLE)
