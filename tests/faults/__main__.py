"""`python -m tests.faults`: every fault of every kind, against the clock; `--write` writes docs/Faults.md anew.

What the tests import is imported late: pytest wants to be there first.
"""

import sys
from pathlib import Path

import pytest


def main(arguments: list[str]) -> int:
    """1 when a cell failed, or was not back within its limit."""
    if arguments == ["--write"]:
        from tests.faults import page

        page.PAGE.write_text(page.text(), "utf-8")
        return 0
    run = _Run()
    status = pytest.main([str(Path(__file__).parent), *arguments], plugins=[run])
    return int(bool(status) or not run.complete)


class _Run:
    """Registers the table of cells, by whose name they know that the clock is looked at."""

    def pytest_configure(self, config: pytest.Config) -> None:
        from tests.faults.table import CellTable

        self._table = CellTable()
        config.pluginmanager.register(self._table, CellTable.NAME)

    @property
    def complete(self) -> bool:
        return self._table.complete


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
