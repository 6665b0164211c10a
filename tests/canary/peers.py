"""Other ends that fail, most of them by repeating what they were told to many clients at a time."""

import json
import re
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import quote

from tests.servers.authority import TlsAuthority
from tests.servers.ports import Listener
from tests.servers.processes import HOST

Talk = Callable[[socket.socket], None]
WAIT_S = 5.0
"""For a client that says nothing."""


def silent(client: socket.socket) -> None:
    """Reads and never answers."""
    while client.recv(65536):
        pass


def reset(client: socket.socket) -> None:
    _heard(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def echo(client: socket.socket) -> None:
    """Garbage: the request itself."""
    client.sendall(_heard(client) * 2)


def http_error(status: int) -> Talk:
    """A page of an error, in each form that a kind reads, in whose every part the request stands."""

    def talk(client: socket.socket) -> None:
        said = _heard(client).decode("latin-1")
        [secret] = re.findall(r"(?i)^(?:authorization|x-secret|x-api-key): (.*?)\r$", said, re.MULTILINE)[:1] or [
            said[:99]
        ]
        body = json.dumps({"errors": [{"message": said}], "message": said, "error": secret, secret[:90]: [said]})
        head = (
            f"WWW-Authenticate: Basic realm={quote(secret)}\r\nServer: {quote(secret)}\r\nX-Amz-Error-Message: {secret}"
        )
        _answer(client, f"{status} {secret[:60]}", f"{head}\r\nContent-Type: application/json", body)

    return talk


def xml_error(client: socket.socket) -> None:
    """What a bucket says of a signature: all that it was sent."""
    said = _heard(client).decode("latin-1").replace("&", "&amp;").replace("<", "&lt;")
    body = (
        f"<Error><Code>SignatureDoesNotMatch</Code><Message>{said}</Message><StringToSign>{said}</StringToSign></Error>"
    )
    _answer(client, "403 Forbidden", "Content-Type: application/xml", body)


def redirect(client: socket.socket) -> None:
    """Elsewhere, with the credential in the address."""
    said = _heard(client).decode("latin-1")
    found = re.findall(r"(?i)^(?:authorization|x-secret|x-api-key): (.*?)\r$|api_key=(\S+)", said, re.MULTILINE)
    told = quote("".join(found[0]) if found else "nothing")
    _answer(client, "302 Found", f"Location: http://u:{told}@127.0.0.1:1/{told}?token={told}", "")


def postgres_error(client: socket.socket) -> None:
    """Asks for the password in clear and refuses it by name, in every field of the error."""
    _heard(client)
    client.sendall(struct.pack("!cii", b"R", 8, 3))  # AuthenticationCleartextPassword
    said = _heard(client)[5:].rstrip(b"\0")
    fields = b"".join(letter + said + b"\0" for letter in (b"M", b"D", b"H", b"W", b"R"))
    error = b"SFATAL\0VFATAL\0C28P01\0" + fields + b"\0"
    client.sendall(struct.pack("!ci", b"E", 4 + len(error)) + error)


PEERS: dict[str, Talk] = {
    "silent": silent,
    "reset": reset,
    "echo": echo,
    "error 200": http_error(200),
    "error 400": http_error(400),
    "error 401": http_error(401),
    "error 500": http_error(500),
    "xml error": xml_error,
    "redirect": redirect,
    "postgres error": postgres_error,
}
_ALL = ("refused", "silent", "reset", "echo", "tls")
_HTTP = ("error 200", "error 400", "error 401", "error 500", "redirect")
OF_KIND: dict[str, tuple[str, ...]] = {
    "postgres": (*_ALL, "postgres error"),
    "mongodb": _ALL,
    "rest": (*_ALL, *_HTTP),
    "graphql": (*_ALL, *_HTTP),
    "s3": (*_ALL, *_HTTP, "xml error"),
}


@contextmanager
def peers() -> Iterator[dict[str, int]]:
    """The port of each; `tls` shows a certificate that nobody trusts."""
    shown = TlsAuthority().issue().server_context()
    with ExitStack() as running:
        ports = {name: running.enter_context(Listener(_patient(talk)).serving()).port for name, talk in PEERS.items()}
        ports["tls"] = running.enter_context(Listener(_patient(_encrypted(shown))).serving()).port
        held = running.enter_context(socket.socket())
        held.bind((HOST, 0))
        ports["refused"] = held.getsockname()[1]
        yield ports


def _patient(talk: Talk) -> Talk:
    def patient(client: socket.socket) -> None:
        client.settimeout(WAIT_S)
        with suppress(OSError):
            talk(client)

    return patient


def _encrypted(context: ssl.SSLContext) -> Talk:
    def talk(client: socket.socket) -> None:
        if client.recv(8, socket.MSG_PEEK).startswith(b"\0\0\0\x08"):  # PostgreSQL asks first
            client.recv(8)
            client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as inside:
            echo(inside)

    return talk


def _heard(client: socket.socket) -> bytes:
    return client.recv(65536)


def _answer(client: socket.socket, status: str, headers: str, body: str) -> None:
    raw = body.encode("latin-1", "replace")
    head = f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
    client.sendall(head.encode("latin-1", "replace") + raw)
