"""`/session/*`: signing in and out, and the one-time link of the first administrator, as plain HTML forms."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core.api import oidc
from core.api.body import read_form
from core.api.context import require_same_origin, runtime_of, session_cookie, visitor
from core.api.proxies import client_address
from core.api.session_forms import (
    Form,
    local,
    login_page,
    name_input,
    new_password_input,
    page,
    require_csrf,
    signed_in,
    speaker,
)
from core.errors import Forbidden, RequestError
from core.settings import SESSION_COOKIE

router = APIRouter(prefix="/session", include_in_schema=False)


@router.get("/login")
async def login_form(request: Request) -> Response:
    return login_page(request, local(request.query_params.get("next", "/")))


@router.post("/login")
async def login(request: Request) -> Response:
    form = await read_form(request)
    target, runtime = local(form.get("next", "/")), runtime_of(request)
    name, password = form.get("username", ""), form.get("password", "")
    try:
        require_csrf(request, form)
        token = await runtime.call(runtime.access.sign_in(name, password, visitor(request)))
    except RequestError as err:
        return login_page(request, target, err)
    return signed_in(request, token, target)


@router.post("/logout")
async def logout(request: Request) -> Response:
    require_same_origin(request)
    runtime = runtime_of(request)
    leaving = session_cookie(request), client_address(request)
    if runtime.sign_on is not None:
        return await oidc.leave(request, runtime.sign_on, *leaving)
    await runtime.call(runtime.access.sign_out(*leaving))
    answer = RedirectResponse("/session/login", 303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


@router.get("/setup")
async def setup_form(request: Request) -> Response:
    code = request.query_params.get("code", "")
    runtime = runtime_of(request)
    if not await runtime.call(runtime.access.setup_code_valid(code)):
        return page(request, Form(speaker(request).text("session.setup.title")), Forbidden("setup_code"))
    return _setup_page(request, code)


@router.post("/setup")
async def setup(request: Request) -> Response:
    form = await read_form(request)
    code, runtime = form.get("code", ""), runtime_of(request)
    name, password, org_name = form.get("username", ""), form.get("password", ""), form.get("org_name") or None
    try:
        require_csrf(request, form)
        token = await runtime.call(runtime.access.complete_setup(code, name, password, org_name, visitor(request)))
    except RequestError as err:
        return _setup_page(request, code, err, name)
    return signed_in(request, token, "/")


def _setup_page(request: Request, code: str, err: RequestError | None = None, name: str = "admin") -> Response:
    speak = speaker(request)
    title, submit = speak.text("session.setup.title"), speak.text("session.setup.submit")
    inputs = [name_input(speak, name), new_password_input(speak)]
    lead = speak.text("session.setup.lead")
    return page(request, Form(title, submit, lead, inputs, {"code": code}), err)
