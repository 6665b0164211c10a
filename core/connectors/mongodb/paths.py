"""Paths of the catalogue: a collection, and below it fields."""

import re

_PART = re.compile(r"(?:[^.\\]|\\.)+", re.DOTALL)


def path_of(*names: str) -> str:
    """Names joined with dots; dots of their own are escaped, so that every path is of one thing."""
    return ".".join(re.sub(r"([.\\])", r"\\\1", name) for name in names)


def names_of(path: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in _PART.findall(path)]
