"""What the playground offers to take away."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.models import KeptSample
from tests.ui import contents
from tests.ui.conftest import Open
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import source_id

WELL, SUSPENDED = str(source_id("پروازها")), str(source_id("انبار مشهد"))
TAKEN = datetime(2026, 11, 27, 14, 13, tzinfo=UTC)
FOUND = replace(contents.FLIGHTS, asked={"table": "public.flights", "limit": 50}, ts=TAKEN, time_limit_s=15)
ENDINGS = ["csv", "xlsx", "jsonl", "parquet", "card.json"]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each button of the page would download, by its file's name."""
    found: dict[str, Any] = {}
    import streamlit as st

    drawn = st.download_button

    def noted(label: str, data: Any, file_name: str, *rest: Any, **how: Any) -> bool:
        found[file_name] = data
        return drawn(label, data, file_name, *rest, **how)

    monkeypatch.setattr(st, "download_button", noted)
    return found


def sampled(open_page: Open, lang: str = "fa") -> AppTest:
    return open_page("playground", source=WELL, lang=lang).button(key="run").click().run()


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_format_and_the_card_can_be_taken_away(open_page: Open, files: dict[str, Any], lang: str) -> None:
    app = sampled(open_page, lang)
    assert not app.exception
    assert list(files) == [f"پروازها.{ending}" for ending in ENDINGS]
    assert all(len(make()) > 100 for make in files.values())


def test_nothing_is_made_before_somebody_wants_it(open_page: Open, files: dict[str, Any]) -> None:
    sampled(open_page)
    assert all(map(callable, files.values()))


def test_csv_without_the_mark_is_for_programs(open_page: Open, files: dict[str, Any]) -> None:
    app = sampled(open_page)
    assert files["پروازها.csv"]().startswith(b"\xef\xbb\xbf")
    app.checkbox(key="download_bom").uncheck().run()
    assert files["پروازها.csv"]().startswith(b"id,carrier")


def test_the_last_good_sample_says_its_own_time(open_page: Open, files: dict[str, Any], runtime: FakeRuntime) -> None:
    runtime.sources.kept[source_id("انبار مشهد")] = KeptSample(FOUND, {"table": "secret"}, TAKEN)
    open_page("playground", source=SUSPENDED)
    card = json.loads(files["انبار-مشهد-20261127-141300.card.json"]())
    assert card["sampled_at"] == "2026-11-27T14:13:00+00:00"
    assert card["request"] == {"table": "public.flights", "limit": 50}
    assert card["limits"] == {
        "rows_max": 1000, "bytes_max": 5242880, "cell_bytes_max": 65536, "columns_max": 500, "seconds_max": 15,
    }  # fmt: skip


def test_the_same_sample_can_be_taken_by_a_program(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.kept[source_id("انبار مشهد")] = KeptSample(FOUND, {"table": "secret"}, TAKEN)
    app = open_page("playground", source=SUSPENDED)
    programs = [code.value for code in app.code if code.language == "python"]
    assert programs == ["import psycopg  # {'table': 'public.flights', 'limit': 50}"]
