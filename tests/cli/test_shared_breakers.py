"""A dashboard that shares its breakers through Redis: what outlives it, and what it says without Redis."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from core.bootstrap import opened
from core.errors import EgressDenied, StartupError
from core.models import Actor, Part, Role, SourceDraft
from core.resilience.redis_records import KEYS
from core.settings import Settings
from tests.cli.processes import LIMIT_S, CommandLine, Dashboard, dashboard
from tests.resilience.replicas import wait_until
from tests.servers.redis import RedisServer, RestartedServer

ADMIN = Actor("tester", {"acme": Role.ADMIN})
LONG_S = 3600
PARTS = dict.fromkeys(("database", "migrations", "figures", "redis"), True)


class Api:
    """The HTTP interface of one dashboard with a token of the organisation `acme`."""

    def __init__(self, running: Dashboard, token: str) -> None:
        self._running, self._token = running, token

    def call(self, method: str, path: str, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Language": "en"}
        url = f"{self._running.url}{path}"
        return requests.request(method, url, headers=headers, json=body or None, timeout=LIMIT_S)

    def ready(self) -> Any:
        answer = self.call("GET", "/readyz")
        parts = {part["name"]: part["ok"] for part in answer.json()["parts"]}
        return answer.status_code, answer.json()["status"], parts


@pytest.fixture
def token(tmp_path: Path) -> str:
    cli = CommandLine(tmp_path / "data")
    cli.json("orgs", "add", "acme", "--name", "Acme")
    return str(cli.json("tokens", "add", "--org", "acme", "--role", "admin", "--scope", "metrics")["token"])


def test_a_source_that_was_open_before_a_restart_is_open_after_it(
    tmp_path: Path, token: str, redis: RedisServer, refused_port: int
) -> None:
    places = tmp_path / "data", tmp_path / "log"
    with dashboard(*places, redis_url=redis.url) as running:
        api = Api(running, token)
        config = {"base_url": f"http://127.0.0.1:{refused_port}"}
        made = api.call(
            "POST",
            "/orgs/acme/datasources",
            kind="rest",
            name="down",
            config=config,
            breaker={"failure_threshold": 2, "timeout_seconds": LONG_S},
        ).json()
        path = f"/orgs/acme/datasources/{made['id']}"
        assert api.call("POST", f"{path}/ping").json()["state"] == "open"
        assert api.call("POST", f"{path}/ping").status_code == 503
        # On its way while calls are answered, and later where Redis was slow: an end before that would keep it back.
        with Redis.from_url(redis.url) as client:
            wait_until(lambda: bool(client.exists(f"{KEYS}{made['id']}")))
    with dashboard(*places, redis_url=redis.url) as running:
        api = Api(running, token)
        wait_until(lambda: api.call("GET", path).json()["state"] == "open")
        refused = api.call("POST", f"{path}/ping")
        assert (refused.status_code, refused.json()["code"]) == (503, "circuit_open")
        assert 0 < int(refused.headers["Retry-After"]) <= LONG_S


def test_without_redis_a_dashboard_works_and_says_what_is_missing(
    tmp_path: Path, token: str, own_redis: RestartedServer
) -> None:
    with dashboard(tmp_path / "data", tmp_path / "log", redis_url=own_redis.url) as running:
        api = Api(running, token)
        wait_until(lambda: api.ready() == (200, "ok", PARTS))
        own_redis.stop()
        wait_until(lambda: api.ready() == (200, "degraded", PARTS | {"redis": False}))
        assert api.call("GET", "/orgs/acme/datasources").json()["items"] == []
        told = api.call("GET", "/metrics").text.splitlines()
        assert {line for line in told if line.startswith("cheshmeh_degraded")} == {
            'cheshmeh_degraded{part="database"} 0.0',
            'cheshmeh_degraded{part="migrations"} 0.0',
            'cheshmeh_degraded{part="figures"} 0.0',
            'cheshmeh_degraded{part="redis"} 1.0',
        }
        own_redis.start()
        wait_until(lambda: api.ready()[1] == "ok")
    assert own_redis.password not in running.output


def test_the_redis_of_the_dashboard_is_no_source(tmp_path: Path, redis: RedisServer) -> None:
    """By whatever name it is set and by whatever address it is asked for."""
    url = redis.url.replace("127.0.0.1", "localhost")
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", redis_url=url, check_interval_s=0)
    with opened(settings) as runtime:
        runtime.run(runtime.access.ensure_organisation("acme", "Acme"))
        draft = SourceDraft("rest", "redis", {"base_url": f"http://127.0.0.1:{redis.port}"})
        source = runtime.run(runtime.sources.create(ADMIN, "acme", draft))
        with pytest.raises(EgressDenied, match="own"):
            runtime.run(runtime.sources.ping(ADMIN, "acme", source.id))
        assert {part.name: part.required for part in runtime.run(_parts(runtime))} == {
            "database": True,
            "migrations": True,
            "figures": False,
            "redis": False,
        }


async def _parts(runtime: Any) -> tuple[Part, ...]:
    parts: tuple[Part, ...] = await runtime._ready()
    return parts


def test_an_address_with_an_option_that_means_nothing_is_refused(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", redis_url="redis://:Zq7@h/0?ssl_nonsense=1")
    with pytest.raises(StartupError, match="redis_url") as refused, opened(settings):
        pass
    assert "Zq7" not in json.dumps(refused.value.arguments)
