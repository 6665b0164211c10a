"""Prints what every case came to: how it ended, how far memory rose, how many rows came."""

import pytest

from tests.hostile.cases import CASES

HEAD = ("case", "ended by", "peak MB above rest", "rows")
WIDTHS = (48, 30, 20, 6)


class HostileTable:
    """A plugin of one run."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("[")[2].removesuffix("]")
        told = dict(report.user_properties).get("look")
        if report.when == "call" and name in CASES and isinstance(told, dict):
            mark = "" if report.passed else " FAILED"
            self._found[name] = str(told["ended"]) + mark, f"{told['peak_mb']:.1f}", str(told["rows"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> list[str]:
        rows = [HEAD, *((name, *self._found[name]) for name in CASES if name in self._found)]
        return [" | ".join(text.ljust(width) for text, width in zip(row, WIDTHS, strict=True)).rstrip() for row in rows]
