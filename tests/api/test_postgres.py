"""The interface over a real PostgreSQL: create, test, ping, sample, and a password that shows nowhere."""

from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.servers.postgres import PostgresServer

TABLE = """
DROP TABLE IF EXISTS public.کالا;
CREATE TABLE public.کالا (id bigint PRIMARY KEY, نام text, بها numeric(30, 10), زمان timestamptz, خام bytea);
INSERT INTO public.کالا VALUES
    (1, 'پستهٔ رفسنجان ‌', 12345678901234567890.0123456789, '2026-03-21 08:30:00+00', '\\x00ff'),
    (2, NULL, 'NaN', NULL, NULL),
    (9007199254740993, 'چای', 0, '2026-03-21 08:30:00.000001+00', '');
GRANT SELECT ON public.کالا TO "{user}";
"""


def config_of(server: PostgresServer, **changes: Any) -> dict[str, Any]:
    base = {"host": server.host, "port": server.port, "database": server.database, "user": server.user}
    return base | {"password": server.password} | changes


@pytest.fixture
def source(org: Org, postgres: PostgresServer) -> dict[str, Any]:
    postgres.execute(TABLE.format(user=postgres.user))
    return org.add("فروشگاه", "postgres", config=config_of(postgres))


def sample(org: Org, source: dict[str, Any], **params: Any) -> Any:
    return org.call("POST", f"{source['id']}/sample", role=Role.ANALYST, json={"params": params})


def test_a_real_server_answers_a_ping(org: Org, source: dict[str, Any], postgres: PostgresServer) -> None:
    answer = org.call("POST", f"{source['id']}/ping").json()
    assert (answer["ok"], answer["message"], answer["attempts"]) == (True, f"PostgreSQL {postgres.version}", 1)
    assert org.call("GET", "health").json()["healthy"] == 1


def test_a_sample_keeps_persian_text_and_every_digit(org: Org, source: dict[str, Any]) -> None:
    answer = sample(org, source, table="کالا", limit=10)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [column["name"] for column in body["columns"]] == ["id", "نام", "بها", "زمان", "خام"]
    first, second, third = body["rows"]
    assert first["نام"] == "پستهٔ رفسنجان ‌"
    assert str(first["بها"]) == "12345678901234567890.0123456789"
    assert (second["نام"], second["زمان"]) == (None, None)
    assert str(third["id"]) == "9007199254740993"
    assert (body["row_count"], body["truncated"], body["truncated_by"]) == (3, False, None)
    assert body["bytes_read"] > 0
    assert "کالا" in body["executed"]


def test_a_limit_says_that_there_was_more(org: Org, source: dict[str, Any]) -> None:
    body = sample(org, source, table="کالا", limit=2).json()
    assert (body["row_count"], body["truncated"], body["truncated_by"]) == (2, True, "limit")
    body = sample(org, source, table="کالا", limit=3).json()
    assert (body["truncated"], body["truncated_by"]) == (False, None)


def test_columns_of_one_name_keep_all_their_values(org: Org, source: dict[str, Any]) -> None:
    body = sample(org, source, sql="select 1 as a, 2 as a, 3 as b, 'x' as a").json()
    names = [column["name"] for column in body["columns"]]
    assert len(set(names)) == 4
    assert [body["rows"][0][name] for name in names] == [1, 2, 3, "x"]


def test_arguments_are_values_and_no_sql(org: Org, source: dict[str, Any]) -> None:
    body = sample(org, source, sql="select $1::text as t", args=["'; drop table کالا; --"]).json()
    assert body["rows"] == [{"t": "'; drop table کالا; --"}]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("drop table کالا", "query_refused"),
        ("select 1; select 2", "query_refused"),
        ("select pg_sleep(1)", "query_refused"),
        ("select * from no_such_table", "not_found_in_source"),
        ("select 1/0", "query_failed"),
    ],
)
def test_a_sample_that_may_not_be_or_cannot_be_is_422(org: Org, source: dict[str, Any], sql: str, code: str) -> None:
    answer = sample(org, source, sql=sql)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert org.call("GET", f"{source['id']}/metrics").json()["errors_total"] == 0
    assert org.call("POST", f"{source['id']}/ping").json()["ok"]


def trial(org: Org, config: dict[str, Any], **more: Any) -> Any:
    return org.call("POST", "test", role=Role.EDITOR, json={"kind": "postgres", "config": config, **more})


def test_trying_the_real_server_climbs_the_whole_ladder(org: Org, postgres: PostgresServer) -> None:
    body = trial(org, config_of(postgres)).json()
    assert body["ok"], body
    assert all(check["status"] in ("ok", "warning", "skipped", "unsupported") for check in body["checks"])


def test_trying_a_wrong_password_fails_at_its_rung_and_repeats_neither_password(
    org: Org, postgres: PostgresServer
) -> None:
    answer = trial(org, config_of(postgres, password="Zq7-never-shown"))
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    [failed] = [check for check in answer.json()["checks"] if check["status"] == "failed"]
    assert "config.password" in failed["fields"]
    assert "Zq7-never-shown" not in answer.text


def test_trying_with_the_kept_secret_works_at_the_same_destination(
    org: Org, source: dict[str, Any], postgres: PostgresServer
) -> None:
    config = config_of(postgres, password={"set": True})
    assert trial(org, config, ds_id=source["id"]).json()["ok"]
    assert trial(org, config).status_code == 422


def test_a_refused_port_is_an_answer_and_then_a_refusal(org: Org, refused_port: int) -> None:
    config = {"host": "127.0.0.1", "port": refused_port, "database": "d", "user": "u"}
    source = org.add("پایین", "postgres", config=config)
    states = [org.call("POST", f"{source['id']}/ping").json()["state"] for _ in range(3)]
    assert states == ["closed", "open", "open"]
    assert org.call("POST", f"{source['id']}/ping").status_code == 503


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0"])  # noqa: S104 - refused, not bound
def test_an_address_that_is_never_a_source_is_kept_but_not_called(org: Org, host: str) -> None:
    source = org.add("metadata", "postgres", config={"host": host, "database": "d", "user": "u"})
    ping = org.call("POST", f"{source['id']}/ping")
    assert (ping.status_code, ping.json()["code"]) == (422, "egress_denied")
    assert sample(org, source, table="t").status_code == 422
    tried = trial(org, {"host": host, "database": "d", "user": "u"})
    assert (tried.status_code, tried.json()["ok"]) == (200, False)
    assert [check["step"] for check in tried.json()["checks"] if check["status"] == "failed"] == ["egress"]


def test_the_dashboard_itself_is_no_source(org: Org) -> None:
    port = int(org.served.url.rsplit(":", 1)[1])
    source = org.add("self", "postgres", config={"host": "127.0.0.1", "port": port, "database": "d", "user": "u"})
    assert org.call("POST", f"{source['id']}/ping").json()["code"] == "egress_denied"


def test_the_password_is_in_no_answer_and_no_file(org: Org, source: dict[str, Any], postgres: PostgresServer) -> None:
    answers = [
        org.call("GET"),
        org.call("GET", "health"),
        org.call("GET", source["id"]),
        org.call("POST", f"{source['id']}/ping"),
        org.call("PATCH", source["id"], json={"config": {"port": 0}}),
        sample(org, source, sql="select nothing"),
    ]
    data = org.served.product.runtime.settings.data_dir
    kept = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert not any(postgres.password in answer.text for answer in answers)
    assert not any(postgres.password.encode() in content for content in kept)
