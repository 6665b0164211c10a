"""What the playground says of a credential that could write."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.models import Check, CheckStatus, Ladder, Message
from tests.ui.conftest import Open
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import source_id

SOURCE = source_id("پروازها")
MEND = "REVOKE INSERT ON ALL TABLES IN SCHEMA public FROM app;"
WRITES = Check(
    "read_only",
    CheckStatus.WARNING,
    evidence=Message("check.writes.superuser", {"user": "app"}),
    advice=Message("check.mend", {"statement": MEND}),
)
GUESSED = Check("read_only", CheckStatus.WARNING, evidence=Message("check.unproven"))
READS = Check("read_only", CheckStatus.OK, evidence=Message("check.only_reads", {"user": "app"}))


def climbed(runtime: FakeRuntime, source: UUID, check: Check) -> None:
    runtime.sources.ladders[source] = Ladder((check,), datetime(2026, 11, 27, tzinfo=UTC))


def test_a_credential_that_could_write_is_named_with_what_mends_it(open_page: Open, runtime: FakeRuntime) -> None:
    climbed(runtime, SOURCE, WRITES)
    app = open_page("playground", source=str(SOURCE))
    [shown] = [each for each in app.expander if each.label == "کاربر این منبع می‌تواند کاری بیش از خواندن انجام دهد"]
    assert "ابرکاربر" in shown.markdown[0].value
    assert shown.code[0].value == MEND


@pytest.mark.parametrize("check", [GUESSED, READS])
def test_nothing_is_said_where_nothing_was_found(open_page: Open, runtime: FakeRuntime, check: Check) -> None:
    climbed(runtime, SOURCE, check)
    app = open_page("playground", source=str(SOURCE))
    assert "کاربر این منبع می‌تواند کاری بیش از خواندن انجام دهد" not in [each.label for each in app.expander]


def test_nor_before_anybody_looked(open_page: Open) -> None:
    app = open_page("playground", source=str(SOURCE))
    assert "کاربر این منبع می‌تواند کاری بیش از خواندن انجام دهد" not in [each.label for each in app.expander]
