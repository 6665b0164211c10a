"""What a sample is: where it came from, what was asked, when, within which limits, and whether it is all of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from core.exports.fingerprint import fingerprint
from core.i18n import Translator
from core.models import SampleResult, Source
from core.row_builder import CELL_MAX, COLUMNS_MAX
from core.values import clean, json_value


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps that the installation sets on a sample, None where they are not known; the others are the program's."""

    rows_max: int | None = None
    bytes_max: int | None = None
    cell_bytes_max: int = CELL_MAX
    columns_max: int = COLUMNS_MAX


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sample is from; `organisation` is its slug."""

    id: str
    name: str
    kind: str
    organisation: str

    @classmethod
    def of(cls, source: Source) -> "Origin":
        return cls(str(source.id), source.name, source.kind, source.org)


def card_of(origin: Origin, found: SampleResult, limits: Limits, t: Translator) -> dict[str, Any]:
    """JSON values by name, without a secret: the request is the one that the audit keeps, the configuration is not in.

    `sampled_at` is when the answer came, not when it is taken away; `sampled_at_words` says it in the reader's
    language, calendar and zone, and so are the notes.
    """
    sample, when = found.sample, found.ts
    return {
        "source": {"id": origin.id, "name": clean(origin.name), "kind": origin.kind},
        "organisation": origin.organisation,
        "request": json_value(found.asked),
        "executed": clean(sample.executed),
        "sampled_at": when and when.astimezone(UTC).isoformat(),
        "sampled_at_words": when and t.datetime(when),
        "limits": {**asdict(limits), "seconds_max": found.time_limit_s},
        **_extent(found),
        "notes": [clean(t.message(note)) for note in sample.notes],
        "columns": [{"name": clean(column.name), "type": column.type} for column in sample.columns],
        "fingerprint": {"sha256": fingerprint(sample)},
    }


def written(card: Mapping[str, Any]) -> bytes:
    """As a file that people read too."""
    return (json.dumps(card, ensure_ascii=False, indent=2) + "\n").encode()


def _extent(found: SampleResult) -> dict[str, Any]:
    sample = found.sample
    return {
        "rows": len(sample.rows),
        "truncated": sample.truncated_by is not None,
        "truncated_by": sample.truncated_by,
        "bytes_read": sample.bytes_read,
        "latency_ms": round(found.latency_ms, 3),
    }
