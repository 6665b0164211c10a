"""Excel: the rows on one sheet, the card on a second one.

Excel keeps 15 digits of a number, knows no zones and no day before 1900, and takes 32,767 letters a cell: what would
not come through unharmed is text. Nothing is ever a formula or a link.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from core.exports.cells import text_of
from core.i18n import Translator
from core.models import Sample
from core.values import clean

DIGITS_MAX, EXPONENT_MAX = 15, 300
TEXT_MAX = 32_767
"""UTF-16 units in a cell; with 15 digits, 1,048,576 rows and 16,384 columns: "Excel specifications and limits"."""
ROWS_MAX, COLUMNS_MAX = 1_048_576 - 1, 16_384
FIRST_YEAR = 1901
"""From here on Excel's days are those of the calendar: it takes 1900 for a leap year."""
WIDTH, WIDTH_MIN, WIDTH_MAX = 1.2, 8, 48

FORMATS = {"date": "yyyy-mm-dd", "time": "hh:mm:ss.000", "datetime": "yyyy-mm-dd hh:mm:ss.000"}
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def as_excel(sample: Sample, card: Mapping[str, Any], t: Translator) -> bytes:
    """Labels of the card are in the reader's language; what had to be cut is a note on it."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, dict(OPTIONS))
    # The time that stands in the file by default would make two files of one sample differ.
    made = card.get("sampled_at")
    book.set_properties(
        {"created": datetime.fromisoformat(made).astimezone(UTC).replace(tzinfo=None) if made else EPOCH}
    )
    writing = _Sheet(book.add_worksheet(t.text("export.sheet.rows")), _formats(book))
    _rows(writing, sample)
    _card(_Sheet(book.add_worksheet(t.text("export.sheet.card")), _formats(book)), card, _cut(writing, sample, t), t)
    book.close()
    return file.getvalue()


EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - Excel knows no zones


@dataclass(slots=True)
class _Sheet:
    """A sheet of XlsxWriter, which has no types, and how many texts were too long for it."""

    sheet: Any
    formats: Mapping[str, Any]
    cut: int = field(default=0)

    def put(self, row: int, column: int, value: Any, form: str | None = None) -> None:
        """Dates, numbers and truth values as such where Excel keeps them whole, everything else as text."""
        styled = self.formats.get(form or "")
        match value:
            case None:
                return
            case bool():
                self.sheet.write_boolean(row, column, value, styled)
            case int() | float() | Decimal() if _fits(value):
                self.sheet.write_number(row, column, float(value), styled)
            case date() | time() if _is_excels(value):
                self.sheet.write_datetime(row, column, value, self.formats[_format_of(value)])
            case _:
                self._text(row, column, text_of(value) or "", styled)

    def _text(self, row: int, column: int, text: str, styled: Any) -> None:
        text = clean(text)
        if len(text) > TEXT_MAX // 2 and len(units := text.encode("utf-16-le")) > TEXT_MAX * 2:
            self.cut += 1
            text = units[: TEXT_MAX * 2].decode("utf-16-le", "ignore")
        if text.startswith("<r>"):
            # XlsxWriter takes what looks like its own rich text for that, and writes the markup as it stands.
            self.sheet.write_rich_string(row, column, self.formats["plain"], "<", self.formats["plain"], text[1:])
        else:
            self.sheet.write_string(row, column, text, styled)


def _formats(book: Any) -> dict[str, Any]:
    made = {name: book.add_format({"num_format": form}) for name, form in FORMATS.items()}
    return made | {"head": book.add_format({"bold": True}), "plain": book.add_format()}


def _rows(writing: _Sheet, sample: Sample) -> None:
    shown = sample.columns[:COLUMNS_MAX]
    for column, each in enumerate(shown):
        writing.put(0, column, each.name, "head")
        writing.sheet.set_column(column, column, min(WIDTH_MAX, max(WIDTH_MIN, len(each.name) * WIDTH)))
    writing.sheet.freeze_panes(1, 0)
    for row, values in enumerate(sample.rows[:ROWS_MAX], start=1):
        for column, value in enumerate(values[:COLUMNS_MAX]):
            writing.put(row, column, value)


def _cut(writing: _Sheet, sample: Sample, t: Translator) -> list[str]:
    """What Excel has no room for, in words."""
    notes = []
    if writing.cut:
        notes.append(t.plural("export.excel.cut_cells", writing.cut, letters=TEXT_MAX))
    if len(sample.columns) > COLUMNS_MAX:
        notes.append(t.text("export.excel.cut_columns", shown=COLUMNS_MAX, all=len(sample.columns)))
    if len(sample.rows) > ROWS_MAX:
        notes.append(t.text("export.excel.cut_rows", shown=ROWS_MAX, all=len(sample.rows)))
    return notes


def _card(writing: _Sheet, card: Mapping[str, Any], cut: list[str], t: Translator) -> None:
    if t.direction == "rtl":
        writing.sheet.right_to_left()
    writing.sheet.set_column(0, 0, 28)
    writing.sheet.set_column(1, 1, 80)
    for row, (name, value) in enumerate(_lines(card, cut)):
        writing.put(row, 0, t.text_or(f"export.card.{name}", name), "head")
        writing.put(row, 1, value if isinstance(value, str | int | float | None) else _json(value))


def _lines(card: Mapping[str, Any], cut: list[str]) -> Iterator[tuple[str, Any]]:
    """A line for each value; of objects one for each member, of lists one for each entry."""
    for name, value in card.items():
        if name == "notes":
            yield from (("note", note) for note in [*value, *cut])
        elif name == "columns":
            yield from (("column", f"{each['name']} ({each['type']})") for each in value)
        elif isinstance(value, Mapping) and name != "request":
            yield from ((f"{name}.{inner}", member) for inner, member in value.items())
        else:
            yield name, value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _fits(value: float | Decimal) -> bool:
    """Whether Excel keeps every digit; a float's own digits are beyond that anyway."""
    if isinstance(value, float):
        return not value or 10.0**-EXPONENT_MAX < abs(value) < 10.0**EXPONENT_MAX
    if isinstance(value, int):
        return abs(value) < 10**DIGITS_MAX
    digits = value.as_tuple().digits
    return value.is_finite() and len(digits) <= DIGITS_MAX and (not value or abs(value.adjusted()) < EXPONENT_MAX)


def _is_excels(value: date | time) -> bool:
    """No zone, no day before Excel's calendar, nothing finer than its milliseconds."""
    if isinstance(value, datetime | time) and (value.tzinfo is not None or value.microsecond % 1000):
        return False
    return isinstance(value, time) or value.year >= FIRST_YEAR


def _format_of(value: date | time) -> str:
    return "time" if isinstance(value, time) else "datetime" if isinstance(value, datetime) else "date"
