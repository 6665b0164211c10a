"""The views of a sample: the profile of its columns and the chart of a few clicks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.i18n import translator
from core.models import Column, Sample
from tests.exports.odd import TYPED
from tests.ui import contents, fakes
from tests.ui.conftest import Open, texts
from tests.ui.samples import source_id
from ui import state
from ui.result_axes import counts, figure, numbers, ticks
from ui.result_profile import told

WELL = str(source_id("پروازها"))
FA, EN = translator("fa", strict=True), translator("en", strict=True)
AT = datetime(2026, 11, 27, 14, 13, tzinfo=UTC)
SALES = Sample(
    (Column("شهر", "string"), Column("amount", "decimal"), Column("at", "timestamptz"), Column("note", "string")),
    [
        ("تهران" if n % 3 else "مشهد", Decimal(n * n), AT + timedelta(days=20 * n), " كريم ۱2" if n == 4 else None)
        for n in range(24)
    ],
)


@pytest.fixture
def opened(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Any:
    def opened(view: str, sample: Sample = SALES, lang: str = "fa") -> AppTest:
        monkeypatch.setattr(fakes, "FLIGHTS", replace(contents.FLIGHTS, sample=sample))
        app = open_page("playground", source=WELL, lang=lang).button(key="run").click().run()
        label = translator(lang).text(f"playground.view.{view}")
        app.session_state[state.in_words(state.VIEW, lang)] = label
        return app.run()

    return opened


def select(app: AppTest, start: str) -> Any:
    return next(box for box in app.selectbox if (box.key or "").startswith(start))


def alts(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption]


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_columns_are_summed_up_in_a_table(opened: Any, lang: str) -> None:
    app = opened("columns", lang=lang)
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["name"]) == ["شهر", "amount", "at", "note"]
    assert table["distinct"][1] == translator(lang).number(24)
    assert translator(lang).plural("profile.of_rows", 24) in alts(app)


def test_the_chosen_column_is_told_in_full(opened: Any) -> None:
    app = opened("columns")
    select(app, "profile_").select(1).run()
    assert not app.exception
    assert "توزیع amount در ۶ بازه" in "\n".join(alts(app)).replace("\u2066", "").replace("\u2069", "")
    assert len(app.get("plotly_chart")) == 1


def test_a_column_of_moments_has_a_histogram_in_the_readers_calendar(opened: Any) -> None:
    app = opened("columns")
    select(app, "profile_").select(2).run()
    assert not app.exception
    assert "۱۴۰۵" in "\n".join(alts(app))


@pytest.mark.parametrize(
    ("kind", "zone", "said"), [("timestamp", None, "۱۹:۰۰"), ("timestamptz", UTC, "۲۲:۳۰"), ("date", None, "۱ دی ۱۴۰۵")]
)
def test_a_clock_without_a_zone_is_not_turned(opened: Any, kind: str, zone: Any, said: str) -> None:
    at = datetime(2026, 12, 22, 19, tzinfo=zone)
    app = opened("columns", Sample((Column("at", kind),), [(at.date() if kind == "date" else at,)]))
    assert said in "\n".join(caption for caption in alts(app) if "توزیع" in caption)


def test_persian_text_that_is_wrong_is_shown_with_an_example(opened: Any) -> None:
    app = opened("columns")
    select(app, "profile_").select(3).run()
    said = "\n".join(warning.value for warning in app.warning)
    assert "صفحه‌کلید عربی" in said
    assert "رقم‌های فارسی، عربی و لاتین" in said
    assert "␣كريم ۱2" in said


@pytest.mark.parametrize("view", ["table", "json", "columns", "chart"])
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_view_takes_every_type(opened: Any, view: str, lang: str) -> None:
    app = opened(view, TYPED, lang)
    assert not app.exception
    if view == "columns":
        for index in range(len(TYPED.columns)):
            select(app, "profile_").select(index).run()
            assert not app.exception


def test_the_chart_begins_with_what_the_columns_suggest(opened: Any) -> None:
    app = opened("chart")
    assert not app.exception
    assert (select(app, "chart_kind").value, select(app, "chart_x").value) == ("line", 2)
    assert app.multiselect[0].value == [1]
    assert any("۲۴ نقطه" in alt for alt in alts(app))


@pytest.mark.parametrize("kind", ["line", "bar", "scatter", "histogram"])
@pytest.mark.parametrize("x", [0, 1, 2])
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_kind_of_chart_over_every_column(opened: Any, kind: str, x: int, lang: str) -> None:
    app = opened("chart", lang=lang)
    select(app, "chart_kind").select(kind).run()
    if kind != "histogram" or x:
        select(app, "chart_x").select(x).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("aggregate", ["count", "sum", "mean", "min", "max"])
def test_values_are_folded_and_coloured(opened: Any, aggregate: str) -> None:
    app = opened("chart")
    select(app, "chart_kind").select("bar").run()
    select(app, "chart_fold").select(aggregate).run()
    select(app, "chart_colour").select(0).run()
    assert not app.exception
    assert any("۲ سری" in alt for alt in alts(app))


def test_without_values_the_next_step_is_said(opened: Any) -> None:
    app = opened("chart")
    app.multiselect[0].set_value([]).run()
    assert not app.exception
    assert "دست‌کم یک ستون عددی" in texts(app)
    assert not app.get("plotly_chart")


def test_what_cannot_be_drawn_says_so(opened: Any) -> None:
    app = opened("chart", Sample((Column("a", "json"), Column("b", "string")), [({}, "x"), ([], "y")]))
    assert not app.exception
    assert "ستونی نیست که بتوان" in texts(app)


def test_another_sample_begins_its_chart_anew(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("chart")
    select(app, "chart_kind").select("bar").run()
    other = Sample((Column("z", "float"),), [(1.0,), (2.0,)])
    monkeypatch.setattr(fakes, "FLIGHTS", replace(contents.FLIGHTS, sample=other))
    app.button(key="run").click().run()
    assert not app.exception
    assert select(app, "chart_kind").value == "histogram"


def test_another_sample_is_another_table_to_the_browser(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would keep the widths of the one before, and cut names off."""
    keys: list[str] = []
    container = st.container
    monkeypatch.setattr(st, "container", lambda **how: keys.append(how.get("key", "")) or container(**how))
    others = replace(SALES, rows=[("خرم‌آباد و بروجرد", *row[1:]) for row in SALES.rows])
    for sample in (SALES, others, SALES):
        opened("table", sample)
    assert len({key for key in keys if key.startswith("sample_of_")}) == 2


