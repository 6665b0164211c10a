"""Puts the demo's organisation and sources into the product, through the same service that people use."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.models import Actor, Role, SourceDraft

if TYPE_CHECKING:  # a second start that has nothing to seed spares itself the import
    from core.runtime import Runtime

ORG, ORG_NAME = "demo", "سازمان نمونه"
SEEDER = Actor("demo", MappingProxyType({ORG: Role.ADMIN}), server_admin=True)


def digests(drafts: Iterable[SourceDraft]) -> dict[str, str]:
    """What tells by name whether a source is to be seeded anew. The secrets inside are too random to be guessed."""
    return {draft.name: _digest(draft) for draft in drafts}


def differing(drafts: Iterable[SourceDraft], kept: Mapping[str, str]) -> list[SourceDraft]:
    """Those whose address, secret or description is no longer what was seeded."""
    return [draft for draft in drafts if kept.get(draft.name) != _digest(draft)]


async def seed(runtime: "Runtime", drafts: Iterable[SourceDraft]) -> None:
    """Creates what is missing; what is there follows the draft, and keeps what a person set beside it."""
    await runtime.access.ensure_organisation(ORG, ORG_NAME)
    known = {source.name: source.id for source in (await runtime.sources.list(SEEDER, ORG)).items}
    for draft in drafts:
        if draft.name not in known:
            await runtime.sources.create(SEEDER, ORG, draft)
            continue
        changes = {"config": dict(draft.config), "description": draft.description}
        await runtime.sources.update(SEEDER, ORG, known[draft.name], changes)


def _digest(draft: SourceDraft) -> str:
    return sha256(json.dumps(asdict(draft), sort_keys=True, default=str).encode()).hexdigest()
