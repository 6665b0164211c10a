"""What the chart of one source draws."""

from datetime import UTC, datetime
from typing import Any

import pytest
import streamlit as st

from core.i18n import translator
from core.models import History, HistoryPoint
from ui.history_chart import history_chart


def test_no_line_is_told_by_its_colour_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **_: drawn.append(figure))
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)
    past = History(since, until, 3600, (HistoryPoint(since, calls=1, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0),))
    history_chart(past, past, translator("fa"))
    lines = [trace.line for trace in drawn[0].data if trace.type == "scatter"]
    assert len({line.dash for line in lines}) == len({line.color for line in lines}) == 4
