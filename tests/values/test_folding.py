"""Names that people take for the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Shop \t DB ", "shop db"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Ｓｈｏｐ", "shop"),
        ("كتاب", "کتاب"),
        ("ايران", "ایران"),
        ("۱۲۳ ٤٥٦ 789", "123 456 789"),
        ("پایگاه‌داده", "پایگاه داده"),
        ("پایگاه \u200c داده", "پایگاه داده"),
        ("\u200eshop\u202c", "shop"),
        ("ســلام", "سلام"),
        ("\u200c", ""),
        ("\ud800", "?"),
        ("a\0b", "a?b"),
    ],
)
def test_spellings_become_one(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(st.characters()) | st.text("a\u0300\u0301\u0315\u0345\u0f71\u0f73\u1fb7\uff9e\u0344", max_size=200))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters()))
def test_what_is_folded_can_be_stored(text: str) -> None:
    assert fold(text).encode() is not None


@pytest.mark.parametrize("heap", ["\u0315\u0300", "\uff9e\u0300", "\u0344\u0315"])
def test_marks_heaped_on_one_letter_are_not_all_put_in_order(heap: str) -> None:
    assert len(fold("a" + heap * 5_000)) < 40
