"""Prints, after the tests, which kind kept which of the promises."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

Table = dict[str, dict[str, str]]
"""Marks by case and kind."""

MARKS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}


PROPERTY = "conformance"
"""Of a test's report: its case and its column. Reports arrive where the table is printed, whoever ran the test."""


class ConformanceTable:
    """A plugin of one run."""

    def __init__(self) -> None:
        self._table: Table = defaultdict(dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        from tests.connectors.conformance import ConnectorConformance

        for item in items:
            cls = getattr(item, "cls", None)
            if cls is not None and issubclass(cls, ConnectorConformance):
                name = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
                item.user_properties.append((PROPERTY, (name, _column(cls.__name__, cls.connector_class.kind))))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = dict(report.user_properties).get(PROPERTY)
        if found is None or (report.when != "call" and report.passed):
            return
        name, kind = found
        # Of a case with several forms the worst counts.
        if self._table[name].get(kind, "ok") in ("ok", "skipped"):
            self._table[name][kind] = MARKS[report.outcome]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        kinds = sorted({kind for marks in self._table.values() for kind in marks})
        if len(kinds) < 2:
            return
        terminalreporter.write_sep("-", "what every kind of source promises")
        for line in lines(self._table, kinds):
            terminalreporter.write_line(line)


def _column(name: str, kind: str) -> str:
    """The kind, and what tells apart two suites of one kind."""
    return kind if kind in name.lower() else f"{kind} ({name.removeprefix('Test').removesuffix('Conformance')})"


def lines(table: Mapping[str, Mapping[str, str]], kinds: list[str]) -> list[str]:
    """A head and a line a case, columns as wide as they need be."""
    width = max(map(len, table))
    head = " ".join(["".ljust(width), *(kind.ljust(9) for kind in kinds)])
    rows = (
        " ".join([name.ljust(width), *(marks.get(kind, "-").ljust(max(9, len(kind))) for kind in kinds)])
        for name, marks in sorted(table.items())
    )
    return [line.rstrip() for line in (head, *rows)]
