"""The gate before a sample: under `approved_only` nothing runs that was not approved, whoever asks."""

import asyncio
from collections.abc import Mapping
from typing import Any

from core.errors import QueryRefused
from core.models import SamplePolicy
from core.safety.approved import admits
from core.storage.queries import Approved, QueryRepository
from core.storage.sources import SourceRecord

RULE = "approved_only"


class Approvals:
    """Asks the database each time: a query that was revoked a moment ago does not run."""

    def __init__(self, queries: QueryRepository) -> None:
        self._queries = queries

    async def require(self, source: SourceRecord, params: Mapping[str, Any]) -> None:
        """Raises QueryRefused for a request that the organisation's policy does not let run."""
        if not await self.admits(source, params):
            raise QueryRefused(RULE, rule=RULE, part="")

    async def admits(self, source: SourceRecord, params: Mapping[str, Any]) -> bool:
        if await self._queries.policy(source.org_slug) is SamplePolicy.OPEN:
            return True
        return await asyncio.to_thread(_any, source.kind, await self._queries.approved(source.id), params)


def _any(kind: str, approved: tuple[Approved, ...], params: Mapping[str, Any]) -> bool:
    return any(admits(kind, mine, types, params) for mine, types in approved)
