"""Prints what every cell came to: code, rung, milliseconds."""

from dataclasses import dataclass

import pytest

from tests.faults.cell import Seen
from tests.faults.faults import FAULTS
from tests.faults.places import KINDS

GRACE_S = 0.5
"""What a call may take beyond its limit."""

WIDTH = 32


@dataclass(frozen=True)
class Cell:
    seen: Seen | None
    passed: bool
    skipped: bool = False

    @property
    def late(self) -> bool:
        most = (self.seen.limit_s + GRACE_S) * 1000 if self.seen else 0.0
        return self.seen is not None and max(self.seen.ms, self.seen.rung_ms) > most

    @property
    def ok(self) -> bool:
        return self.passed and not self.late

    def __str__(self) -> str:
        if self.skipped:
            return "skipped"
        mark = "ok" if self.ok else "FAILED"
        if self.seen is None:
            return mark
        return f"{self.seen.error.partition('.')[0]} · {self.seen.rung} · {self.seen.ms:.0f} ms · {mark}"


class CellTable:
    """A plugin of one run; where it is registered, the cells are in a hurry."""

    NAME = "cheshmeh-faults"

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], Cell] = {}

    @property
    def complete(self) -> bool:
        """Whether no cell failed, and none was late."""
        return all(cell.ok or cell.skipped for cell in self._cells.values())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        _, _, parameters = report.nodeid.removesuffix("]").partition("[")
        fault, _, kind = parameters.partition("-")
        if kind not in KINDS or (report.when != "call" and report.passed):
            return
        told = dict(report.user_properties).get("seen")
        seen = Seen(**told) if isinstance(told, dict) else None
        self._cells[fault, kind] = Cell(seen, report.passed, report.skipped)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> list[str]:
        head = ["", *KINDS]
        rows = [[fault.replace("_", " "), *(self._told(fault, kind) for kind in KINDS)] for fault in FAULTS]
        good = sum(cell.ok for cell in self._cells.values())
        table = ["".join(text.ljust(WIDTH) for text in row).rstrip() for row in (head, *rows)]
        return [*table, f"{good} of {len(FAULTS) * len(KINDS)} cells"]

    def _told(self, fault: str, kind: str) -> str:
        return str(self._cells.get((fault, kind), "–"))
