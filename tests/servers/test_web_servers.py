"""The web servers that other tests stand on."""

import time
from typing import Any

import pytest
import requests

from tests.servers.web import WebServer


@pytest.fixture(params=["strawberry", "ariadne"])
def graphql(request: pytest.FixtureRequest) -> WebServer:
    return request.getfixturevalue(request.param)


def asked(
    server: WebServer, query: str, path: str = "/graphql", timeout: float = 10, **options: Any
) -> requests.Response:
    return requests.post(server.url + path, json={"query": query}, timeout=timeout, **options)


def becomes_idle(server: WebServer) -> bool:
    """Whether nobody waits there any more, well before the wait would have ended by itself."""
    end = time.monotonic() + 30
    while requests.get(f"{server.url}/busy", timeout=10).json():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_httpbin_shows_what_it_was_sent(httpbin: WebServer):
    told = requests.get(f"{httpbin.url}/get?a=1", timeout=10).json()
    assert told["args"] == {"a": "1"}


def test_records_has_records_of_every_type(records: WebServer):
    planes = requests.get(f"{records.url}/planes", timeout=10).json()
    assert len(planes) >= 30
    assert {type(value) for value in planes[0].values()} == {int, str, float, bool, dict, list, type(None)}


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("basic", {"auth": ("reader", "correct-horse")}),
        ("bearer", {"headers": {"Authorization": "Bearer correct-horse"}}),
        ("header", {"headers": {"X-Api-Key": "correct-horse"}}),
        ("query", {"params": {"api_key": "correct-horse"}}),
    ],
)
def test_a_secret_is_asked_for(records: WebServer, path: str, sent: dict[str, Any]):
    url = f"{records.url}/secure/{path}"
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, timeout=10, **sent).status_code == 200


def test_a_reset_request_is_counted(records: WebServer):
    with pytest.raises(requests.ConnectionError, match="reset"):
        requests.get(f"{records.url}/hit?key=smoke&reset=1", timeout=10)
    assert requests.get(f"{records.url}/hits?key=smoke", timeout=10).json() == 1


def test_a_body_is_cut_short_of_its_length(records: WebServer):
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(f"{records.url}/truncated", timeout=10)


def test_endless_gzip_expands_a_thousandfold(records: WebServer):
    with requests.get(f"{records.url}/gzip-endless", stream=True, timeout=10) as answer:
        packed = answer.raw.read(4096, decode_content=False)
        assert len(packed) == 4096
    with requests.get(f"{records.url}/gzip-endless", stream=True, timeout=10) as answer:
        blocks = answer.iter_content(1 << 20)
        assert sum(len(next(blocks)) for _ in range(4)) > 3 << 20


@pytest.mark.parametrize(("code", "after"), [(429, "7"), (503, "7"), (500, None)])
def test_a_status_may_say_when_to_come_again(records: WebServer, code: int, after: str | None):
    answer = requests.get(f"{records.url}/status/{code}", timeout=10)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (code, after)


def test_a_client_that_leaves_ends_the_wait(records: WebServer):
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{records.url}/slow?seconds=600", timeout=0.2)
    assert becomes_idle(records)


def test_both_serve_the_same_airlines(graphql: WebServer):
    told = asked(graphql, "{ airlines { carrier name founded fleet { size planes { tail } } } }").json()["data"]
    assert len(told["airlines"]) >= 30
    assert told["airlines"][2] == {
        "carrier": "03",
        "name": "کیش‌ایر 3",
        "founded": "1965-06-08",
        "fleet": {"size": 3, "planes": [{"tail": "EP-03A"}, {"tail": "EP-03B"}, {"tail": "EP-03C"}]},
    }


def test_a_wrong_token_is_refused(graphql: WebServer):
    assert asked(graphql, "{ __typename }", headers={"Authorization": "Bearer no"}).status_code == 401
    assert asked(graphql, "{ __typename }", headers={"Authorization": "Bearer correct-horse"}).ok


def test_a_broken_field_leaves_the_rest(graphql: WebServer):
    told = asked(graphql, "{ broken numbers(count: 2) deep { node { value } } }").json()
    assert told["data"] == {"broken": None, "numbers": [0, 1], "deep": {"node": {"value": 2}}}
    assert told["errors"][0]["path"] == ["broken"]


@pytest.mark.parametrize("query", ["{ nope }", "{"])
def test_an_invalid_query_is_200_for_one_and_400_for_the_other(strawberry: WebServer, ariadne: WebServer, query: str):
    answers = asked(strawberry, query), asked(ariadne, query)
    assert [answer.status_code for answer in answers] == [200, 400]
    assert all(answer.json()["errors"] for answer in answers)


def test_introspection_can_be_off(strawberry: WebServer):
    query = "{ __schema { queryType { name } } }"
    assert "errors" not in asked(strawberry, query).json()
    assert "introspection" in asked(strawberry, query, "/no-introspection").json()["errors"][0]["message"]


def test_a_client_that_leaves_ends_the_resolver(graphql: WebServer):
    with pytest.raises(requests.ReadTimeout):
        asked(graphql, "{ slow(seconds: 600) }", timeout=0.2)
    assert becomes_idle(graphql)
