"""Dockerfile and .dockerignore as Docker reads them, as far as this project's own go."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMENT = re.compile(r"^\s*#.*\n", re.MULTILINE)


@dataclass(frozen=True)
class Instruction:
    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """The exec form, or the words of the shell form."""
        words: list[str] = json.loads(self.value) if self.value.startswith("[") else shlex.split(self.value)
        return words


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def last(self, name: str) -> Instruction:
        """The one that counts. Raises IndexError where there is none."""
        return [instruction for instruction in self.instructions if instruction.name == name][-1]


def stages(text: str) -> list[Stage]:
    """The stages in order; the last one is the image."""
    found: list[Stage] = []
    for line in COMMENT.sub("", text).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        name, value = line.split(None, 1)
        if name == "FROM":
            base, *alias = value.split(" AS ")
            found.append(Stage(base, *(alias or ["image"]), ()))
        else:
            last = found.pop()
            found.append(Stage(last.base, last.name, (*last.instructions, Instruction(name, value.strip()))))
    return found


class Ignored:
    """Whether a path stays out of the build: the last line that matches it, or a folder above it, decides."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in COMMENT.sub("", text).splitlines() if line.strip()]
        self._rules = [(_pattern(line.removeprefix("!")), not line.startswith("!")) for line in lines]

    def __call__(self, path: str) -> bool:
        parts = path.split("/")
        candidates = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        ignored = False
        for pattern, excludes in self._rules:
            if any(pattern.fullmatch(candidate) for candidate in candidates):
                ignored = excludes
        return ignored


def _pattern(line: str) -> re.Pattern[str]:
    tokens = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", line.strip("/"))
    return re.compile("".join(tokens.get(part, re.escape(part)) for part in parts))


def context(root: Path, ignored: Ignored) -> Iterator[str]:
    """What a build may copy, as paths below `root`."""
    for entry in sorted(root.iterdir()):
        yield from _below(root, entry, ignored)


def _below(root: Path, entry: Path, ignored: Ignored) -> Iterator[str]:
    path = entry.relative_to(root).as_posix()
    if ignored(path):
        return
    if not entry.is_dir():
        yield path
        return
    for inner in sorted(entry.iterdir()):
        yield from _below(root, inner, ignored)
