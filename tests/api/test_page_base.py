"""The index page as it leaves: its server's address and its language, before any script runs."""

import re
from pathlib import Path

import anyio
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Scope

from core.api.page_base import MARK, SCRIPT, PageBase

INDEX = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
"""Streamlit's own."""


async def index(request: Request) -> Response:
    return HTMLResponse(INDEX)


async def data(request: Request) -> Response:
    return JSONResponse({"page": INDEX})


def get(path: str = "/", cookie: str = "", locale: str = "fa") -> tuple[dict[bytes, bytes], bytes]:
    """Headers and body of an answer."""
    app = PageBase(Starlette(routes=[Route("/", index), Route("/data", data)]), lambda: locale)
    path, _, query = path.partition("?")
    headers = [(b"host", b"here"), (b"cookie", cookie.encode())]
    scope: Scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        await app(scope, receive, send)

    anyio.run(call)
    return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(
    ("path", "cookie", "locale", "root"),
    [
        ("/", "", "fa", '<html lang="fa" dir="rtl">'),
        ("/", "", "en", '<html lang="en" dir="ltr">'),
        ("/", "cheshmeh_lang=en", "fa", '<html lang="en" dir="ltr">'),
        ("/?lang=fa", "cheshmeh_lang=en", "en", '<html lang="fa" dir="rtl">'),
        ("/?lang=xx", "cheshmeh_lang=<b>", "fa", '<html lang="fa" dir="rtl">'),
    ],
)
def test_the_page_names_the_language_of_its_reader(path: str, cookie: str, locale: str, root: str) -> None:
    headers, body = get(path, cookie, locale)
    assert root in body.decode()
    assert body.count(b"<html") == 1
    assert int(headers[b"content-length"]) == len(body)


def test_the_page_knows_its_server_before_its_module_runs() -> None:
    assert SCRIPT + MARK in get()[1]


@pytest.mark.parametrize(("locale", "name"), [("fa", "چشمه"), ("en", "Cheshmeh")])
def test_the_page_has_our_name_and_icon_before_its_module_runs(locale: str, name: str) -> None:
    body = get(locale=locale)[1].decode()
    assert re.findall("<title>(.*)</title>", body) == [name]
    assert re.findall('rel="shortcut icon" href="(.*?)"', body) == ["/assets/icons/page.png"]


def test_what_is_no_page_passes_as_it_is() -> None:
    assert get("/data?lang=fa")[1] == JSONResponse({"page": INDEX}).body