@pytest.mark.parametrize(("most", "labels"), [(1, "0 1"), (2, "0 1 2"), (3, "0 1 2 3"), (12, "0 5 10")])
def test_how_many_is_a_whole_number(most: int, labels: str) -> None:
    axis = counts(most, EN)
    assert axis["ticktext"] == labels.split()
    assert axis["range"][1] >= most


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-5, 5), (0.001, 0.004), (1e15, 3e17), (7, 7), (0, 0), (-1e308, 1e308), (1e16, 1e16 + 2)]
)
def test_ticks_are_few_and_around_the_values(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low <= high <= found[-1]
    assert 2 <= len(found) <= 9
    assert sorted(found) == found


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1200, ["0", "250", "500", "750", "1,000", "1,250"]),
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 1.2, ["0.00", "0.25", "0.50", "0.75", "1.00", "1.25"]),
    ],
)
def test_labels_have_the_digits_that_tell_them_apart(
    low: float, high: float, labels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.axes.ink", lambda: "#000")
    assert numbers(low, high, EN)["ticktext"] == labels


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (1234.5, "1,234.5", "۱٬۲۳۴٫۵"),
        (0.00012, "0.00012", "۰٫۰۰۰۱۲"),
        (0.0149, "0.0149", "۰٫۰۱۴۹"),
        (-0.9951, "-0.9951", "\u200e-۰٫۹۹۵۱"),
        (1e20, "1e+20", "۱e+۲۰"),
        (0, "0", "۰"),
    ],
)
def test_figures_are_short(value: float, english: str, persian: str) -> None:
    assert figure(value, EN) == english
    assert figure(value, FA) == persian


@pytest.mark.parametrize(
    ("value", "persian"),
    [
        (Decimal("1.5"), "۱٫۵"),
        (Decimal("60.00"), "۶۰٫۰۰"),
        (-1234.25, "\u200e-۱٬۲۳۴٫۲۵"),
        (10**14, "۱۰۰٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰"),
        (6037991234567890, "۶۰۳۷۹۹۱۲۳۴۵۶۷۸۹۰"),
        (Decimal("12345678901234567890.5"), "۱۲۳۴۵۶۷۸۹۰۱۲۳۴۵۶۷۸۹۰.۵"),
        (Decimal("NaN"), "NaN"),
        (Decimal("123456789012345E15"), "۱.۲۳۴۵۶۷۸۹۰۱۲۳۴۵E+۲۹"),
    ],
)
def test_a_number_within_words_keeps_its_digits_and_takes_the_points_of_the_language(value: Any, persian: str) -> None:
    assert told(value, FA) == persian
