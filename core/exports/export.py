"""A sample on its way out: the file and its card, made when somebody wants them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import Any

from core.exports.card import Limits, Origin, card_of, written
from core.exports.delimited import as_csv, as_json_lines
from core.exports.excel import as_excel
from core.exports.parquet import as_parquet
from core.i18n import Translator
from core.models import SampleResult

FORMATS: Mapping[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""Media types by the endings of files."""

CARD = "card.json"


@dataclass(frozen=True)
class Export:
    """What may be taken away of one sample."""

    origin: Origin
    found: SampleResult
    limits: Limits
    t: Translator
    """Of the sentences in the card."""

    @property
    def stem(self) -> str:
        """The name of the files, without its ending: the source, and when the sample was taken."""
        name = re.sub(r"[^\w\u200c-]+", "-", self.origin.name).strip("-") or self.origin.kind
        return f"{name}-{self.found.ts.astimezone(UTC):%Y%m%d-%H%M%S}" if self.found.ts else name

    @cached_property
    def card(self) -> dict[str, Any]:
        """See `core.exports.card.card_of`."""
        return card_of(self.origin, self.found, self.limits, self.t)

    def written(self, ending: str, *, bom: bool = True) -> bytes:
        """The file of one of FORMATS, or the card's own. KeyError for another ending; `bom` concerns CSV alone."""
        sample = self.found.sample
        makers = {
            "csv": lambda: as_csv(sample, bom=bom),
            "jsonl": lambda: as_json_lines(sample),
            "parquet": lambda: as_parquet(sample, self.card),
            "xlsx": lambda: as_excel(sample, self.card, self.t),
            CARD: lambda: written(self.card),
        }
        return makers[ending]()
