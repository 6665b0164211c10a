"""`/session/oidc/*`: to the identity provider and back, and out of it again."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core.access.oidc_settings import CALLBACK
from core.access.sign_on import ATTEMPT, SignOn
from core.api.context import runtime_of, visitor
from core.api.session_forms import LOGIN, START, Form, local, login_page, page, set_cookie, signed_in, speaker
from core.errors import NotFound, RequestError
from core.settings import SESSION_COOKIE

router = APIRouter(include_in_schema=False)
COOKIE, FOLDER = "cheshmeh_oidc", "/session/oidc"


@router.get(START)
async def start(request: Request) -> Response:
    target, runtime = local(request.query_params.get("next", "/")), runtime_of(request)
    try:
        begun = await runtime.call(_sign_on(request).begin(target))
    except RequestError as err:
        return login_page(request, target, err)
    answer = RedirectResponse(begun.url, 303, {"Cache-Control": "no-store"})
    set_cookie(request, answer, COOKIE, begun.secret, int(ATTEMPT.total_seconds()), FOLDER)
    return answer


@router.get(CALLBACK)
async def callback(request: Request) -> Response:
    runtime, secret = runtime_of(request), request.cookies.get(COOKIE)
    finishing = _sign_on(request).finish(secret, dict(request.query_params), visitor(request))
    try:
        done = await runtime.call(finishing)
    except RequestError as err:
        return login_page(request, "/", err)
    answer = signed_in(request, done.token, local(done.target))
    answer.delete_cookie(COOKIE, path=FOLDER)
    return answer


async def leave(request: Request, sign_on: SignOn, token: str | None, address: str | None) -> Response:
    """Ends the session. Who came by the provider goes on to it: as a page that leads there, because the policy of the
    page that was left lets no form end at another site."""
    farewell = await runtime_of(request).call(sign_on.leave(token, address))
    answer: Response = RedirectResponse(LOGIN, 303)
    if farewell is not None:
        answer = _on_to(request, sign_on.host, farewell)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def _on_to(request: Request, host: str, address: str) -> Response:
    speak = speaker(request)
    link = speak.text("session.leaving.on", host=host), address
    lead = speak.text("session.leaving.lead")
    answer = page(request, Form(speak.text("session.leaving.title", host=host), lead=lead, link=link, action=LOGIN))
    answer.headers["Refresh"] = f'0; url="{address}"'
    return answer


def _sign_on(request: Request) -> SignOn:
    """Raises NotFound where no provider is configured."""
    found = runtime_of(request).sign_on
    if found is None:
        raise NotFound()
    return found
