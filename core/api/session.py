"""`/session/*`: signing in and out, and the one-time link of the first administrator, as plain HTML forms."""

import hmac
import secrets
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from core.api.body import read_form
from core.api.context import require_same_origin, runtime_of, session_cookie
from core.errors import Forbidden, RequestError, Unauthenticated
from core.i18n import LANGUAGES, Translator, negotiate, translator
from core.settings import SESSION_COOKIE, STATIC_DIR

router = APIRouter(prefix="/session", include_in_schema=False)
CSRF_COOKIE = "cheshmeh_csrf"
Field = dict[str, str]


@router.get("/login")
async def login_form(request: Request) -> Response:
    return _login_page(request, _local(request.query_params.get("next", "/")))


@router.post("/login")
async def login(request: Request) -> Response:
    form = await read_form(request)
    target = _local(form.get("next", "/"))
    runtime = runtime_of(request)
    try:
        _require_csrf(request, form)
        token = await runtime.call(runtime.access.sign_in(form.get("username", ""), form.get("password", "")))
    except RequestError as err:
        # 401 whatever went wrong: the page must not tell a stranger which half of the pair was right.
        return _login_page(request, target, Unauthenticated(err.reason) if isinstance(err, Unauthenticated) else err)
    return _signed_in(request, token, target)


@router.post("/logout")
async def logout(request: Request) -> Response:
    require_same_origin(request)
    runtime = runtime_of(request)
    await runtime.call(runtime.access.sign_out(session_cookie(request)))
    answer = RedirectResponse("/session/login", 303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


@router.get("/setup")
async def setup_form(request: Request) -> Response:
    code = request.query_params.get("code", "")
    runtime = runtime_of(request)
    if not await runtime.call(runtime.access.setup_code_valid(code)):
        return _setup_page(request, None, Forbidden("setup_code"))
    return _setup_page(request, code)


@router.post("/setup")
async def setup(request: Request) -> Response:
    form = await read_form(request)
    code = form.get("code", "")
    runtime = runtime_of(request)
    try:
        _require_csrf(request, form)
        token = await runtime.call(
            runtime.access.complete_setup(
                code, form.get("username", ""), form.get("password", ""), form.get("org_name") or None
            )
        )
    except RequestError as err:
        return _setup_page(request, code, err, form.get("username", ""))
    return _signed_in(request, token, "/")


def _login_page(request: Request, target: str, err: RequestError | None = None) -> Response:
    speak = _speaker(request)
    inputs = [
        _input("username", "text", speak.text("session.username"), "username"),
        _input("password", "password", speak.text("session.password"), "current-password"),
    ]
    words = {"title": speak.text("session.login.title"), "submit": speak.text("session.login.submit")}
    return _page(request, speak, err, action=_action(request), inputs=inputs, hidden={"next": target}, **words)


def _setup_page(request: Request, code: str | None, err: RequestError | None = None, name: str = "admin") -> Response:
    speak = _speaker(request)
    inputs = [
        _input("username", "text", speak.text("session.username"), "username", name),
        _input("password", "password", speak.text("session.setup.password"), "new-password"),
    ]
    words = {"title": speak.text("session.setup.title"), "submit": speak.text("session.setup.submit")}
    hidden = {"code": code or ""}
    return _page(request, speak, err, action=_action(request), inputs=inputs if code else [], hidden=hidden, **words)


def _page(request: Request, speak: Translator, err: RequestError | None, **parts: Any) -> Response:
    csrf = request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(32)
    hidden = {**parts.pop("hidden"), "csrf": csrf}
    html = (
        _templates()
        .get_template("session.html")
        .render(
            lang=speak.lang,
            dir=speak.direction,
            product=speak.text("app.name"),
            error=_reason(err, speak),
            hidden=hidden,
            other_language=_other_language(request, speak),
            **parts,
        )
    )
    answer = HTMLResponse(html, err.status if err else 200, {"Cache-Control": "no-store"})
    _set_cookie(request, answer, CSRF_COOKIE, csrf, None)
    return answer


def _action(request: Request) -> str:
    """Back to the same page, in the language that was asked for."""
    lang = request.query_params.get("lang")
    return request.url.path + (f"?lang={lang}" if lang in LANGUAGES else "")


def _reason(err: RequestError | None, speak: Translator) -> str | None:
    if err is None:
        return None
    return " ".join([speak.message(err.message), *(speak.message(field.message) for field in err.fields)])


def _other_language(request: Request, speak: Translator) -> Field:
    other = next(lang for lang in LANGUAGES if lang != speak.lang)
    url = request.url.include_query_params(lang=other)
    return {"label": translator(other).text(f"language.{other}"), "href": f"{url.path}?{url.query}"}


def _speaker(request: Request) -> Translator:
    settings = runtime_of(request).settings
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return translator(asked, settings.timezone)
    # People see Persian unless their browser asks for a language of ours by name.
    return translator(negotiate(request.headers.get("accept-language"), settings.locale), settings.timezone)


def _signed_in(request: Request, token: str, target: str) -> Response:
    answer = RedirectResponse(target, 303)
    hours = runtime_of(request).settings.session_hours
    _set_cookie(request, answer, SESSION_COOKIE, token, int(hours * 3600))
    return answer


def _set_cookie(request: Request, answer: Response, name: str, value: str, max_age: int | None) -> None:
    secure = runtime_of(request).settings.origin.startswith("https://")
    answer.set_cookie(name, value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=secure)


def _require_csrf(request: Request, form: dict[str, str]) -> None:
    sent, kept = form.get("csrf", ""), request.cookies.get(CSRF_COOKIE, "")
    if not sent or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise Unauthenticated("csrf")


def _local(target: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere becomes the home page."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if inside and not parts.netloc and not parts.scheme else "/"


def _input(name: str, kind: str, label: str, autocomplete: str, value: str = "") -> Field:
    return {"name": name, "type": kind, "label": label, "autocomplete": autocomplete, "value": value}


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(STATIC_DIR), autoescape=select_autoescape())
