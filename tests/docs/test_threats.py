"""The table of threats: each has a test that shows what stands against it, and that test is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "Security.md").read_text("utf-8").partition("## Threats")[2]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| ")]
MAKE = re.compile(r"^([a-z]+):", re.MULTILINE)


def shown_by(cells: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", cells[2])


@pytest.mark.parametrize("cells", ROWS[2:], ids=lambda cells: cells[0][:40])
def test_a_threat_names_what_shows_that_it_is_met(cells: list[str]) -> None:
    assert len(cells) == 4
    targets = MAKE.findall((ROOT / "Makefile").read_text("utf-8"))
    names = shown_by(cells)
    assert names
    for name in names:
        command, _, target = name.partition(" ")
        found = target in targets if command == "make" else any((ROOT / "tests").glob(name.rstrip("*") + "*"))
        assert found, name


def test_the_table_was_found() -> None:
    assert ROWS[0] == ["threat", "what stands against it", "shown by", "what remains"]
    assert len(ROWS) > 15
