"""A real OpenID Connect provider: `oidc-provider` under Node, with people and clients whom the tests make."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.servers.processes import HOST, folder, program, reserved_port, running

VERSION = "v9.13.3"
MISSING = "no OpenID Connect provider: `make servers` installs oidc-provider"
PROGRAM = Path(__file__).parent / "oidc" / "provider.mjs"
LIMIT_S = 30


@dataclass(frozen=True)
class OidcClient:
    """What the provider knows a dashboard by."""

    id: str
    secret: str = field(repr=False)


class OidcProvider:
    """Of one test, which may stop it and start it again: at the same address, with new keys, knowing nobody."""

    def __init__(self, packages: Path, home: Path, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._port, self._home = port, home
        self._command: list[str | Path] = [packages / "node", PROGRAM, packages, str(port)]
        self._running = ExitStack()

    def start(self) -> None:
        self._running.enter_context(running(self._command, [self._port], self._home, self.metadata))

    def stop(self) -> None:
        self._running.close()

    def metadata(self) -> dict[str, Any]:
        """What it tells of itself."""
        found: dict[str, Any] = self._asked("GET", "/.well-known/openid-configuration").json()
        return found

    def knows(self, subject: str, **claims: Any) -> None:
        """A person, new or changed, who signs in by the name `subject`."""
        self._asked("PUT", f"/people/{subject}", claims)

    def lifetimes(self, **seconds: int) -> None:
        """Of what is given out from now on: `code`."""
        self._asked("PUT", "/lifetimes", seconds)

    def client(self, dashboard: str, **more: Any) -> OidcClient:
        """A new client, by OpenID Connect Dynamic Client Registration 1.0."""
        wanted = {
            "redirect_uris": [f"{dashboard}/session/oidc/callback"],
            "post_logout_redirect_uris": [f"{dashboard}/session/login"],
        }
        told = self._asked("POST", "/reg", wanted | more).json()
        return OidcClient(told["client_id"], told["client_secret"])

    def _asked(self, method: str, path: str, body: object = None) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            answer = http.request(method, self.url + path, json=body, timeout=LIMIT_S)
        answer.raise_for_status()
        return answer


def packages() -> Path | None:
    """The folder that `make servers` made: Node and the packages."""
    return program("oidc-provider", VERSION)


@contextmanager
def own_provider(installed: Path) -> Iterator[OidcProvider]:
    """Running, at first."""
    with folder() as home, reserved_port() as port:
        provider = OidcProvider(installed, home, port)
        provider.start()
        try:
            yield provider
        finally:
            provider.stop()
