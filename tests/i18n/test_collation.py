"""Names in the order of the alphabet."""

import random

import pytest

from core.i18n.collation import name_key


@pytest.mark.parametrize(
    "ordered",
    [
        ["آب", "انبار", "بازار", "پروازها", "تهران", "شرکت", "فروش", "کتاب", "گزارش", "لاله", "یاد"],
        ["هواپیماها", "هواشناسی"],
        ["alpha", "Beta", "Zeta", "آمار"],
        ["میدان", "می\u200cرود", "نان"],
    ],
)
def test_names_stand_in_the_order_of_the_persian_alphabet(ordered: list[str]) -> None:
    mixed = random.sample(ordered, len(ordered))
    assert sorted(mixed, key=name_key) == ordered


def test_letters_of_arabic_keyboards_sort_like_the_persian_ones() -> None:
    assert name_key("كتابي") == name_key("کتابی")
