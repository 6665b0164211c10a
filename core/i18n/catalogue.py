"""The message catalogues, one for each language, read as they are: there is no compiled file that could be stale."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import IO

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from core.languages import CATALOGUES, LANGUAGES

Catalogue = Mapping[str, tuple[str, ...]]


@cache
def catalogue(lang: str) -> Catalogue:
    """Key → its forms: one, or one and other where the entry has a plural. Raises KeyError for another language."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    with (CATALOGUES / f"{lang}.po").open("rb") as file:
        return MappingProxyType(entries(file))


def entries(file: IO[bytes]) -> dict[str, tuple[str, ...]]:
    """The entries of one .po file. Raises babel's PoFileError when it is malformed."""
    return dict(_pairs(read_po(file, abort_invalid=True)))


def _pairs(read: Catalog) -> list[tuple[str, tuple[str, ...]]]:
    pairs = []
    for message in read:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key:
            forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            pairs.append((key, forms))
    return pairs
