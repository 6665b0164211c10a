"""The plain HTML forms of `/session/*`: rendered without scripts, guarded against other sites, in both languages."""

import hmac
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.datastructures import URL

from core.access.password_rules import LENGTH_MIN
from core.api.context import require_no_foreign_origin, runtime_of
from core.api.page_base import language
from core.api.proxies import is_secure
from core.errors import RequestError, TooManyRequests, Unauthenticated
from core.i18n import LANGUAGES, Translator, name_of, negotiate, translator
from core.settings import LANG_COOKIE, SESSION_COOKIE, STATIC_DIR

CSRF_COOKIE = "cheshmeh_csrf"
LANG_COOKIE_S = 365 * 24 * 3600
TARGET_MAX = 2_000
LOGIN, START = "/session/login", "/session/oidc/start"
Input = dict[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """What a page asks for. Without `submit` it only says something; `link` leads elsewhere (label, address).

    `provider` is another way to do the same, shown as a button. `action` is where the form belongs, if not where it is.
    """

    title: str
    submit: str | None = None
    lead: str | None = None
    inputs: Sequence[Input] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    link: tuple[str, str] | None = None
    provider: tuple[str, str] | None = None
    action: str | None = None


def page(request: Request, form: Form, err: RequestError | None = None) -> Response:
    """The form, with the error's own status and sentence when there is one."""
    speak, csrf = speaker(request), request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(32)
    html = (
        _templates()
        .get_template("session.html")
        .render(
            lang=speak.lang,
            dir=speak.direction,
            product=speak.text("app.name"),
            form=form,
            error=_reason(err, speak),
            hidden={**form.hidden, "csrf": csrf},
            either=speak.text("session.login.or"),
            action=in_language(request, form.action or request.url.path),
            other_languages=list(_other_languages(request, form, speak)),
        )
    )
    headers = {"Cache-Control": "no-store"}
    if isinstance(err, TooManyRequests):
        headers["Retry-After"] = str(_whole_seconds(err))
    answer = HTMLResponse(html, err.status if err else 200, headers)
    set_cookie(request, answer, CSRF_COOKIE, csrf, None)
    return answer


def login_page(request: Request, target: str, err: RequestError | None = None) -> Response:
    """By name and password, or by the provider where there is one; then on to `target`."""
    speak, sign_on = speaker(request), runtime_of(request).sign_on
    provider = None
    if sign_on is not None:
        provider = (
            speak.text("session.login.provider", host=sign_on.host),
            in_language(request, f"{START}?{urlencode({'next': target})}"),
        )
    form = Form(
        speak.text("session.login.title"),
        speak.text("session.login.submit"),
        inputs=[name_input(speak), password_input(speak)],
        hidden={"next": target},
        provider=provider,
        action=LOGIN,
    )
    return page(request, form, err)


def name_input(speak: Translator, value: str = "") -> Input:
    return _input("username", "text", speak.text("session.username"), "username", value)


def password_input(speak: Translator) -> Input:
    return _input("password", "password", speak.text("session.password"), "current-password")


def new_password_input(speak: Translator) -> Input:
    """With the rule before one types."""
    field = _input("password", "password", speak.text("session.setup.password"), "new-password")
    return field | {"note": speak.text("session.password.rule", min=LENGTH_MIN)}


def require_csrf(request: Request, form: Mapping[str, str]) -> None:
    """Raises Unauthenticated unless the form was made for this very browser; Forbidden for one that another site sent,
    which may have set our cookie if it is our neighbour."""
    require_no_foreign_origin(request)
    sent, kept = form.get("csrf", ""), request.cookies.get(CSRF_COOKIE, "")
    if not sent or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise Unauthenticated("csrf")


def speaker(request: Request) -> Translator:
    """The language that is asked for, else the one of the last visit."""
    settings = runtime_of(request).settings
    # At a first visit people see Persian unless their browser asks for a language of ours by name.
    first = negotiate(request.headers.get("accept-language"), settings.locale)
    return translator(language(request, first), settings.timezone)


def signed_in(request: Request, token: str, target: str) -> Response:
    """On to `target`. The language that was chosen on the way stays the language of the dashboard."""
    answer = RedirectResponse(target, 303)
    lang = request.query_params.get("lang")
    if lang in LANGUAGES:
        # The dashboard's own switch writes this cookie by script.
        answer.set_cookie(LANG_COOKIE, lang, LANG_COOKIE_S, samesite="lax", secure=is_secure(request))
    hours = runtime_of(request).settings.session_hours
    set_cookie(request, answer, SESSION_COOKIE, token, int(hours * 3600))
    return answer


def local(target: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere becomes the home page."""
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if inside and len(target) <= TARGET_MAX else "/"


def in_language(request: Request, address: str) -> str:
    """An address of ours, in the language that was asked for."""
    lang = request.query_params.get("lang")
    return f"{address}{'&' if '?' in address else '?'}lang={lang}" if lang in LANGUAGES else address


def set_cookie(request: Request, answer: Response, name: str, value: str, max_age: int | None, path: str = "/") -> None:
    """Out of reach of scripts, and not sent along with what other sites ask for."""
    answer.set_cookie(name, value, max_age=max_age, path=path, httponly=True, samesite="lax", secure=is_secure(request))


def _reason(err: RequestError | None, speak: Translator) -> str | None:
    if err is None:
        return None
    wait = [speak.text("session.wait", seconds=_whole_seconds(err))] if isinstance(err, TooManyRequests) else []
    said = [speak.message(field.message) for field in err.fields] or [speak.message(err.message)]
    return " ".join([*said, *wait])


def _whole_seconds(err: TooManyRequests) -> int:
    return max(1, math.ceil(err.retry_after))


def _other_languages(request: Request, form: Form, speak: Translator) -> Iterator[Input]:
    here = URL(form.action).include_query_params(**form.hidden) if form.action else request.url
    for lang in LANGUAGES:
        if lang != speak.lang:
            url = here.include_query_params(lang=lang)
            yield {"label": name_of(lang), "lang": lang, "href": f"{url.path}?{url.query}"}


def _input(name: str, kind: str, label: str, autocomplete: str, value: str = "") -> Input:
    return {"name": name, "type": kind, "label": label, "autocomplete": autocomplete, "value": value}


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(STATIC_DIR), autoescape=select_autoescape())
