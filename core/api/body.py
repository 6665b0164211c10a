"""Reading a JSON body: bounded, and with an error that says what is wrong."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from core import strict_json
from core.api.context import BODY_MAX
from core.errors import BadRequest, BodyTooLarge, InvalidInput, RequestTimeout
from core.models import FieldError, Message

DEPTH_MAX = 64
FORM_MAX = 64 * 1024
"""Anybody may send one; taking a mebibyte apart would hold up everybody else for half a second."""
BODY_S = 20.0
"""How long a body may take to arrive: a mebibyte at 50 kB a second."""


async def json_object(request: Request) -> dict[str, Any]:
    """The body as an object.

    Raises BodyTooLarge, RequestTimeout, BadRequest for malformed JSON, InvalidInput for another type.
    """
    data = _parse(await _bounded(request, BODY_MAX))
    if not isinstance(data, dict):
        raise InvalidInput(fields=(FieldError("body", Message("field.dict_type")),))
    return data


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a small HTML form; of several of one name the last. Raises BodyTooLarge, RequestTimeout."""
    body = await _bounded(request, FORM_MAX)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def _bounded(request: Request, limit: int) -> bytes:
    try:
        async with asyncio.timeout(BODY_S):
            return await _received(request, limit)
    except TimeoutError:
        raise RequestTimeout("body", seconds=round(BODY_S)) from None


async def _received(request: Request, limit: int) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(received)


def _parse(body: bytes) -> Any:
    try:
        data = strict_json.parsed(body)
        # A lone surrogate passes the parser but can be neither stored nor sent on.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadRequest("json") from None
    if _too_deep(data):
        raise BadRequest("json_depth", limit=DEPTH_MAX)
    return data


def _too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(DEPTH_MAX):
        level = [child for value in level for child in _children(value)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
