"""A ladder as it is stored. Its messages and facts hold no secret: connectors see to that."""

from collections.abc import Mapping
from typing import Any

from core.models import Change, Check, CheckStatus, Message
from core.services.evidence import message_from_json, message_to_json

Json = dict[str, Any]


def check_to_json(check: Check) -> Json:
    said = {"evidence": _said(check.evidence), "advice": _said(check.advice)}
    kept = {"step": check.step, "status": check.status.value, "ms": round(check.ms, 3), "fields": list(check.fields)}
    return kept | said | {"facts": dict(check.facts)}


def check_from_json(data: Mapping[str, Any]) -> Check:
    return Check(
        data["step"],
        CheckStatus(data["status"]),
        data["ms"],
        _message(data["evidence"]),
        _message(data["advice"]),
        tuple(data["fields"]),
        data["facts"],
    )


def change_to_json(change: Change) -> Json:
    return {"step": change.step, "message": message_to_json(change.message)}


def change_from_json(data: Mapping[str, Any]) -> Change:
    return Change(data["step"], message_from_json(data["message"]))


def _said(message: Message | None) -> Json | None:
    return None if message is None else message_to_json(message)


def _message(data: Mapping[str, Any] | None) -> Message | None:
    return None if data is None else message_from_json(dict(data))
