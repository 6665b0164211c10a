"""compose.yaml as Compose reads it, as far as this project's own goes."""

import re
from typing import Any

import yaml

from tests.container.dockerfile import ROOT

VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
DOCUMENTS = ("README.md", "docs/Getting-Started.md")


def composition() -> dict[str, Any]:
    """Every variable of the caller unset."""
    text = (ROOT / "compose.yaml").read_text("utf-8")
    loaded: dict[str, Any] = _filled_in(yaml.safe_load(text))
    return loaded


def _filled_in(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _filled_in(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_filled_in(value) for value in node]
    return VARIABLE.sub(lambda found: found[2], node) if isinstance(node, str) else node


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = composition()["services"][name]
    return found


def documented(document: str) -> list[str]:
    """The command lines of a document's section `In a container`."""
    text = (ROOT / document).read_text("utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    [ours] = [part for part in section if part.startswith("In a container\n")]
    blocks = re.findall(r"^```\n(.*?)^```", ours, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]
