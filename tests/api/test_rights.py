"""Who may do what, in which order a request is refused, and how a refusal looks."""

from typing import Any
from uuid import uuid4

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.people import local_actor

ROUTES = [
    ("GET", "", Role.VIEWER),
    ("POST", "", Role.EDITOR),
    ("POST", "test", Role.EDITOR),
    ("GET", "health", Role.VIEWER),
    ("POST", "ping", Role.ANALYST),
    ("GET", "{id}", Role.VIEWER),
    ("PATCH", "{id}", Role.EDITOR),
    ("DELETE", "{id}", Role.ADMIN),
    ("POST", "{id}/ping", Role.ANALYST),
    ("POST", "{id}/sample", Role.ANALYST),
    ("POST", "{id}/diagnose", Role.ANALYST),
    ("GET", "{id}/metrics", Role.VIEWER),
    ("POST", "{id}/breaker", Role.EDITOR),
    ("GET", "{id}/catalog", Role.ANALYST),
    ("GET", "{id}/history", Role.VIEWER),
]
OF_ONE_SOURCE = [(method, path) for method, path, _ in ROUTES if path.startswith("{id}")]
every_route = pytest.mark.parametrize(("method", "path", "least"), ROUTES)


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    return org.add()


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["code"], body["status"], body["type"]) == (code, status, f"urn:cheshmeh:error:{code}")
    return body


@every_route
def test_without_a_token_it_is_401(org: Org, source: dict[str, Any], method: str, path: str, least: Role) -> None:
    answer = org.call(method, path.format(id=source["id"]), role=None, data=b"{ no json")
    problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "chsh_x", "bearer chsh_x"])
def test_a_bad_token_is_401(org: Org, header: str) -> None:
    problem(org.call("GET", headers={"Authorization": header}), 401, "unauthenticated")


def test_the_word_bearer_may_be_written_small(org: Org) -> None:
    headers = {"Authorization": f"bearer  {org.tokens[Role.VIEWER]}"}
    assert org.call("GET", headers=headers).status_code == 200


def test_a_revoked_token_is_401(org: Org) -> None:
    runtime = org.served.product.runtime
    who = local_actor(runtime)
    [token] = [t for t in runtime.run(runtime.tokens.list(who, org.slug)) if t.role is Role.VIEWER]
    runtime.run(runtime.tokens.revoke(who, org.slug, token.id))
    told = org.call("GET", role=Role.VIEWER, headers={"Accept-Language": "en"})
    problem(told, 401, "unauthenticated")
    assert told.json()["detail"] == "This token is unknown here, has expired or was revoked."


@every_route
def test_a_stranger_gets_the_same_404_as_for_an_organisation_that_is_not_there(
    org: Org, foreign: Org, source: dict[str, Any], method: str, path: str, least: Role
) -> None:
    below = path.format(id=source["id"])
    answers = [
        org.call(method, f"/orgs/{slug}/datasources{below and '/'}{below}", data=b"{ no json", headers=foreign_token)
        for slug in (org.slug, "no-such", "NO such ‌", "%00")
        for foreign_token in [{"Authorization": f"Bearer {foreign.tokens[Role.ADMIN]}"}]
    ]
    bodies = [problem(answer, 404, "not_found") for answer in answers]
    assert len({tuple(sorted((body | {"instance": ""}).items())) for body in bodies}) == 1


@pytest.mark.parametrize(("method", "path"), OF_ONE_SOURCE)
def test_every_id_that_is_not_ours_gives_the_same_404(org: Org, foreign: Org, method: str, path: str) -> None:
    theirs, own = foreign.add()["id"], org.add()["id"]
    wrong = theirs, uuid4(), "no-uuid", "%00", "٣", own.replace("-", ""), f"{{{own}}}", f"urn:uuid:{own}"
    answers = [org.call(method, path.replace("{id}", str(each)), data=b"{ no") for each in wrong]
    bodies = [problem(answer, 404, "not_found") | {"instance": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert foreign.call("GET", theirs).status_code == 200


@every_route
def test_too_small_a_role_is_403_before_the_body_is_read(
    org: Org, source: dict[str, Any], method: str, path: str, least: Role
) -> None:
    for role in Role:
        answer = org.call(method, path.format(id=source["id"]), role=role, data=b"{ no json")
        if role < least:
            assert least.label[:5] in problem(answer, 403, "forbidden")["detail"].lower()
        else:
            assert answer.status_code not in (401, 403, 404)


def test_an_unknown_source_is_404_even_for_too_small_a_role(org: Org) -> None:
    problem(org.call("DELETE", str(uuid4()), role=Role.VIEWER), 404, "not_found")


BODIES = [("POST", ""), ("POST", "test"), ("PATCH", "{id}"), ("POST", "{id}/sample"), ("POST", "{id}/breaker")]
every_body = pytest.mark.parametrize(("method", "path"), BODIES)
LARGE = b'{"name": "' + b"x" * 1024 * 1024 + b'"'


@every_body
def test_a_body_over_a_mebibyte_is_413_before_it_is_judged(
    org: Org, source: dict[str, Any], method: str, path: str
) -> None:
    url = path.format(id=source["id"])
    problem(org.call(method, url, data=LARGE), 413, "body_too_large")
    problem(org.call(method, url, data=LARGE, role=None), 401, "unauthenticated")
    problem(org.call(method, url, data=LARGE, role=Role.VIEWER), 403, "forbidden")


@every_body
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff", b"nul", b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"a": 1}x'),
        *(b"[" * 100_000, b'{"a":' * 65 + b"1" + b"}" * 65, b'{"a": ' + b"9" * 5000 + b"}"),
    ],
)
def test_what_is_no_json_is_400(org: Org, source: dict[str, Any], method: str, path: str, body: bytes) -> None:
    problem(org.call(method, path.format(id=source["id"]), data=body), 400, "bad_request")


@every_body
@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"text"'])
def test_json_that_is_no_object_is_422(org: Org, source: dict[str, Any], method: str, path: str, body: bytes) -> None:
    answer = org.call(method, path.format(id=source["id"]), data=body)
    assert [e["field"] for e in problem(answer, 422, "validation_error")["errors"]] == ["body"]
