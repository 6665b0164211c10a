"""Excel files, read back from their XML as a spreadsheet would read them."""

import io
import re
import sys
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from core.exports import Export, Limits, Origin
from core.exports.excel import TEXT_MAX
from core.i18n import translator
from core.models import Column, Sample
from core.values import clean
from tests.exports.odd import RESULT, TYPED, samples
from tests.ui.samples import make_source

NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
SOURCE = make_source("پروازها")


def export(sample: Sample, lang: str = "fa") -> Export:
    return Export(
        Origin.of(SOURCE), replace(RESULT, sample=sample), Limits(1000, 5_000_000), translator(lang, strict=True)
    )


def sheets(data: bytes) -> list[dict[str, Any]]:
    """Cells by their place: text as str, numbers as float, truth values as bool. Fails where a formula stands."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            root = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - our own file
            shared = ["".join(t.text or "" for t in each.iterfind(".//m:t", NAMES)) for each in root]
        return [
            _cells(ET.fromstring(book.read(f"xl/worksheets/sheet{n}.xml")), shared)  # noqa: S314 - our own
            for n in (1, 2)
        ]


def _cells(root: ET.Element, shared: list[str]) -> dict[str, Any]:
    assert root.find(".//m:f", NAMES) is None
    found: dict[str, Any] = {}
    for cell in root.iterfind(".//m:c", NAMES):
        value = cell.findtext("m:v", "", NAMES)
        kind = cell.get("t")
        text = shared[int(value)] if kind == "s" else ""
        found[cell.get("r") or ""] = _unescaped(text) if kind == "s" else value == "1" if kind == "b" else float(value)
    return found


def _unescaped(text: str) -> str:
    """Excel's own form of letters that XML cannot hold."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def one(value: object, type_: str = "mixed") -> Any:
    return sheets(export(Sample((Column("a", type_),), [(value,)])).written("xlsx"))[0].get("A2")


def test_numbers_dates_and_truth_values_are_what_they_are():
    rows, _ = sheets(export(TYPED).written("xlsx"))
    assert [rows[f"{letter}1"] for letter in "ABCD"] == ["n", "f", "قیمت", "ok"]
    assert [rows[f"{letter}2"] for letter in "ABCDE"] == [7, 1.5, 12.5, True, "سلام"]
    assert rows["F2"] == (date(2026, 11, 27) - date(1899, 12, 30)).days
    assert rows["I2"] == "2026-11-27T17:43:00+03:30"
    assert (rows["J2"], rows["L2"], rows["M2"]) == ("P1DT2H", "89 50 4e 47", '{"a": [1, null]}')
    assert not [place for place in rows if place.endswith("3")]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (10**15 - 1, 10**15 - 1),
        (10**15, "1000000000000000"),
        (-(10**16), "-10000000000000000"),
        (Decimal(123456789012345), 123456789012345),
        (Decimal("1234567890123456.7"), "1234567890123456.7"),
        (Decimal("NaN"), "NaN"),
        (Decimal("123456789012345E299"), "1.23456789012345E+313"),
        (float("inf"), "inf"),
        (sys.float_info.max, str(sys.float_info.max)),  # written with 16 digits it would be more than there is
        (-5e-324, "-5e-324"),
        (date(1900, 2, 28), "1900-02-28"),
        (datetime(2026, 1, 1, 0, 0, 0, 1), "2026-01-01T00:00:00.000001"),  # noqa: DTZ001 - it has no zone
        ("=1+1", "=1+1"),
        ("@SUM(A1)", "@SUM(A1)"),
        ("{=1+1}", "{=1+1}"),
        ("https://example.com", "https://example.com"),
        ("<r>&</r>", "<r>&</r>"),
        ("<r><t>x</t></r>", "<r><t>x</t></r>"),
        ("\x00\x07", "\x00\x07"),
        ("_x0041_", "_x0041_"),
        ("\ud800", "\ufffd"),
    ],
)
def test_what_excel_would_spoil_is_text(value: object, wanted: object):
    assert one(value) == wanted


def test_text_that_is_too_long_is_cut_and_the_card_says_so():
    rows, card = sheets(export(Sample((Column("a", "string"),), [("ب" * 40_000,), ("😀" * 20_000,)])).written("xlsx"))
    assert rows["A2"] == "ب" * TEXT_MAX
    assert rows["A3"] == "😀" * (TEXT_MAX // 2)
    assert [text for text in card.values() if "۳۲٬۷۶۷" in str(text)] == [
        "متن ۲ خانه بلندتر از ظرفیت Excel بود و در ۳۲٬۷۶۷ نویسه بریده شد."
    ]


def test_more_columns_than_excel_has_are_cut_and_the_card_says_so():
    sample = Sample(tuple(Column(f"c{n}", "integer") for n in range(16_385)), [tuple(range(16_385))])
    rows, card = sheets(export(sample, "en").written("xlsx"))
    assert rows["XFD2"] == 16_383
    assert len([each for each in rows if each.endswith("2") and each.rstrip("2").isalpha()]) == 16_384
    assert "Excel has no room for all columns: 16,384 of 16,385 are here." in card.values()


def test_the_second_sheet_is_the_card():
    made = export(TYPED)
    _, card = sheets(made.written("xlsx"))
    told = {card[f"A{n}"]: card.get(f"B{n}") for n in range(1, 40) if f"A{n}" in card}
    assert told["منبع"] == "پروازها"
    assert told["درخواست"] == '{"table": "public.t", "limit": 2}'
    assert told["اثر انگشت داده (SHA-256)"] == made.card["fingerprint"]["sha256"]
    assert told["بریده شده"] is True


def test_the_same_sample_is_the_same_file():
    assert export(TYPED).written("xlsx") == export(TYPED).written("xlsx")


@given(samples())
@settings(max_examples=60, deadline=None)
def test_every_text_comes_back_letter_by_letter(sample: Sample):
    rows, _ = sheets(export(sample).written("xlsx"))
    for number, row in enumerate(sample.rows, start=2):
        for letter, value in zip("ABCD", row, strict=False):
            if isinstance(value, str):
                # XML itself makes one line feed of every line end.
                assert rows.get(f"{letter}{number}", "").replace("\r\n", "\n").replace("\r", "\n") == clean(
                    value
                ).replace("\r\n", "\n").replace("\r", "\n")
