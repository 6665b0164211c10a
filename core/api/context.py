"""What a route needs from outside itself: the runtime, and who is asking."""

import hmac
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from core.api.addresses import origin_of
from core.api.limits import Limits
from core.api.proxies import client_address, is_secure
from core.errors import BodyTooLarge, Forbidden, NotFound, Unauthenticated
from core.models import Actor, Role, Visitor
from core.runtime import Runtime
from core.settings import SESSION_COOKIE

BODY_MAX = 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def runtime_of(connection: HTTPConnection) -> Runtime:
    runtime: Runtime = connection.app.state.runtime
    return runtime


def session_cookie(connection: HTTPConnection) -> str | None:
    """The session's token, the last of several. Another program's cookie on this host may look like anything: the
    standard library's parser would give up at it, and lock the person out."""
    return connection.cookies.get(SESSION_COOKIE)


def limits_of(connection: HTTPConnection) -> Limits:
    limits: Limits = connection.app.state.limits
    return limits


def visitor(connection: HTTPConnection) -> Visitor:
    """Where somebody signs in from."""
    return Visitor(client_address(connection), connection.headers.get("user-agent"))


async def actor_of(request: Request) -> Actor:
    """Who asks, by bearer token or session cookie. Raises Unauthenticated, Forbidden for a write from elsewhere,
    TooManyRequests."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        actor = await _bearer(request, token.strip()) if scheme.lower() == "bearer" else None
    else:
        runtime = runtime_of(request)
        actor = await runtime.call(runtime.access.actor_of_session(session_cookie(request), client_address(request)))
        if actor is not None and request.method not in SAFE_METHODS:
            require_same_origin(request)
    if actor is None:
        raise Unauthenticated("token" if scheme.lower() == "bearer" else "needed")
    return actor


async def _bearer(request: Request, token: str) -> Actor | None:
    runtime, limits = runtime_of(request), limits_of(request)
    if hmac.compare_digest(token.encode(), runtime.local_token.encode()):
        return await runtime.call(runtime.access.local_actor())
    address = client_address(request)
    limits.require_address(address)
    limits.require_token(token)
    actor = await runtime.call(runtime.access.actor_of_token(token, address))
    if actor is None:
        limits.wrong(address)
        return None
    limits.used(token)
    return actor


def require_no_foreign_origin(connection: HTTPConnection) -> None:
    """Raises Forbidden where a browser says that the request comes from elsewhere; programs say nothing."""
    if "origin" in connection.headers or "sec-fetch-site" in connection.headers:
        require_same_origin(connection)


def require_same_origin(connection: HTTPConnection) -> None:
    """Raises Forbidden unless the browser says that the request comes from a page of ours."""
    origin, site = connection.headers.get("origin"), connection.headers.get("sec-fetch-site")
    if site not in (None, "same-origin") or (origin not in _own_origins(connection) if origin else site is None):
        raise Forbidden("origin")


def _own_origins(connection: HTTPConnection) -> frozenset[str]:
    scheme = "https" if is_secure(connection) else "http"
    urls = runtime_of(connection).settings.origin, f"{scheme}://{connection.headers.get('host', '')}"
    return frozenset(map(origin_of, urls))


ActorOf = Annotated[Actor, Depends(actor_of)]


class Allowed:
    """Dependency: 401, then 404, then 403, before anything of the request is judged. Gives the actor."""

    def __init__(self, role: Role) -> None:
        self._role = role

    async def __call__(self, request: Request, org_id: str, actor: ActorOf) -> Actor:
        source = request.path_params.get("ds_id")
        runtime = runtime_of(request)
        await runtime.call(runtime.sources.authorise(actor, org_id, self._role, source and source_id(source)))
        if declared_length(request) > BODY_MAX:
            raise BodyTooLarge(limit=BODY_MAX)
        return actor


def declared_length(request: Request) -> int:
    """What the request says of its body; 0 where it says nothing, or nonsense that the server itself refuses."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def source_id(text: str) -> UUID:
    """Raises NotFound: a malformed id is as unknown as any other, and one id has one address."""
    try:
        found = UUID(text)
    except ValueError:
        raise NotFound() from None
    if str(found) != text.lower():  # Python reads it in braces and without hyphens as well
        raise NotFound()
    return found


Viewer = Annotated[Actor, Depends(Allowed(Role.VIEWER))]
Analyst = Annotated[Actor, Depends(Allowed(Role.ANALYST))]
Editor = Annotated[Actor, Depends(Allowed(Role.EDITOR))]
Admin = Annotated[Actor, Depends(Allowed(Role.ADMIN))]
