"""The worked examples of docs/Getting-Started.md, for each kind a configuration and samples of it; and its programs."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "Getting-Started.md"


@dataclass(frozen=True)
class Example:
    config: dict[str, Any]
    samples: tuple[dict[str, Any], ...]


def examples() -> dict[str, Example]:
    """By kind, in the order of the page."""
    sections = re.split(r"^### `(\w+)`$", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {kind: _example(text) for kind, text in zip(sections[::2], sections[1::2], strict=True)}


def program(module: str) -> str:
    """The one program of the page, in Python, that imports from `module`."""
    programs = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    [found] = [text for text in programs if re.search(rf"^(import|from) .*\b{re.escape(module)}\b", text, re.MULTILINE)]
    return str(found)


def _example(text: str) -> Example:
    config, samples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)[:2]
    return Example(json.loads(config), tuple(map(json.loads, samples.splitlines())))
