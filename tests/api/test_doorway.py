"""What every request passes first: foreign hosts are refused, and pages need a session."""

import pytest

from core.api.doorway import host_allowed
from core.models import Role
from tests.api.conftest import Org


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("localhost:8501", True),
        ("127.0.0.1", True),
        ("192.168.7.7:8501", True),
        ("[::1]:8501", True),
        ("cheshmeh.example.ir", True),
        ("CHESHMEH.example.ir:443", True),
        ("listens.example.ir:8501", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("cheshmeh.example.ir.evil.example", False),
        ("evil.example/@localhost", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_only_our_own_names_and_addresses_are_answered(header: str, allowed: bool) -> None:
    assert host_allowed(header, "Listens.example.ir", "https://cheshmeh.example.ir") is allowed


@pytest.mark.parametrize("path", ["/", "/healthz", "/orgs/x/datasources", "/session/login", "/_stcore/health"])
def test_a_foreign_host_is_refused_everywhere(org: Org, path: str) -> None:
    answer = org.call("GET", path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.text) == (400, "This host name is not served here.")


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/", "", "/"),
        ("/source", "source=1&tab=metrics", "/source%3Fsource%3D1%26tab%3Dmetrics"),
    ],
)
def test_a_document_without_a_session_goes_to_the_sign_in_page_and_back(
    org: Org, path: str, query: str, target: str
) -> None:
    url = f"{path}?{query}" if query else path
    answer = org.call("GET", url, role=None, headers={"Sec-Fetch-Dest": "document"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/session/login?next={target}"


@pytest.mark.parametrize("path", ["/", "/_stcore/stream", "/_stcore/upload_file/x", "/component/x", "/admin"])
@pytest.mark.parametrize("destination", ["script", "empty", ""])
def test_anything_else_without_a_session_is_401(org: Org, path: str, destination: str) -> None:
    answer = org.call("GET", path, role=None, headers={"Sec-Fetch-Dest": destination})
    assert answer.status_code == 401
    assert "a page" not in answer.text


def test_a_token_opens_no_page(org: Org) -> None:
    assert org.call("GET", "/", role=Role.ADMIN).status_code == 401


@pytest.mark.parametrize("cookie", ["cheshmeh_session=x", "cheshmeh_session=", "cheshmeh_session", "a=b; ;;=", '"'])
def test_a_cookie_that_is_no_session_opens_no_page(org: Org, cookie: str) -> None:
    assert org.call("GET", "/", role=None, headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/session/login", "/api/openapi.json"])
def test_what_needs_no_session_is_answered_without_one(org: Org, path: str) -> None:
    assert org.call("GET", path, role=None).status_code == 200
