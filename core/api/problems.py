"""Errors as RFC 9457 `application/problem+json`, in the reader's language, by the one table of `core.errors`."""

import math
from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.api.language import words
from core.errors import (
    BadRequest,
    BodyTooLarge,
    BreakerOpen,
    CheshmehError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    QueryRefused,
    RequestError,
    TooManyRequests,
    Unauthenticated,
)
from core.i18n import Translator
from core.i18n.advices import advice_for
from core.models import FieldError, Message

MEDIA_TYPE = "application/problem+json"
_OF_STATUS: dict[int, type[RequestError]] = {
    400: BadRequest,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
}


def problem(err: CheshmehError, speak: Translator, instance: str) -> JSONResponse:
    """The answer for an error; `instance` is the path that was asked for."""
    body: dict[str, Any] = {
        "type": f"urn:cheshmeh:error:{err.code}",
        "title": speak.text(f"title.{err.code}"),
        "status": err.status,
        "detail": speak.message(err.message),
        "code": err.code,
        "instance": instance,
    }
    if err.fields or err.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        body["errors"] = _fields(err.fields, speak)
    if advice := advice_for(err, speak):
        body["advice"] = advice
    if isinstance(err, QueryRefused):
        body |= err.named
    return JSONResponse(body | _wait(err), err.status, _headers(err), MEDIA_TYPE)


def install(app: FastAPI, methods: Callable[[str], Collection[str]]) -> None:
    """Every error of ours and of the framework leaves as a problem. `methods` gives those that a path takes."""

    async def ours(request: Request, err: Exception) -> JSONResponse:
        assert isinstance(err, CheshmehError)  # noqa: S101 - registered for this class alone
        return problem(err, words(request), request.url.path)

    async def framework(request: Request, err: Exception) -> JSONResponse:
        assert isinstance(err, HTTPException)  # noqa: S101 - registered for this class alone
        answer = problem(_OF_STATUS.get(err.status_code, BadRequest)(), words(request), request.url.path)
        answer.headers.update(err.headers or {})
        if err.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(sorted(methods(request.url.path)))
        return answer

    async def unread(request: Request, err: Exception) -> JSONResponse:
        assert isinstance(err, RequestValidationError)  # noqa: S101 - registered for this class alone
        # Flags are all that the framework reads itself.
        fields = tuple(FieldError(str(each["loc"][-1]), Message("field.bool_type")) for each in err.errors())
        return problem(InvalidInput(fields=fields), words(request), request.url.path)

    async def defect(request: Request, err: Exception) -> JSONResponse:
        return problem(CheshmehError(), words(request), request.url.path)

    app.add_exception_handler(CheshmehError, ours)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, unread)
    app.add_exception_handler(Exception, defect)


def _fields(fields: Iterable[FieldError], speak: Translator) -> list[dict[str, str]]:
    return [{"field": field.field, "message": speak.message(field.message)} for field in fields]


def _wait(err: CheshmehError) -> dict[str, Any]:
    seconds = _retry_after(err)
    if seconds is None:
        return {}
    state = {"state": err.state.value} if isinstance(err, BreakerOpen) else {}
    return {"retry_after_s": seconds, **state}


def _retry_after(err: CheshmehError) -> int | None:
    wait = getattr(err, "retry_after", None)
    return None if wait is None else max(1, math.ceil(wait))


def _headers(err: CheshmehError) -> dict[str, str]:
    seconds = _retry_after(err)
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    if isinstance(err, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="cheshmeh"'
    if isinstance(err, TooManyRequests | BreakerOpen):
        headers["Cache-Control"] = "no-store"
    return headers
