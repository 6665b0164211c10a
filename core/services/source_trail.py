"""What the trail says of a source: its settings before and after, of a secret only that it is another one, and what
was asked for in a sample."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.connectors.catalog import KindCatalog
from core.errors import InvalidInput
from core.models import Actor, BreakerConfig, Event, Note
from core.services.audit import Audit, Entry
from core.storage.encryption import SealBroken
from core.storage.sources import SourceRecord, SourceRepository

ASKED_MAX = 4000
"""Characters kept of a sample's parameters."""

REPLACED = {"set": True, "replaced": True}


class SourceTrail:
    """Remembers nothing: what is written inside a transaction may be taken back."""

    def __init__(self, audit: Audit, kinds: KindCatalog, sources: SourceRepository) -> None:
        self._audit, self._kinds, self._sources = audit, kinds, sources

    def whole(self, record: SourceRecord) -> dict[str, Any]:
        """Every setting of a source that comes or goes; without its configuration where that does not open."""
        plain = opened(self._sources, record)
        return {"kind": record.kind, **settings_of(record, self._public(record, plain))}

    def tell(self, entry: Entry, before: SourceRecord, after: SourceRecord) -> None:
        """What differs between two versions."""
        old, new = opened(self._sources, before), opened(self._sources, after)
        was, now = self._public(before, old), self._public(after, new)
        # Fields that look the same from outside and are not: a secret in them was replaced.
        replaced = [name for name in now if now[name] == was.get(name) and new.get(name) != old.get(name)]
        told = settings_of(after, now) | {f"config.{name}": REPLACED for name in replaced}
        entry.changed(settings_of(before, was), told)

    async def sampled(self, actor: Actor, org: str, record: SourceRecord, params: Mapping[str, Any]) -> dict[str, Any]:
        """A look at data; gives what was asked for, without the source's secrets in it."""
        masked = self._masked(record, params)
        await self._audit.note(actor, org, "source.sample", record.name, record.uid, **asked_for(masked))
        return masked

    def asked(self, record: SourceRecord, params: Mapping[str, Any]) -> dict[str, Any]:
        """What was asked for as it is written down: of long parameters their beginning."""
        return asked_for(self._masked(record, params))

    def _masked(self, record: SourceRecord, params: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing where nobody can say what the secrets are: the configuration does not open, or fits no more."""
        plain = opened(self._sources, record)
        try:
            return self._kinds.masked(record.kind, plain, params) if plain else {}
        except InvalidInput:
            return {}

    def _public(self, record: SourceRecord, plain: Mapping[str, Any]) -> dict[str, Any]:
        return self._kinds.public(record.kind, plain) if plain else {}


def opened(sources: SourceRepository, record: SourceRecord) -> dict[str, Any]:
    """The configuration in clear; empty where it does not open any more."""
    try:
        return sources.config(record)
    except SealBroken:
        return {}


def settings_of(record: SourceRecord, public: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values by name; of the configuration `public`, which holds no secret, each field as `config.<field>`."""
    thresholds = BreakerConfig(record.failure_threshold, record.timeout_seconds)
    window, note = record.maintenance, record.note
    return {
        "name": record.name,
        "description": record.description,
        "tags": list(record.tags),
        "paused": record.paused,
        "check_interval_s": record.check_interval_s,
        "breaker": asdict(thresholds),
        "maintenance": window and {"start": window.start.isoformat(), "until": window.until.isoformat()},
        "note": note and note.said,
        **{f"config.{name}": value for name, value in public.items()},
    }


def noted(now: Note | None, before: Note | None, actor: Actor, ts: datetime) -> tuple[Event, ...]:
    """What the source's own events say of a note that is another one now; `text` is None where it was taken away."""
    if now == before:
        return ()
    said = {"text": None, "until": None} if now is None else now.said
    return (Event(ts, "note", said | {"actor": actor.name}),)


def asked_for(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a sample; of long ones the beginning of their JSON text."""
    text = json.dumps(params, ensure_ascii=False)
    return {"params": dict(params)} if len(text) <= ASKED_MAX else {"params_cut": text[:ASKED_MAX]}
