"""An answer as a table."""

import asyncio
import sys
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from core.connectors import json_text
from core.connectors.http.client import Answer
from core.connectors.record_paths import proposal
from core.connectors.records import sample_of
from core.errors import BadAnswer
from core.models import Sample

ON_LOOP_MAX = 64 * 1024
"""Bytes of JSON that are read within a millisecond or so; more would hold up every other source."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How an answer is to be read: where its records are, how many are wanted, what they are called afterwards."""

    records_path: str | None
    limit: int
    bytes_max: int
    executed: str
    secrets: tuple[str, ...]


async def sample(answer: Answer, reading: Reading) -> Sample:
    """The records of an answer. Raises BadAnswer, InvalidInput and LimitExceeded (see `core.connectors.json_text`)."""
    if len(answer.body) > ON_LOOP_MAX or reading.records_path:
        return await asyncio.to_thread(_sample, answer, reading)
    return _sample(answer, reading)


async def document(answer: Answer) -> Any:
    """What an answer holds, as far as it came; None where it is empty. Raises BadAnswer."""
    if len(answer.body) > ON_LOOP_MAX:
        return (await asyncio.to_thread(_records, answer, None))[0]
    return _records(answer, None)[0]


def _sample(answer: Answer, reading: Reading) -> Sample:
    document, records, whole = _records(answer, reading.records_path, reading.limit + 1)
    found = sample_of(
        records,
        limit=reading.limit,
        bytes_max=reading.bytes_max,
        executed=reading.executed,
        secrets=reading.secrets,
        cut_by=None if whole else "bytes",
    )
    proposed = () if reading.records_path else proposal(document, records, reading.secrets)
    return replace(found, bytes_read=len(answer.body), notes=(*found.notes, *proposed))


def _records(answer: Answer, path: str | None, keep: int = sys.maxsize) -> tuple[Any, list[Any], bool]:
    """What an answer holds, its rows, and whether that is all that the service had.

    With a path nobody knows beforehand which elements count; without one, no more than `keep` are read.
    """
    if path:
        document, _, whole = _records(answer, None)
        return document, json_text.records_in(document, path), whole
    if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT):
        return None, [], True
    content_type = answer.headers.get("Content-Type", "")
    text, fits = json_text.bounded(json_text.text_of(answer.body, _charset(content_type)))
    if answer.complete and not text.strip():
        raise BadAnswer("empty")
    document, rows, whole = json_text.rows_cut(text, content_type, keep)
    if answer.complete and fits and not whole:
        raise BadAnswer("truncated")
    return document, rows, answer.complete and fits


def _charset(content_type: str) -> str | None:
    named = (part.partition("=") for part in content_type.split(";")[1:])
    return next((value.strip(" \"'") for name, _, value in named if name.strip().lower() == "charset"), None)
