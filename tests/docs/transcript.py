"""The transcript of docs/Getting-Started.md: commands behind `$ `, and what each printed, wrapped at spaces."""

import json
import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "Getting-Started.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 120
CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"20\d\d-\d\d-\d\dT(?!00:00:00Z)[\d:.]+(Z|\+00:00)"), "TIME"),
    (re.compile(r'("(?:\w*_)?ms": ?)[\d.]+'), r"\1N"),
    (re.compile(r"Python/[\d.]+"), "Python"),
    (re.compile(r'("next_cursor": ?)"\d+"'), r"\1N"),
)


@dataclass
class Step:
    command: str
    printed: list[str] = field(default_factory=list)


def steps() -> list[Step]:
    found: list[Step] = []
    for block in BLOCK.findall(PAGE.read_text("utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:]))
            else:
                found[-1].printed.append(line)
    return found


def plain(printed: str) -> str:
    """Without wrapping, and without what is different each time."""
    text = " ".join(printed.split())
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text


def write(answers: dict[int, str]) -> None:
    """Puts new answers, by the number of their step, into the page."""
    numbers = iter(range(len(answers)))

    def block(match: re.Match[str]) -> str:
        lines = [line for line in match[1].splitlines() if line.startswith("$ ")]
        told = "".join(f"{line}\n{_wrapped(answers[next(numbers)])}" for line in lines)
        return f"```console\n{told}```"

    PAGE.write_text(BLOCK.sub(block, PAGE.read_text("utf-8")), "utf-8")


def _wrapped(printed: str) -> str:
    lines = [_spaced(line) for line in printed.splitlines() if line.strip()]
    return "".join(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n" for line in lines)


def _spaced(line: str) -> str:
    try:
        value: Any = json.loads(line)
    except ValueError:
        return line.rstrip()
    return line if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
