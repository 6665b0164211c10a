"""The tree of what a source holds: what is said of an entry, and what changed."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Open, texts
from tests.ui.samples import source_id

WELL = str(source_id("پروازها"))


def opened(open_page: Open, lang: str) -> str:
    """Everything that stands on the page once the columns of a table are open, without marks of direction."""
    app = open_page("playground", source=WELL, lang=lang)
    app.button(key=f"entry_{WELL}_public.flights").click().run()
    assert not app.exception
    return unmarked(app)


def unmarked(app: AppTest) -> str:
    labels = " ".join(button.label for button in app.button)
    return "".join(letter for letter in f"{texts(app)} {labels}" if letter not in "\u2066\u2068\u2069\\")


@pytest.mark.parametrize(
    ("lang", "figures", "marks"),
    [
        ("fa", "جدول · ~۱۲٬۰۰۰ سطر · ۳٫۴ مبی‌بایت · New York, 2013", "text · کلید اصلی · تهی‌ناپذیر"),
        ("en", "table · ~12,000 rows · 3.4 MiB · New York, 2013", "text · primary key · not null"),
    ],
)
def test_an_entry_has_its_figures_beside_it(open_page: Open, lang: str, figures: str, marks: str) -> None:
    shown = opened(open_page, lang)
    assert figures in shown
    assert marks in shown


@pytest.mark.parametrize(
    ("lang", "types", "word"),
    [
        ("fa", "int ۷۵٪ / string ۲۵٪ · در ۵۰٪", "نوع‌های ناسازگار"),
        ("en", "int 75% / string 25% · in 50%", "conflicting types"),
    ],
)
def test_types_that_do_not_go_together_have_a_sign_and_a_word(
    open_page: Open, lang: str, types: str, word: str
) -> None:
    shown = opened(open_page, lang)
    assert f"{types}" in shown
    assert f":material/warning:\u00a0{word}" in shown


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("fa", ("ستون price حذف شد", "نوع ستون total: integer → bigint", "ستون extra_0 اضافه شد", "و ۲ تغییر دیگر")),
        (
            "en",
            ("Column price was removed", "Column total: integer → bigint", "Column extra_0 was added", "and 2 more"),
        ),
    ],
)
def test_what_changed_stands_above_the_level(open_page: Open, lang: str, said: tuple[str, ...]) -> None:
    shown = opened(open_page, lang)
    assert [sentence for sentence in said if sentence not in shown] == []
    assert "extra_3" not in shown


def test_a_level_without_changes_has_no_notice(open_page: Open) -> None:
    assert ":material/difference:" not in texts(open_page("playground", source=WELL))


def test_when_it_was_read_is_said_beside_the_button_that_reads_anew(open_page: Open) -> None:
    app = open_page("playground", source=WELL, lang="en")
    assert "Read " in texts(app)
    assert not app.button(key="browse_refresh").disabled
