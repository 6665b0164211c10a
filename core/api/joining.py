"""`/session/invitation` and `/session/password`: links that let somebody in once. Looking uses nothing up."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core.api.body import read_form
from core.api.context import runtime_of, session_cookie, visitor
from core.api.proxies import client_address
from core.api.session_forms import (
    Form,
    in_language,
    name_input,
    new_password_input,
    page,
    require_csrf,
    signed_in,
    speaker,
)
from core.errors import Forbidden, RequestError
from core.models import Actor
from core.services.accounts import PASSWORD_PATH
from core.services.invitations import PATH, InvitationView

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def invitation_form(request: Request) -> Response:
    return await _invitation_page(request, request.query_params.get("code", ""))


@router.post(PATH)
async def accept_invitation(request: Request) -> Response:
    form = await read_form(request)
    code, name = form.get("code", ""), form.get("username", "")
    runtime, actor = runtime_of(request), await _signed_in(request)
    try:
        require_csrf(request, form)
        if "username" in form:
            new = runtime.invitations.accept_as_new(code, name, form.get("password", ""), visitor(request))
            return signed_in(request, await runtime.call(new), "/")
        if actor is not None:
            await runtime.call(runtime.invitations.accept(actor, code))
            return RedirectResponse("/", 303)
    except RequestError as err:
        return await _invitation_page(request, code, err, name)
    return await _invitation_page(request, code)


@router.get(PASSWORD_PATH)
async def password_form(request: Request) -> Response:
    return await _password_page(request, request.query_params.get("code", ""))


@router.post(PASSWORD_PATH)
async def set_password(request: Request) -> Response:
    form = await read_form(request)
    code, runtime = form.get("code", ""), runtime_of(request)
    try:
        require_csrf(request, form)
        token = await runtime.call(runtime.accounts.use_link(code, form.get("password", ""), visitor(request)))
    except RequestError as err:
        return await _password_page(request, code, err)
    return signed_in(request, token, "/")


async def _signed_in(request: Request) -> Actor | None:
    access = runtime_of(request).access
    asked = access.actor_of_session(session_cookie(request), client_address(request))
    return await runtime_of(request).call(asked)


async def _invitation_page(request: Request, code: str, err: RequestError | None = None, name: str = "") -> Response:
    runtime, speak = runtime_of(request), speaker(request)
    view = await runtime.call(runtime.invitations.look(code))
    if view is None:
        form = Form(speak.text("session.invitation.title.none"))
        return page(request, form, Forbidden("invitation"))
    actor = await _signed_in(request)
    return page(request, _invitation(request, view, code, actor, name), err)


def _invitation(request: Request, view: InvitationView, code: str, actor: Actor | None, name: str) -> Form:
    speak, hidden = speaker(request), {"code": code}
    title = speak.text("session.invitation.title", org=view.org_name)
    lead = speak.text("session.invitation.lead", role=view.role.label)
    if actor is not None:
        return Form(title, speak.text("session.invitation.accept", name=actor.name), lead, hidden=hidden)
    back = quote(f"{PATH}?code={quote(code, safe='')}", safe="")
    link = speak.text("session.invitation.sign_in"), in_language(request, f"/session/login?next={back}")
    inputs = [name_input(speak, name), new_password_input(speak)]
    return Form(title, speak.text("session.invitation.submit"), lead, inputs, hidden, link)


async def _password_page(request: Request, code: str, err: RequestError | None = None) -> Response:
    runtime, speak = runtime_of(request), speaker(request)
    name = await runtime.call(runtime.accounts.look_at_link(code))
    title = speak.text("session.new_password.title")
    if name is None:
        return page(request, Form(title), Forbidden("password_code"))
    lead = speak.text("session.new_password.lead", name=name)
    inputs, hidden = [new_password_input(speak)], {"code": code}
    return page(request, Form(title, speak.text("session.new_password.submit"), lead, inputs, hidden), err)
