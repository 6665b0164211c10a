"""A sample as files: its rows, and beside the formats that hold nothing else its card."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from core.cli.files import written_to
from core.cli.output import words
from core.exports import CARD, Export, Limits, Origin
from core.exports.received import received
from core.models import SampleResult


class Ending(StrEnum):
    """The formats that `--format` and the names of files tell."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    PARQUET = "parquet"


BARE = frozenset({Ending.CSV, Ending.JSONL})


def ending_of(out: Path | None, given: Ending | None) -> Ending | None:
    """The format of what is to be written, None where nothing is. Raises BadParameter."""
    if out is None:
        if given is not None:
            raise typer.BadParameter("--format belongs to --out")
        return None
    try:
        return given or Ending(out.suffix.removeprefix(".").lower())
    except ValueError:
        raise typer.BadParameter(f"--out ends in none of {', '.join(Ending)}: say --format") from None


def written(
    out: Path,
    ending: Ending,
    bom: bool,
    source: Mapping[str, Any],
    org: str,
    asked: Mapping[str, Any],
    answer: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Path]]:
    """The card, and the files. Raises BadParameter where one cannot be written.

    The installation's limits are not part of an answer, so the card does not tell them.
    """
    found = SampleResult(received(answer), answer["latency_ms"], asked, datetime.now(UTC))
    origin = Origin(str(source["id"]), source["name"], source["kind"], org)
    export = Export(origin, found, Limits(), words())
    files = {out: ending.value} | ({out.with_suffix(f".{CARD}"): CARD} if ending in BARE else {})
    for path, name in files.items():
        written_to(path, export.written(name, bom=bom))
    return export.card, list(files)
