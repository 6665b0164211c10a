"""Brings requests to one dashboard and nowhere else, with a token that nobody on the way sees."""

import json
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests

from .answers import accepted
from .errors import ClientError

CONNECT_S = 10.0

Auth = Callable[[requests.PreparedRequest], requests.PreparedRequest]


class Carrier:
    """A session with one server. See `Client` for what the parameters mean."""

    def __init__(
        self, url: str, token: str, lang: str, timeout: float, ca_file: str | None, insecure: bool, trust_env: bool
    ) -> None:
        self.url, here = _address(url, insecure)
        self._bearer = _Bearer(token)
        self._timeout, self._ca_file = (min(CONNECT_S, timeout), timeout), ca_file
        self._session = requests.Session()
        self._session.trust_env = trust_env and not here
        self._session.headers["Accept-Language"] = _header("lang", lang)

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        stream: bool = False,
        nameless: bool = False,
        also: int | None = None,
    ) -> requests.Response:
        """What the server answered to a request that it took, or with the status `also`.

        Raises ApiError and ClientError, and ValueError for a number in the body that JSON does not know.
        """
        try:
            answer = self._session.request(
                method,
                self.url + path,
                data=None if body is None else json.dumps(body, allow_nan=False).encode(),
                headers=_headers(headers or {}),
                params=query,
                auth=_nobody if nameless else self._bearer,
                timeout=self._timeout,
                verify=self._ca_file or True,
                stream=stream,
                allow_redirects=False,
            )
        except requests.RequestException as err:
            raise ClientError(_reason(err), url=self.url) from None
        except OSError:  # what `requests` raises for a file of certificates that is not there or holds none
            raise ClientError("ca_file") from None
        return answer if answer.status_code == also else accepted(answer)


class _Bearer:
    """Puts the token on a request. As `auth` it goes before a `.netrc`, which would replace a header set by hand."""

    __slots__ = ("_header",)

    def __init__(self, token: str) -> None:
        if not token or not all("!" <= letter <= "~" for letter in token):
            raise ClientError("token")
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _headers(given: Mapping[str, str | None]) -> dict[str, str]:
    ours = {"Accept": "application/json", "Content-Type": "application/json"}
    return ours | {name: _header(name, value) for name, value in given.items() if value is not None}


def _header(name: str, value: str) -> str:
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        raise ClientError("header", name=name)
    return value


def _address(url: str, insecure: bool) -> tuple[str, bool]:
    """The address without a slash at its end, and whether it is this machine's."""
    try:
        parts = urlsplit(url.strip())
        requests.models.PreparedRequest().prepare_url(parts.geturl(), None)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except (ValueError, requests.RequestException):
        raise ClientError("server_url") from None
    if not sound or "@" in parts.netloc or parts.query or parts.fragment:
        raise ClientError("server_url")
    plain, here = parts.geturl().rstrip("/"), _is_loopback(parts.hostname or "")
    if parts.scheme == "http" and not here and not insecure:
        raise ClientError("plain_http", url=plain)
    return plain, here


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(err: requests.RequestException) -> str:
    """The first that fits: narrower classes stand before the wider ones."""
    kinds = {
        requests.exceptions.SSLError: "certificate",
        requests.exceptions.ProxyError: "proxy_failed",
        requests.exceptions.Timeout: "server_timeout",
        requests.exceptions.ConnectionError: "server_unreachable",
    }
    return next((reason for kind, reason in kinds.items() if isinstance(err, kind)), "cut_off")
