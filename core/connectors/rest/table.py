"""An answer as a table."""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from core.connectors import json_text
from core.connectors.http.client import Answer
from core.connectors.records import sample_of
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
        return await asyncio.to_thread(_document, answer)
    return _document(answer)


def _sample(answer: Answer, reading: Reading) -> Sample:
    records = json_text.records_in(_document(answer), reading.records_path)
    found = sample_of(
        records,
        limit=reading.limit,
        bytes_max=reading.bytes_max,
        executed=reading.executed,
        secrets=reading.secrets,
        cut_by=None if answer.complete else "bytes",
    )
    return replace(found, bytes_read=len(answer.body))


def _document(answer: Answer) -> Any:
    if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT):
        return None
    content_type = answer.headers.get("Content-Type", "")
    charset = _charset(content_type)
    if answer.complete:
        return json_text.parse(answer.body, charset, content_type)
    found, _ = json_text.parse_cut(json_text.text_of(answer.body, charset), content_type)
    return found


def _charset(content_type: str) -> str | None:
    named = (part.partition("=") for part in content_type.split(";")[1:])
    return next((value.strip(" \"'") for name, _, value in named if name.strip().lower() == "charset"), None)
