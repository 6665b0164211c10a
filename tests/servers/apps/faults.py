"""Routes that answer badly: endless, cut off, malformed, refusing, redirecting, resetting."""

import asyncio
import json
import socket
import struct
import zlib
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

DEPTH = 10_000
RETRY_AFTER = {429: "7", 503: "7"}


async def until_left(receive: Receive) -> None:
    """Returns when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drip(request: Request) -> Response:
    """A byte a second."""

    async def letters() -> AsyncIterator[bytes]:
        yield b"["
        while True:
            await asyncio.sleep(1)
            yield b" "

    return StreamingResponse(letters(), media_type="application/json")


async def huge(request: Request) -> Response:
    """A JSON array that never ends."""

    async def records() -> AsyncIterator[str]:
        yield '[{"id": 0}'
        for start in count(1, 1000):
            yield "".join(f', {{"id": {number}, "name": "نام"}}' for number in range(start, start + 1000))
            await _chance_to_end()

    return StreamingResponse(records(), media_type="application/json")


async def gzip_endless(request: Request) -> Response:
    """A JSON array that never ends, a thousandth of its size on the wire."""

    async def blocks() -> AsyncIterator[bytes]:
        packer = zlib.compressobj(wbits=31)
        yield packer.compress(b"[0") + packer.flush(zlib.Z_SYNC_FLUSH)
        while True:
            yield packer.compress(b",0" * 524_288) + packer.flush(zlib.Z_SYNC_FLUSH)
            await _chance_to_end()

    return StreamingResponse(blocks(), media_type="application/json", headers={"Content-Encoding": "gzip"})


def deep(request: Request) -> Response:
    return _json('{"a":' * DEPTH + "1" + "}" * DEPTH)


def html(request: Request) -> Response:
    return Response("<!doctype html><title>ورود</title><p>Please sign in", media_type="text/html")


def garbage(request: Request) -> Response:
    """Bytes that are neither JSON nor UTF-8, called JSON."""
    return _json(bytes(range(128, 256)) * 4)


def nan(request: Request) -> Response:
    return _json('[{"id": 1, "value": NaN}, {"id": 2, "value": Infinity}, {"id": 3, "value": -Infinity}]')


def utf16(request: Request) -> Response:
    text = json.dumps([{"id": 1, "name": "تهران"}], ensure_ascii=False)
    return Response(text.encode("utf-16"), media_type="application/json; charset=utf-16")


async def big(request: Request) -> Response:
    """A JSON array of records of a KiB each, `mb` MiB altogether."""
    size = int(float(request.query_params.get("mb", 1)) * 1024)

    async def records() -> AsyncIterator[str]:
        for number in range(size):
            head = f'{"," if number else "["}{{"id": {number}, "text": "'
            yield head + "x" * (1022 - len(head)) + '"}'
            await _chance_to_end()
        yield "]"

    return StreamingResponse(records(), media_type="application/json")


def status(request: Request) -> Response:
    """The status that the path names; 429 and 503 say when to come again."""
    code = int(request.path_params["code"])
    headers = {"Retry-After": RETRY_AFTER[code]} if code in RETRY_AFTER else None
    if code < 200 or code in {204, 304}:
        return Response(status_code=code, headers=headers)
    return JSONResponse({"status": code}, code, headers)


def redirect(request: Request) -> Response:
    """To wherever `to` says, with the status `code`."""
    answer = Response(status_code=int(request.query_params.get("code", 302)))
    answer.headers["Location"] = request.query_params["to"]
    return answer


def loop(request: Request) -> Response:
    return RedirectResponse("/loop", 302)


def hits(request: Request) -> Response:
    return JSONResponse(request.app.state.hits[request.query_params["key"]])


class _Raw:
    """An ASGI endpoint that writes to the connection itself, past the server's notion of HTTP."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._request, self._receive, self._send = Request(scope, receive, send), receive, send

    def __await__(self) -> Any:
        return self._answer().__await__()

    async def _answer(self) -> None:
        raise NotImplementedError

    @property
    def _connection(self) -> asyncio.Transport:
        # ASGI has no way to break a connection; uvicorn's `receive` is a method of what holds the transport.
        found: asyncio.Transport = getattr(self._receive, "__self__").transport  # noqa: B009 - not of the type's own
        return found

    async def _write_and_close(self, block: bytes) -> None:
        self._connection.write(block)
        self._connection.close()
        await until_left(self._receive)


class Truncated(_Raw):
    """Promises more than it sends."""

    async def _answer(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        await self._write_and_close(head + b'[{"id": 1}, {"id"')


class NotHttp(_Raw):
    async def _answer(self) -> None:
        await self._write_and_close(b"-ERR unknown command\r\n")


class Hit(_Raw):
    """Counts the request below `key`; resets the connection when `reset` is 1."""

    async def _answer(self) -> None:
        request = self._request
        request.app.state.hits[request.query_params["key"]] += 1
        if request.query_params.get("reset") != "1":
            await JSONResponse({"hit": True})(request.scope, self._receive, self._send)
            return
        reset_on_close = struct.pack("ii", 1, 0)
        self._connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
        self._connection.abort()
        await until_left(self._receive)


async def _chance_to_end() -> None:
    # A server whose client has left takes blocks without ever waiting: the stream's task could not be cancelled.
    await asyncio.sleep(0)


def _json(text: str | bytes) -> Response:
    return Response(text, media_type="application/json")


ROUTES = (
    *(Route("/drip", drip), Route("/huge", huge), Route("/gzip-endless", gzip_endless), Route("/big", big)),
    *(Route("/deep", deep), Route("/html", html), Route("/garbage", garbage), Route("/nan", nan)),
    *(Route("/utf16", utf16), Route("/status/{code:int}", status), Route("/redirect", redirect), Route("/loop", loop)),
    *(Route("/truncated", Truncated), Route("/not-http", NotHttp), Route("/hit", Hit), Route("/hits", hits)),
)
