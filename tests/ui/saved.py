"""Saved queries of nobody's, for pages that are about something else."""

from typing import Any

from core.models import Actor, SamplePolicy, SavedQuery


class FakeQueries:
    async def list(self, actor: Actor, org: str, source_id: Any = None) -> tuple[SavedQuery, ...]:
        return ()

    async def policy(self, actor: Actor, org: str) -> SamplePolicy:
        return SamplePolicy.OPEN
