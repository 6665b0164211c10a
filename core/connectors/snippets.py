"""Python programs that take a sample without us: what the kinds' own snippets share.

A snippet is made of a public configuration, in which each secret is `{"set": True}`: what is not given cannot be told.
Every value stands in it as a Python literal, nothing is pasted into a text; what changes while it is run are the
secrets, which it takes from the environment.
"""

import re
from collections.abc import Iterable, Mapping
from pprint import pformat
from typing import Any

from core.form_values import KEPT

WIDTH = 88
INDENT = " " * 4
CA_FILE = 'os.environ["SOURCE_CA_FILE"]'
TIMEOUT_S = 10
"""What the kinds give one attempt."""


def literal(value: Any, levels: int = 0) -> str:
    """JSON as Python writes it, its further lines moved to the right by so many levels."""
    return pformat(value, width=WIDTH, sort_dicts=False).replace("\n", "\n" + INDENT * levels)


def secret(*path: str) -> str:
    """The variable of what stands at a path of the configuration, as an expression: `os.environ["SOURCE_PASSWORD"]`."""
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(path).upper()).strip("_")
    return f'os.environ["SOURCE_{name or "SECRET"}"]'


def value_of(config: Mapping[str, Any], *path: str) -> str:
    """What stands at a path that is there: the value, or the variable of a secret."""
    value: Any = config
    for name in path:
        value = value[name]
    return secret(*path) if value == KEPT else literal(value)


def call(function: str, arguments: Iterable[tuple[str, str]], levels: int = 0) -> str:
    """`function(name=expression, …)`, an argument a line; one without a name stands by its place."""
    lines = [f"{INDENT}{name}={expression}," if name else f"{INDENT}{expression}," for name, expression in arguments]
    return ("\n" + INDENT * levels).join([f"{function}(", *lines, ")"])


def program(needs: str, imports: Iterable[str], *parts: str, standard: tuple[str, ...] = ()) -> str:
    """The parts below each other, below the imports; `os` is there where a part asks for it. `needs` are packages."""
    body = "\n".join(part for part in parts if part)
    modules = [f"import {name}" for name in (*standard, *(["os"] if "os.environ[" in body else []))]
    return "\n".join([f"# pip install {needs}", *modules, *([""] if modules else []), *imports, "", body, ""])
