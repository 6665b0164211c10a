"""What a GraphQL server says no with, by status or in `errors`, as one of our errors."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from core.connectors.http.client import Answer
from core.connectors.http.failures import of_status
from core.connectors.network import fields_of
from core.errors import AuthError, BadAnswer, PermissionDenied, QueryFailed, RateLimited, SourceError
from core.redaction import scrub

MESSAGES_MAX = 3

# `extensions.code` as Apollo and those after it have it, Hasura's own words, and GitHub's `type`.
_UNKNOWN_CALLER = frozenset({"UNAUTHENTICATED", "UNAUTHORIZED", "INVALID-JWT", "ACCESS-DENIED"})
_NOT_ALLOWED = frozenset({"FORBIDDEN", "PERMISSION_DENIED", "PERMISSION-ERROR", "INSUFFICIENT_SCOPES"})
_TOO_OFTEN = frozenset({"RATE_LIMITED", "THROTTLED"})


def of_answer(answer: Answer) -> SourceError | None:
    """What the status says by itself; None for a success."""
    if 300 <= answer.status < 400:
        return BadAnswer("redirect", fields=fields_of("endpoint"), status=answer.status)
    return of_status(answer.status, answer.headers, auth_field="auth")


def says_more(refused: SourceError, errors: Sequence[Any]) -> bool:
    """Whether `errors` tell more than the status: an invalid query is a 400, a wrong token at times a 500."""
    return isinstance(refused, QueryFailed) or any(True for code in _codes(errors) if code in _UNKNOWN_CALLER)


def of_errors(errors: Sequence[Any], secrets: Iterable[str]) -> SourceError:
    """The error for a request that the server answered with nothing but `errors`."""
    codes, detail = set(_codes(errors)), said(errors, secrets)
    if codes & _UNKNOWN_CALLER:
        return AuthError("graphql", fields=fields_of("auth"), detail=detail)
    if codes & _NOT_ALLOWED:
        return PermissionDenied("graphql", fields=fields_of("auth"), detail=detail)
    if codes & _TOO_OFTEN:
        return RateLimited("graphql", detail=detail)
    return QueryFailed("graphql", detail=detail)


def said(errors: Sequence[Any], secrets: Iterable[str]) -> str:
    """The first few messages, without the source's secrets."""
    messages = (str(error.get("message") or "") for error in errors if isinstance(error, dict))
    return scrub(" · ".join(islice(filter(None, map(str.strip, messages)), MESSAGES_MAX)), secrets)


def _codes(errors: Sequence[Any]) -> Iterator[str]:
    for error in errors:
        match error:
            case {"extensions": {"code": str(code)}} | {"type": str(code)}:
                yield code.upper()
