"""What goes wrong with S3, and what must not happen: real servers, and peers that misbehave."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.http.client import Request
from core.connectors.kinds.s3 import S3Config, S3Connector
from core.connectors.s3 import failures
from core.connectors.s3.bucket import Page
from core.errors import InvalidInput, QueryRefused, SourceTimeout
from core.models import STEPS, CheckStatus, Message, Outcome
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import CANARY, assert_presentable, error_of, no_traces_of
from tests.connectors.s3_objects import BUCKET
from tests.servers.authority import TlsAuthority
from tests.servers.ports import Listener
from tests.servers.s3 import S3Server
from tests.servers.stubs import stub_server

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(s3: S3Server, previews: None) -> S3Server:
    return s3


def connector(server: S3Server, egress: EgressPolicy | None = None, **changes: Any) -> S3Connector:
    keys = {"access_key_id": server.access_key_id, "secret_access_key": server.secret_access_key}
    plain = {"endpoint_url": server.endpoint_url, "bucket": BUCKET, "prefix": "p/"} | keys | changes
    given = {name: value for name, value in plain.items() if value is not None}
    return S3Connector.build(forms.validate_config(S3Config, given), Environment(egress or EgressPolicy()))


@pytest.mark.parametrize(
    ("changes", "error", "fields"),
    [
        ({"secret_access_key": CANARY}, "auth_failed.signature", ["config.secret_access_key"]),
        ({"access_key_id": "AKIANOBODY"}, "auth_failed.access_key", ["config.access_key_id"]),
        ({"bucket": "no-such-bucket"}, "not_found_in_source.bucket", ["config.bucket"]),
        ({"access_key_id": None, "secret_access_key": None}, "permission_denied.bucket", None),
    ],
)
async def test_a_refusal_names_the_field(
    server: S3Server, changes: dict[str, Any], error: str, fields: list[str] | None
):
    async with no_traces_of(connector(server, **changes)) as source:
        found = await error_of(source.ping())
    assert (str(found), found.outcome) == (error, Outcome.REACHED)  # type: ignore[attr-defined]
    if fields is not None:
        assert [field.field for field in found.fields] == fields


async def test_virtual_host_style_puts_the_bucket_into_the_name(server: S3Server):
    port = server.endpoint_url.rpartition(":")[2]
    async with no_traces_of(connector(server, endpoint_url=f"http://s3.invalid:{port}", path_style=False)) as source:
        found = await error_of(source.ping())
    assert (str(found), found.arguments["host"]) == ("unreachable.unknown_host", f"{BUCKET}.s3.invalid")


@pytest.mark.parametrize(
    ("status", "code", "error", "retried"),
    [
        (403, "RequestTimeTooSkewed", "auth_failed.clock", False),
        (400, "AuthorizationHeaderMalformed", "auth_failed.region", False),
        (301, "PermanentRedirect", "not_found_in_source.region", False),
        (400, "ExpiredToken", "auth_failed.session_token", False),
        (403, "AccessDenied", "permission_denied.bucket", False),
        (503, "SlowDown", "source_unavailable.s3", True),
        (500, "InternalError", "source_unavailable.s3", False),
        (400, "SomethingNew", "query_failed.s3", False),
        (405, "", "not_found_in_source.not_s3", False),
    ],
)
async def test_every_named_error_is_one_of_ours(server: S3Server, status: int, code: str, error: str, retried: bool):
    body = (
        f"<Error><Code>{code}</Code><Message>no</Message><StringToSign>{CANARY}</StringToSign></Error>" if code else ""
    )
    with stub_server(status, body.encode(), {"Content-Type": "application/xml", "Retry-After": "7"}) as url:
        async with no_traces_of(connector(server, endpoint_url=url)) as source:
            found = await error_of(source.ping())
    assert (str(found), found.retried) == (error, retried)  # type: ignore[attr-defined]
    assert found.retry_after == (7 if error.startswith("source_unavailable") else None)  # type: ignore[attr-defined]


def listed(inner: bytes) -> bytes:
    return b"<ListBucketResult>" + inner + b"</ListBucketResult>"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Console</body></html>",
        b"garbage",
        b"",
        b"<a><b></a>",
        b"<html>ListBucketResult</html>",
        b"<ListBucketResult><Contents>",
        listed(b"\xff<"),
        listed(b"<Contents/>"),
        listed(b"<Contents><Key>a</Key><Key>b</Key></Contents>"),
        listed(b"<CommonPrefixes/>"),
        listed(b"<KeyCount>few</KeyCount>"),
        listed(b"<Contents><Key>a</Key><LastModified>99999999999999999999</LastModified></Contents>"),
        listed(b"<Contents><Key>a</Key><LastModified>9999-12-31T23:59:59-12:00</LastModified></Contents>"),
    ],
)
async def test_an_answer_that_is_not_s3_is_a_bad_answer(server: S3Server, body: bytes):
    with stub_server(200, body, {"Content-Type": "text/html"}) as url:
        async with no_traces_of(connector(server, endpoint_url=url)) as source:
            assert str(await error_of(source.ping())) == "bad_answer.not_s3"


async def test_an_empty_success_is_no_list(server: S3Server):
    with stub_server(204, b"", {}) as url:
        async with no_traces_of(connector(server, endpoint_url=url)) as source:
            assert str(await error_of(source.ping())) == "bad_answer.not_s3"


async def test_a_web_server_that_knows_no_such_page_is_no_s3(server: S3Server):
    with stub_server(404, b"<html>not here</html>", {"Content-Type": "text/html"}) as url:
        async with no_traces_of(connector(server, endpoint_url=url)) as source:
            found = await error_of(source.ping())
    assert (str(found), found.fields[0].field) == ("not_found_in_source.not_s3", "config.endpoint_url")


async def test_a_session_token_that_comes_back_is_shown_nowhere(server: S3Server):
    token = "Zq7-never-shown"  # letters that a header may have
    keys = {"access_key_id": "k", "secret_access_key": "s", "session_token": token}
    body = b"<Error><Code>" + token.encode() + b"</Code></Error>"
    with stub_server(500, body, {"Content-Type": "application/xml"}) as url:
        async with no_traces_of(connector(server, endpoint_url=url, **keys)) as source:
            assert token not in str((await error_of(source.ping())).arguments)
    with stub_server(200, listed(b""), {"Server": f"s3 {token}"}) as url:
        async with no_traces_of(connector(server, endpoint_url=url, **keys)) as source:
            worked, said = await source.ping()
    assert (worked, token in said) == (True, False)


async def test_a_persian_host_name_is_dialled_as_dns_has_it(server: S3Server):
    async with no_traces_of(connector(server, endpoint_url="http://انبار.invalid:9000")) as source:
        found = await error_of(source.ping())
    assert (str(found), found.arguments["host"]) == ("unreachable.unknown_host", "xn--mgbac1byg.invalid")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"region": "123"}, "region"),
        ({"region": "-x"}, "region"),
        ({"region": "x-"}, "region"),
        ({"endpoint_url": "http://object_store:9000"}, "endpoint_url"),
        ({"endpoint_url": "http://a..b"}, "endpoint_url"),
        ({"session_token": "a\nb"}, "session_token"),
        ({"ca_pem": "گواهی"}, "ca_pem"),
    ],
)
def test_what_the_sdk_would_refuse_is_refused_by_name(server: S3Server, changes: dict[str, str], field: str):
    with pytest.raises(InvalidInput) as refused:
        connector(server, **changes)
    assert [error.field for error in refused.value.fields] == [f"config.{field}"]


async def test_a_dripping_peer_holds_no_thread_after_its_limit(server: S3Server, dripping_port: Listener):
    before = threading.active_count()
    source = connector(server, endpoint_url=f"http://127.0.0.1:{dripping_port.port}", timeout_s=0.5)
    async with no_traces_of(source):
        assert isinstance(await error_of(source.ping()), SourceTimeout)
        assert dripping_port.wait_for_open(0)
    waiting = [thread for thread in threading.enumerate() if not thread.name.startswith(("asyncio_", "Thread-"))]
    assert len(waiting) <= before


async def test_an_endless_answer_is_cut(server: S3Server, endless_port: Listener):
    async with no_traces_of(connector(server, endpoint_url=f"http://127.0.0.1:{endless_port.port}")) as source:
        assert str(await error_of(source.ping())) == "bad_answer.not_s3"


@pytest.fixture
def ambient() -> Iterator[None]:
    names = {
        "AWS_ACCESS_KEY_ID": "AKIAAMBIENT",
        "AWS_SECRET_ACCESS_KEY": "ambient-secret",
        "AWS_PROFILE": "no-such-profile",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "nowhere-1",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }
    kept = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    yield
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


async def test_what_the_environment_says_about_aws_has_no_effect(server: S3Server, ambient: None):
    async with no_traces_of(connector(server)) as source:
        assert (await source.ping())[0]
    async with no_traces_of(connector(server, access_key_id=None, secret_access_key=None)) as source:
        assert (await error_of(source.ping())).code == "permission_denied"


@pytest.mark.parametrize(
    "key", ["q/outside.txt", "p", "p/../q/outside.txt", "p/..", "p\\x", "p/a\\b", "p/a\0b", "P/rows.csv"]
)
async def test_what_lies_outside_the_prefix_is_never_asked_for(server: S3Server, refused_port: int, key: str):
    async with no_traces_of(connector(server, endpoint_url=f"http://127.0.0.1:{refused_port}")) as source:
        for params in ({"key": key}, {"prefix": key}):
            assert isinstance(await error_of(source.sample(params)), QueryRefused)


@pytest.mark.parametrize(("method", "body"), [("PUT", b"x"), ("DELETE", None), ("POST", b"x"), ("GET", b"x")])
async def test_a_request_that_changes_something_never_leaves(server: S3Server, method: str, body: bytes | None):
    from yarl import URL

    async with no_traces_of(connector(server)) as source:
        with pytest.raises(QueryRefused, match="transport"):
            await source._http.send(Request(method, URL(server.endpoint_url), body=body), 10)
        client = source._bucket._carrier
        with pytest.raises(QueryRefused, match="transport"):
            await client.call("delete_object", 10, b"", Bucket=BUCKET, Key="p/rows.csv")
        assert (await source.sample({"key": "p/rows.csv"})).rows


async def test_a_denied_address_is_never_dialled(server: S3Server, counting_port: Listener):
    policy = EgressPolicy(allow=("192.0.2.0/24",))
    url = f"http://127.0.0.1:{counting_port.port}"
    async with no_traces_of(connector(server, policy, endpoint_url=url)) as source:
        assert str(await error_of(source.ping())) == "egress_denied.not_allowed"
        statuses = {check.step: check.status async for check in source.diagnose()}
    assert statuses["egress"] is CheckStatus.FAILED
    assert counting_port.accepted == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"secret_access_key": None}, "config.secret_access_key"),
        ({"access_key_id": None}, "config.access_key_id"),
        ({"bucket": "a/b"}, "config.bucket"),
        ({"bucket": ""}, "config.bucket"),
        ({"endpoint_url": "ftp://x"}, "config.endpoint_url"),
        ({"endpoint_url": "http://user:pw@x"}, "config.endpoint_url"),
        ({"endpoint_url": "http://"}, "config.endpoint_url"),
        ({"endpoint_url": "nonsense"}, "config.endpoint_url"),
        ({"prefix": "a/../b"}, "config.prefix"),
        ({"region": "us east"}, "config.region"),
        ({"ca_pem": "no certificate"}, "config.ca_pem"),
        ({"session_token": ""}, "config.session_token"),
        ({"passwd": "x"}, "config.passwd"),
        ({"path_style": "yes"}, "config.path_style"),
    ],
)
def test_bad_input_is_named(server: S3Server, changes: dict[str, Any], field: str):
    with pytest.raises(InvalidInput) as caught:
        connector(server, **changes)
    assert [found.field for found in caught.value.fields] == [field]


async def test_certificates_are_checked(server: S3Server, tls_authority: TlsAuthority):
    with stub_server(200, b"", {}, tls=tls_authority.issue()) as url:
        async with no_traces_of(connector(server, endpoint_url=url)) as source:
            assert str(await error_of(source.ping())) == "tls_invalid.authority"
        pem = tls_authority.pem
        async with no_traces_of(connector(server, endpoint_url=url, ca_pem=pem)) as source:
            assert str(await error_of(source.ping())) == "bad_answer.not_s3"
            checks = {check.step: check async for check in source.diagnose()}
    assert checks["tls"].status is CheckStatus.OK
    assert "expires" in (checks["tls"].evidence.args if checks["tls"].evidence else {})


@pytest.mark.parametrize(("behind", "said"), [(20, "clock_apart"), (-20, "clock_apart"), (1, "clock")])
def test_a_clock_that_is_wrong_is_named_with_the_minutes(behind: int, said: str):
    theirs = datetime.now(UTC) + timedelta(minutes=behind)
    answer = {"ResponseMetadata": {"HTTPStatusCode": 403}, "Error": {"Code": "RequestTimeTooSkewed"}}
    error = failures.of(ClientError(answer, "ListObjectsV2"), {"date": format_datetime(theirs)}, BUCKET, ())
    assert str(error) == f"auth_failed.{said}"
    assert_presentable(error)
    if said == "clock_apart":
        assert error.arguments["minutes"] == 20


def test_a_date_that_no_calendar_has_tells_no_minutes():
    answer = {"ResponseMetadata": {"HTTPStatusCode": 403}, "Error": {"Code": "RequestTimeTooSkewed"}}
    headers = {"date": "Fri, 31 Dec 99999999999 23:59:59 GMT"}
    assert str(failures.of(ClientError(answer, "ListObjectsV2"), headers, BUCKET, ())) == "auth_failed.clock"


async def test_the_ladder_says_what_cannot_be_proven_and_reads_one_object(server: S3Server):
    async with no_traces_of(connector(server, prefix="safe/")) as source:
        checks = {check.step: check async for check in source.diagnose()}
    assert tuple(checks) == STEPS
    assert (checks["read_only"].status, checks["read_only"].fields) == (
        CheckStatus.WARNING,
        ("config.access_key_id",),
    )
    assert (checks["tls"].status, checks["sample"].status) == (CheckStatus.SKIPPED, CheckStatus.OK)
    assert "safe/" in checks["sample"].facts["command"]


async def test_a_prefix_with_nothing_below_it_is_a_warning(server: S3Server):
    async with no_traces_of(connector(server, prefix="no such/")) as source:
        sample = [check async for check in source.diagnose()][-1]
    assert (sample.step, sample.status) == ("sample", CheckStatus.WARNING)


@pytest.mark.parametrize("token", [None, "s3cret-token"])
async def test_a_session_token_that_travels_in_clear_is_warned_of(
    server: S3Server, monkeypatch: pytest.MonkeyPatch, token: str | None
):
    async def empty(*_asked: Any, **_how: Any) -> Page:
        return Page((), (), None, "")

    monkeypatch.setattr("core.connectors.http.rungs.is_loopback", lambda _url: False)
    monkeypatch.setattr("core.connectors.s3.bucket.Bucket.list", empty)
    source = connector(server, session_token=token)
    auth = {check.step: check async for check in source.diagnose()}["auth"]
    await source.close()
    expected = (Message("check.token_in_clear"), ("config.endpoint_url",)) if token else (None, ())
    assert (auth.advice, auth.fields) == expected
