"""What a route needs from outside itself: the runtime, and who is asking."""

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from core.errors import Forbidden, NotFound, Unauthenticated
from core.models import Actor, Role, Visitor
from core.runtime import Runtime
from core.settings import SESSION_COOKIE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def runtime_of(connection: HTTPConnection) -> Runtime:
    runtime: Runtime = connection.app.state.runtime
    return runtime


def session_cookie(connection: HTTPConnection) -> str | None:
    """The session's token. The last of several cookies of that name counts, as it does for browsers' own storage."""
    try:
        morsel = SimpleCookie(connection.headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def client_address(connection: HTTPConnection) -> str | None:
    """Where the request comes from."""
    return connection.client.host if connection.client else None


def visitor(connection: HTTPConnection) -> Visitor:
    """Where somebody signs in from."""
    return Visitor(client_address(connection), connection.headers.get("user-agent"))


async def actor_of(request: Request) -> Actor:
    """Who asks, by bearer token or session cookie. Raises Unauthenticated, and Forbidden for a write from elsewhere."""
    runtime = runtime_of(request)
    address = client_address(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        actor = await _bearer(runtime, token.strip(), address) if scheme.lower() == "bearer" else None
    else:
        actor = await runtime.call(runtime.access.actor_of_session(session_cookie(request), address))
        if actor is not None and request.method not in SAFE_METHODS:
            require_same_origin(request)
    if actor is None:
        raise Unauthenticated("needed")
    return actor


async def _bearer(runtime: Runtime, token: str, address: str | None) -> Actor | None:
    if hmac.compare_digest(token.encode(), runtime.local_token.encode()):
        return await runtime.call(runtime.access.local_actor())
    return await runtime.call(runtime.access.actor_of_token(token, address))


def require_same_origin(request: Request) -> None:
    """Raises Forbidden unless the browser says that the write comes from a page of ours."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    own = {runtime_of(request).settings.origin, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if origin not in own if origin else site != "same-origin":
        raise Forbidden("origin")


ActorOf = Annotated[Actor, Depends(actor_of)]


class Allowed:
    """Dependency: 401, then 404, then 403, before anything of the request is judged. Gives the actor."""

    def __init__(self, role: Role) -> None:
        self._role = role

    async def __call__(self, request: Request, org_id: str, actor: ActorOf) -> Actor:
        source = request.path_params.get("ds_id")
        runtime = runtime_of(request)
        await runtime.call(runtime.sources.authorise(actor, org_id, self._role, source and source_id(source)))
        return actor


def source_id(text: str) -> UUID:
    """Raises NotFound: a malformed id is as unknown as any other."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


Viewer = Annotated[Actor, Depends(Allowed(Role.VIEWER))]
Analyst = Annotated[Actor, Depends(Allowed(Role.ANALYST))]
Editor = Annotated[Actor, Depends(Allowed(Role.EDITOR))]
Admin = Annotated[Actor, Depends(Allowed(Role.ADMIN))]
