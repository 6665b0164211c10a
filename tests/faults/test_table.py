"""What the table makes of cells."""

from dataclasses import asdict

import pytest

from core.models import Outcome
from tests.faults.cell import Seen
from tests.faults.faults import FAULTS
from tests.faults.places import KINDS
from tests.faults.table import CellTable


def seen(ms: float = 3.0, rung_ms: float = 1.0) -> Seen:
    return Seen("unreachable.refused", Outcome.FAIL, 1, "tcp", "unreachable", ms, rung_ms, limit_s=1.0)


def report(outcome: str = "passed", found: Seen | None = None, when: str = "call") -> pytest.TestReport:
    told = [("seen", asdict(found))] if found else []
    name = "test_faults.py::test_a_fault_is_told_and_survived[refused_port-rest]"
    return pytest.TestReport(name, ("", 0, ""), {}, outcome, None, when, user_properties=told)  # type: ignore[arg-type]


def table_of(*reports: pytest.TestReport) -> CellTable:
    table = CellTable()
    for each in reports:
        table.pytest_runtest_logreport(each)
    return table


def test_a_cell_says_code_rung_and_time():
    table = table_of(report(found=seen()))
    assert "unreachable · tcp · 3 ms · ok" in table.lines()[1]
    assert table.lines()[-1] == f"1 of {len(FAULTS) * len(KINDS)} cells"
    assert table.complete


@pytest.mark.parametrize("slow", [{"ms": 1501.0}, {"rung_ms": 1501.0}])
def test_half_a_second_behind_its_limit_a_cell_has_failed(slow: dict[str, float]):
    assert table_of(report(found=seen(**dict.fromkeys(slow, 1499.0)))).complete
    table = table_of(report(found=seen(**slow)))
    assert "FAILED" in table.lines()[1]
    assert not table.complete


@pytest.mark.parametrize("found", [None, seen()])
def test_a_test_that_failed_is_a_cell_that_failed(found: Seen | None):
    assert not table_of(report("failed", found)).complete


def test_what_goes_wrong_after_the_call_counts():
    assert not table_of(report(found=seen()), report("failed", when="teardown")).complete


def test_a_server_that_is_missing_is_no_failure_and_no_good_cell():
    table = table_of(report("skipped", when="setup"))
    assert table.complete
    assert table.lines()[-1].startswith("0 of ")
