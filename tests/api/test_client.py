"""The client for scripts against the product behind a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.cli.here import Here
from core.client import ApiError, Client
from core.errors import PreconditionFailed
from core.i18n import translator
from core.models import Actor, Role
from tests.api.conftest import Org
from tests.fakes import Step

SECRET = "Zq7-never-shown"


def client_of(org: Org, role: Role = Role.ADMIN, lang: str = "en") -> Client:
    return Client(org.served.url, org.tokens[role], lang)


@pytest.fixture
def client(org: Org) -> Iterator[Client]:
    with client_of(org) as made:
        yield made


def new(org: Org, name: str, **more: object) -> dict[str, object]:
    return {"kind": "fake", "name": name, "config": {"host": org.host(name), "password": SECRET}, **more}


def refusal(call: object, *arguments: object, **options: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call(*arguments, **options)  # type: ignore[operator]
    return caught.value


def test_a_source_is_made_seen_changed_and_deleted(org: Org, client: Client) -> None:
    made = client.create(org.slug, new(org, "orders", tags=["فروش"]), idempotency_key="k1")
    seen = client.get(org.slug, made["id"])
    assert (seen["config"]["password"], seen["tags"]) == ({"set": True}, ["فروش"])
    changed = client.update(org.slug, made["id"], {"description": "x"}, if_match=seen.etag)
    assert changed["description"] == "x"
    assert changed.etag != seen.etag
    stale = refusal(client.update, org.slug, made["id"], {"description": "y"}, if_match=seen.etag)
    assert (stale.status, stale.code) == (412, "precondition_failed")
    assert stale.advice == stale.problem["advice"]
    assert refusal(client.delete, org.slug, made["id"], if_match=seen.etag).status == 412
    client.delete(org.slug, made["id"], if_match=changed.etag)
    assert refusal(client.get, org.slug, made["id"]).code == "not_found"


def test_lists_go_on_from_page_to_page(org: Org, client: Client) -> None:
    for name in ("one", "two", "three"):
        client.create(org.slug, new(org, name, tags=["a" if name == "two" else "b"]))
    assert [source["name"] for source in client.list(org.slug, page_size=1)] == ["one", "two", "three"]
    assert [source["name"] for source in client.list(org.slug, tag="b", status="unknown", kind="fake", q="tHr")] == [
        "three"
    ]
    assert refusal(next, client.list(org.slug, page_size=0)).fields.keys() == {"limit"}
    trail = [(line["action"], line["target"]) for line in client.audit(org.slug, page_size=2)]
    assert trail[:3] == [("source.create", name) for name in ("three", "two", "one")]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert list(client.audit(org.slug, later)) == []
    assert len(list(client.audit(org.slug, "2020-01-01T00:00:00Z", later))) == len(trail)


def test_a_source_is_called_and_its_calls_are_told_of(org: Org, client: Client) -> None:
    ds_id = client.create(org.slug, new(org, "orders"))["id"]
    assert client.ping(org.slug, ds_id)["ok"]
    assert client.sample(org.slug, ds_id, {})["columns"]
    seen = client.catalog(org.slug, ds_id)
    assert (seen["path"], client.catalog(org.slug, ds_id)) == ("", seen)
    assert client.catalog(org.slug, ds_id, fresh=True)["cached_at"] > seen["cached_at"]
    *checks, summary = client.diagnose(org.slug, ds_id)
    assert ({check["type"] for check in checks}, summary["type"], summary["ok"]) == ({"check"}, "summary", True)
    assert client.test(org.slug, "fake", {"host": org.host("orders"), "password": {"set": True}}, ds_id=ds_id)["ok"]
    assert client.metrics(org.slug, ds_id)["calls_total"] == 2
    hour = client.history(org.slug, ds_id, datetime.now(UTC) - timedelta(hours=1), step="5m")
    assert (hour["step_s"], sum(bucket["calls"] for bucket in hour["buckets"])) == (300, 2)
    assert client.health(org.slug)["healthy"] == 1
    held = client.set_breaker(org.slug, ds_id, "force_open", "کار شبانه")
    assert held["state"] == "forced_open"
    refused = refusal(client.ping, org.slug, ds_id)
    assert (refused.status, refused.code, refused.problem["state"]) == (503, "circuit_open", "forced_open")


def test_all_are_pinged_line_by_line_and_leaving_stops_the_rest(org: Org, client: Client) -> None:
    for name in ("fast", "silent"):
        client.create(org.slug, new(org, name))
    *results, summary = client.ping_all(org.slug)
    assert ({each["name"] for each in results}, summary["ok"]) == ({"fast", "silent"}, 2)
    org.other_end.will(Step.SILENT, host=org.host("silent"))
    cancelled, lines = org.other_end.cancelled, client.ping_all(org.slug)
    assert next(lines)["name"] == "fast"
    lines.close()  # type: ignore[attr-defined]  # they are a generator
    org.served.wait_until(lambda: org.other_end.cancelled > cancelled)


def test_a_refusal_is_in_the_servers_words_and_in_the_readers_language(org: Org) -> None:
    with client_of(org, lang="fa") as client:
        refused = refusal(client.create, org.slug, {"kind": "fake", "name": "", "config": {"port": "x"}})
    assert (refused.status, refused.code) == (422, "validation_error")
    assert refused.detail == org.call("POST", json={}, headers={"Accept-Language": "fa"}).json()["detail"]
    assert "name" in refused.fields
    with client_of(org, Role.VIEWER) as viewer:
        # At the call, not when somebody looks at the lines.
        assert refusal(viewer.ping_all, org.slug).code == "forbidden"
        assert refusal(viewer.get, "no-such", "x").status == 404
    with Client(org.served.url, "cheshmeh-no-such-token") as nobody:
        assert refusal(nobody.health, org.slug).status == 401
        assert nobody.alive()
        assert nobody.ready()["status"] == "ok"


def test_without_a_dashboard_the_answers_are_the_same(org: Org, client: Client) -> None:
    runtime, slug = org.served.product.runtime, org.slug
    here = Here(runtime, Actor("x", {slug: Role.ADMIN}), translator("en"))
    ds_id = here.create(slug, new(org, "orders", tags=["a"]))["id"]
    here.create(slug, new(org, "silent"))
    assert [line["type"] for line in here.ping_all(slug)] == ["result", "result", "summary"]
    assert here.sample(slug, ds_id, {}).keys() == client.sample(slug, ds_id, {}).keys()
    assert here.get(slug, ds_id) == client.get(slug, ds_id)
    assert here.get(slug, ds_id).etag.strip('"') == client.get(slug, ds_id).etag.strip('"').partition("-")[0]
    wanted = {"kind": "fake", "status": "healthy", "tag": "A", "q": "ORD"}
    assert list(here.list(slug, **wanted)) == list(client.list(slug, **wanted)) == [client.get(slug, ds_id)]
    assert here.health(slug) == client.health(slug)
    assert here.catalog(slug, ds_id, "") == client.catalog(slug, ds_id)
    ends = "2026-03-21T00:00:00Z", "2026-03-22T00:00:00Z", "1h"
    assert here.history(slug, ds_id, *ends) == client.history(slug, ds_id, *ends)
    assert list(here.audit(slug, None, None)) == list(client.audit(slug))
    climbed = [line.keys() for line in here.diagnose(slug, ds_id)]
    org.clock.advance(3600)  # the next one comes too soon before
    assert climbed == [line.keys() for line in client.diagnose(slug, ds_id)]
    config = {"host": org.host("orders")}
    assert here.test(slug, "fake", config).keys() == client.test(slug, "fake", config).keys()
    assert here.ping(slug, ds_id).keys() == client.ping(slug, ds_id).keys()
    seen = here.get(slug, ds_id).etag
    assert here.update(slug, ds_id, {"name": "n"}, if_match=seen) == client.get(slug, ds_id)
    with pytest.raises(PreconditionFailed):
        here.delete(slug, ds_id, if_match=seen)
    here.delete(slug, ds_id)
    assert refusal(client.get, slug, ds_id).status == 404
