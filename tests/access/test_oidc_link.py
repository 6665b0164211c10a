"""How a provider is spoken to: within bounds, to no forbidden address, with nothing of it in a log."""

import asyncio

import pytest
import structlog

from core.access.oidc_link import ProviderLink
from core.connectors.base import Limits
from core.errors import ProviderUnavailable
from core.safety.egress import EgressPolicy
from tests.safety.trap import trap
from tests.servers.oidc import OidcProvider
from tests.servers.ports import Listener
from tests.servers.processes import HOST
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio
SECRET = "Zq7-never-shown"
QUICK = Limits(connect=0.2, attempt=0.3, sample=0.3)


async def refusal(url: str, link: ProviderLink | None = None) -> str:
    """Why there is no answer; nothing of what was sent may be in the log."""
    with structlog.testing.capture_logs() as logged, pytest.raises(ProviderUnavailable) as refused:
        await (link or ProviderLink(EgressPolicy())).ask(url, {"Authorization": SECRET}, {"code": SECRET})
    assert logged
    assert SECRET not in f"{logged} {refused.value!r} {refused.value.arguments}"
    return refused.value.reason


async def test_what_a_real_provider_says_is_read(oidc_provider: OidcProvider) -> None:
    link = ProviderLink(EgressPolicy())
    status, told = await link.ask(f"{oidc_provider.url}/.well-known/openid-configuration")
    assert (status, told["issuer"]) == (200, oidc_provider.url)
    status, told = await link.ask(told["token_endpoint"], {"Authorization": "Basic eDp5"}, {"grant_type": "nonsense"})
    assert (status, "error" in told) == (401, True)


@pytest.mark.parametrize(
    "path", ["html", "garbage", "deep", "huge", "utf16", "redirect?to=/object", "truncated", "not-http", "gzip-endless"]
)
async def test_what_is_no_json_object_within_bounds_is_no_answer(records: WebServer, path: str) -> None:
    assert await refusal(f"{records.url}/{path}") in ("answer", "unreachable")


async def test_a_redirect_is_not_followed(records: WebServer) -> None:
    with trap(HOST) as trapped:
        await refusal(f"{records.url}/redirect?to=http://{HOST}:{trapped.port}/")
        assert trapped.arrived == 0


async def test_who_does_not_listen_does_not_answer(refused_port: int, http_port: int) -> None:
    assert await refusal(f"http://{HOST}:{refused_port}/") == "unreachable"
    assert await refusal(f"http://{HOST}:{http_port}/") == "answer"


async def test_a_provider_that_is_silent_or_drips_is_left(silent_port: int, dripping_port: Listener) -> None:
    link = ProviderLink(EgressPolicy(), QUICK)
    assert await refusal(f"http://{HOST}:{silent_port}/", link) == "unreachable"
    assert await refusal(f"http://{HOST}:{dripping_port.port}/", link) == "unreachable"
    assert await asyncio.to_thread(dripping_port.wait_for_open, 0)


@pytest.mark.parametrize("url", ["https://", "https://a b/", "https://id.test:99999/", "https://[::1/", "\ud800"])
async def test_what_is_no_address_is_asked_nothing(url: str) -> None:
    assert await refusal(url) == "unreachable"


async def test_an_address_that_no_source_may_have_is_none_of_a_provider_either() -> None:
    with trap(HOST) as trapped:
        own = ProviderLink(EgressPolicy(own_ports=frozenset({trapped.port})))
        for host in (HOST, "localhost", "127.1", "[::ffff:127.0.0.1]"):
            assert await refusal(f"http://{host}:{trapped.port}/", own) == "unreachable"
        assert trapped.arrived == 0


async def test_a_denied_address_is_not_tried() -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(ProviderUnavailable):
        await ProviderLink(EgressPolicy()).ask("http://169.254.169.254/latest/")
    assert [line["error"] for line in logged] == ["egress_denied.metadata"]
