"""The top rung of every ladder: one row of the first thing that the catalogue knows."""

from collections.abc import AsyncIterator
from typing import Any

from core.connectors.base import Connector
from core.diagnosis.ladder import Found
from core.errors import (
    BadAnswer,
    LimitExceeded,
    NotFoundInSource,
    PermissionDenied,
    QueryFailed,
    QueryRefused,
    RequestError,
    SourceError,
    SourceTimeout,
)
from core.models import CatalogEntry, Message
from core.resilience.deadline import within

TRIED_MAX = 5
BRANCHES = 3
"""Levels opened in search of something to read: schemas that hold nothing."""

_ELSEWHERE = (BadAnswer, LimitExceeded, NotFoundInSource, PermissionDenied, QueryFailed, QueryRefused, RequestError)
"""What says that this was not the right thing to read, and nothing about the source as a whole."""


async def first_look(connector: Connector, limit_s: float, known: CatalogEntry | None = None) -> Found:
    """What one row of the connector's source showed; a warning where nothing can be read that we know of.

    `known` is an entry of the catalogue that can be read; without it the catalogue is asked.
    Raises PermissionDenied when everything that was tried is forbidden, and every other SourceError as it comes.
    """
    try:
        async with within(limit_s):
            return await _look(connector, known)
    except TimeoutError:
        raise SourceTimeout("attempt", seconds=limit_s) from None


async def _look(connector: Connector, known: CatalogEntry | None) -> Found:
    refused: list[Any] = []
    async for entry in _candidates(connector, known):
        params = connector.params_for(entry)
        if not params:
            continue
        try:
            sample = await connector.sample({**params, "limit": 1})
        except _ELSEWHERE as err:
            refused.append(err)
            if len(refused) == TRIED_MAX:
                break
        else:
            told = {"rows": len(sample.rows), "name": entry.name}
            return Found(Message("check.sampled", told), facts={"command": sample.executed})
    return _nothing(refused)


async def _candidates(connector: Connector, known: CatalogEntry | None) -> AsyncIterator[CatalogEntry]:
    entries = await connector.describe() if known is None else [known]
    for entry in entries:
        yield entry
    for entry in [entry for entry in entries if entry.expandable and not connector.params_for(entry)][:BRANCHES]:
        for below in await connector.describe(entry.path):
            yield below


def _nothing(refused: list[Any]) -> Found:
    if not refused:
        return Found(Message("check.empty"), Message("check.empty_advice"))
    last = refused[-1]
    if all(isinstance(err, PermissionDenied) for err in refused):
        raise last
    assert isinstance(last, SourceError | RequestError)  # noqa: S101 - of `_ELSEWHERE`
    return Found(last.message, Message("check.unread"))
