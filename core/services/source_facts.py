"""What the trail says of a source: its settings before and after, and of a secret only that it is another one."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.models import BreakerConfig
from core.storage.sources import SourceRecord

ASKED_MAX = 4000
"""Characters kept of a sample's parameters."""

REPLACED = {"set": True, "replaced": True}


def settings_of(record: SourceRecord, public: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values by name; of the configuration `public`, which holds no secret, each field as `config.<field>`."""
    thresholds = BreakerConfig(record.failure_threshold, record.timeout_seconds)
    window = record.maintenance
    return {
        "name": record.name,
        "description": record.description,
        "tags": list(record.tags),
        "paused": record.paused,
        "check_interval_s": record.check_interval_s,
        "breaker": asdict(thresholds),
        "maintenance": window and {"start": window.start.isoformat(), "until": window.until.isoformat()},
        **{f"config.{name}": value for name, value in public.items()},
    }


def replaced_secrets(public: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that look the same from outside and are not: a secret in them was replaced."""
    return {f"config.{name}": REPLACED for name in public if before.get(name) != after.get(name)}


def asked_for(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a sample; of long ones the beginning of their JSON text."""
    text = json.dumps(params, ensure_ascii=False)
    return {"params": dict(params)} if len(text) <= ASKED_MAX else {"params_cut": text[:ASKED_MAX]}
