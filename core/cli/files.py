"""Files that options name."""

import sys
from collections.abc import Callable
from pathlib import Path

import typer


def text_of(path: Path) -> str:
    """Raises BadParameter saying why it cannot be read."""
    try:
        return path.read_text("utf-8")
    except OSError as err:
        raise typer.BadParameter(f"cannot read {path}: {err.strerror}") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"cannot read {path}: it is no UTF-8 text") from None


def from_standard_input() -> str:
    """All of it. Raises BadParameter where it is no text."""
    return _typed(sys.stdin.read)


def line_from_standard_input() -> str:
    """Without its end. Raises BadParameter where it is no text."""
    return _typed(sys.stdin.readline).rstrip("\n")


def _typed(read: Callable[[], str]) -> str:
    try:
        return read()
    except UnicodeDecodeError:
        raise typer.BadParameter("cannot read standard input: it is no UTF-8 text") from None


def written_to(path: Path, data: bytes) -> None:
    """Raises BadParameter saying why it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as err:
        raise typer.BadParameter(f"cannot write {path}: {err.strerror}") from None
