"""Dotted names as people write them: `public.orders`, `"odd.name"`."""

import re

_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
_PLAIN = re.compile(r"[^\W\d]\w*")


def names_of(path: str) -> tuple[str, ...]:
    """The names of a dotted path, letter by letter as they stand; quotes hold dots and quotes together."""
    return tuple(quoted.replace('""', '"') if quoted else plain for quoted, plain in _PART.findall(path))


def path_of(*names: str) -> str:
    """The inverse of `names_of`: quoted only where it must be."""
    return ".".join(name if _PLAIN.fullmatch(name) else quoted(name) for name in names)


def quoted(name: str) -> str:
    """A name as an identifier of SQL, whatever letters it has."""
    return '"' + name.replace('"', '""') + '"'
