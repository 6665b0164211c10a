"""Pasted connection strings: what they say, what is refused, and that nothing of them is ever repeated."""

import json
import traceback
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connectors.pasted import from_pasted
from core.errors import InvalidInput

SECRET = "Zq7-hunter2"
PG = {"host": "db.example", "database": "shop", "user": "reader", "password": "s"}


def read(text: str) -> tuple[str, dict[str, Any]]:
    pasted = from_pasted(text)
    return pasted.kind, dict(pasted.config)


def refusal(text: str) -> tuple[str, dict[str, Any]]:
    with pytest.raises(InvalidInput) as caught:
        from_pasted(text)
    [error] = caught.value.fields
    assert error.field == "dsn"
    assert caught.value.__context__ is None
    assert SECRET not in repr(caught.value.fields) + str(caught.value)
    return error.message.key.removeprefix("field."), dict(error.message.args)


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("postgres://reader:s@db.example/shop", PG),
        ("postgresql://reader:s@db.example:6432/shop", PG | {"port": 6432}),
        ("  'POSTGRESQL://reader:s@db.example/shop?sslmode=require' ", PG | {"sslmode": "require"}),
        ("postgresql+psycopg://reader:s@db.example/shop", PG),
        ("postgresql+asyncpg://reader:s@db.example/shop?schema=sales", PG | {"schema": "sales"}),
        ("postgres://reader:p%40ss%2Fw%25@db.example/shop", PG | {"password": "p@ss/w%"}),
        ("postgres://reader:p@ss@db.example/shop", PG | {"password": "p@ss"}),
        ("postgres://u@[::1]:5432/d", {"host": "::1", "port": 5432, "database": "d", "user": "u"}),
        ("postgres://u@نمونه.ایران/d", {"host": "نمونه.ایران", "database": "d", "user": "u"}),
        ("postgres://u@%D9%86.ir/%D8%AF", {"host": "ن.ir", "database": "د", "user": "u"}),
        ("postgres://h", {"host": "h"}),
        ("postgres:///d?host=h&port=1&user=u&password=a+b", {
            "host": "h", "port": 1, "database": "d", "user": "u", "password": "a+b"}),
        ("host=db.example dbname=shop user=reader password=s", PG),
        ("host = db.example\n dbname='shop' user=reader password='s' port=1 sslmode=disable",
            PG | {"port": 1, "sslmode": "disable"}),
        (r"host=h password='a b\'c\\' user=a\ b", {"host": "h", "password": "a b'c\\", "user": "a b"}),
        ("host=h password=a://b@c", {"host": "h", "password": "a://b@c"}),
        ("host=h password='' user=u", {"host": "h", "user": "u"}),
    ],
)  # fmt: skip
def test_postgres(text: str, config: dict[str, Any]) -> None:
    assert read(text) == ("postgres", config)


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("mongodb://h/d", {"hosts": ["h:27017"], "database": "d"}),
        ("mongodb://h1:1,h2,[::1]:3/d?replicaSet=rs0", {
            "hosts": ["h1:1", "h2:27017", "[::1]:3"], "database": "d", "replica_set": "rs0"}),
        ("mongodb://u:p%3A@h:1/d?authSource=admin&tls=true&directConnection=TRUE", {
            "hosts": ["h:1"], "database": "d", "user": "u", "password": "p:", "auth_source": "admin", "tls": True,
            "direct": True}),
        ("mongodb://u:p@h/d", {
            "hosts": ["h:27017"], "database": "d", "user": "u", "password": "p", "auth_source": "d"}),
        ("mongodb://u:p@h/?ssl=false", {"hosts": ["h:27017"], "user": "u", "password": "p", "tls": False}),
        ("mongodb://نمونه.ایران", {"hosts": ["نمونه.ایران:27017"]}),
        ("mongodb://u:p@h/d?w=majority", {"uri": "mongodb://u:p@h/d?w=majority", "database": "d"}),
        ("mongodb+srv://u:p@h.example/d?tls=true", {
            "uri": "mongodb+srv://u:p@h.example/d?tls=true", "database": "d"}),
    ],
)  # fmt: skip
def test_mongodb(text: str, config: dict[str, Any]) -> None:
    assert read(text) == ("mongodb", config)


BASIC = {"type": "basic", "username": "u", "password": "p/:"}


@pytest.mark.parametrize(
    ("text", "kind", "config"),
    [
        ("https://api.example/v1", "rest", {"base_url": "https://api.example/v1"}),
        ("HTTP://u:p%2F%3A@[::1]:8080/v1/", "rest", {"base_url": "http://[::1]:8080/v1/", "auth": BASIC}),
        ("http://localhost:4873/@scope/name", "rest", {"base_url": "http://localhost:4873/@scope/name"}),
        ("https://نمونه.ایران/مسیر", "rest", {"base_url": "https://نمونه.ایران/مسیر"}),
        ("https://h/a%20b#part", "rest", {"base_url": "https://h/a%20b"}),
        ("https://t0ken@h", "rest", {"base_url": "https://h", "auth": {"type": "basic", "username": "t0ken"}}),
        ("https://h/v1?api_key=k%2B1", "rest", {
            "base_url": "https://h/v1", "auth": {"type": "query", "name": "api_key", "value": "k+1"}}),
        ("https://u:p%2F%3A@h/api/GraphQL/", "graphql", {"endpoint": "https://h/api/GraphQL/", "auth": BASIC}),
    ],
)  # fmt: skip
def test_http(text: str, kind: str, config: dict[str, Any]) -> None:
    assert read(text) == (kind, config)


KEYS = {"access_key_id": "AKIA", "secret_access_key": "a/b+c"}
ALIAS = {"url": "http://127.0.0.1:9000", "accessKey": "AKIA", "secretKey": "a/b+c", "api": "s3v4", "path": "auto"}
MINIO = KEYS | {"endpoint_url": "http://127.0.0.1:9000"}


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("s3://bucket", {"bucket": "bucket"}),
        ("s3://bucket/logs/2026/", {"bucket": "bucket", "prefix": "logs/2026/"}),
        ("s3://bucket/a@b:c", {"bucket": "bucket", "prefix": "a@b:c"}),
        ("S3://AKIA:a/b+c@bucket/p", KEYS | {"bucket": "bucket", "prefix": "p"}),
        ("s3://AKIA:a%2Fb%2Bc@bucket?region=eu-west-1&endpoint_url=http%3A%2F%2F127.0.0.1:9000&path_style=true",
            MINIO | {"bucket": "bucket", "region": "eu-west-1", "path_style": True}),
        (json.dumps(ALIAS), MINIO),
        (json.dumps(ALIAS | {"path": "on", "sessionToken": "t"}), MINIO | {"path_style": True, "session_token": "t"}),
        (json.dumps({"version": "10", "aliases": {"local": ALIAS | {"path": "off"}}}), MINIO | {"path_style": False}),
    ],
)  # fmt: skip
def test_s3(text: str, config: dict[str, Any]) -> None:
    assert read(text) == ("s3", config)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("postgres://u:p@h/shop", "shop"), ("host=h", "h"), ("mongodb://h1,h2/", "h1"), ("https://u:p@h:1/x", "h"),
        ("s3://b/p", "b"), (json.dumps({"aliases": {"local": ALIAS}}), "local"), (json.dumps(ALIAS), None),
    ],
)  # fmt: skip
def test_a_name_is_suggested(text: str, hint: str | None) -> None:
    assert from_pasted(text).name_hint == hint


@pytest.mark.parametrize(
    ("text", "key", "args"),
    [
        ("", "dsn_unknown", {}),
        (SECRET, "dsn_unknown", {}),
        (f"password {SECRET}", "dsn_unknown", {}),
        (f"{SECRET}=x host=y", "dsn_unknown", {}),
        (f"mysql://u:{SECRET}@h/d", "dsn_unknown", {}),
        (f"jdbc:postgresql://u:{SECRET}@h/d", "dsn_unknown", {}),
        (f"host=h password='{SECRET}", "dsn_unknown", {}),
        (f"host=h password={SECRET} and", "dsn_unknown", {}),
        (f"host=h password={SECRET[:4]} {SECRET[4:].replace('-', '')}=x", "dsn_option_unknown", {}),
        (f"host=h service={SECRET}", "dsn_option", {"option": "service"}),
        (f"host=h hostaddr=1.2.3.4 password={SECRET}", "dsn_option", {"option": "hostaddr"}),
        (f"postgres://u:{SECRET}@h/d?options=-csearch_path%3D{SECRET}", "dsn_option", {"option": "options"}),
        (f"postgres://u:p@h/d?{quote('a b')}={SECRET}", "dsn_option_unknown", {}),
        (f"postgres://u:{SECRET}@h1,h2/d", "dsn_hosts", {}),
        (f"host=a,b password={SECRET}", "dsn_hosts", {}),
        (f"postgres://u:{SECRET}@%2Fvar%2Frun/d", "dsn_socket", {}),
        (f"host=/var/run password={SECRET}", "dsn_socket", {}),
        (f"mongodb://u:{SECRET}@%2Ftmp%2Fmongodb-27017.sock/d", "dsn_socket", {}),
        (f"postgres://u:{SECRET}@h:70000/d", "dsn_part", {"part": "port"}),
        (f"postgres://u:{SECRET}@h:0/d", "dsn_part", {"part": "port"}),
        (f"host=h port=x password={SECRET}", "dsn_part", {"part": "port"}),
        (f"postgres://u:{SECRET}@h/a/b", "dsn_part", {"part": "database"}),
        (f"postgres://u:{SECRET}%ff@h/d", "dsn_part", {"part": "password"}),
        (f"postgres://u:{SECRET}@a b/d", "dsn_part", {"part": "host"}),
        (f"mongodb://u:{SECRET}@/d", "dsn_part", {"part": "host"}),
        (f"mongodb://u:{SECRET}@h/d?tls=yes", "dsn_part", {"part": "tls"}),
        (f"https://u:{SECRET}@/x", "dsn_part", {"part": "host"}),
        (f"https://u:p@h/x?token={SECRET}", "dsn_option", {"option": "token"}),
        (f"https://h/x?page={SECRET}", "dsn_option", {"option": "page"}),
        (f"https://h/x?token={SECRET}&page=1", "dsn_option", {"option": "token"}),
        (f"s3://AKIA:{SECRET}@bucket?profile=x", "dsn_option", {"option": "profile"}),
        (f"s3://AKIA:{SECRET}@", "dsn_part", {"part": "bucket"}),
        (f"s3://AKIA:{SECRET}", "dsn_escape", {}),
        (f"s3://{SECRET}@bucket", "dsn_part", {"part": "bucket"}),
        (json.dumps({"aliases": {"a": ALIAS, "b": ALIAS}}), "dsn_aliases", {}),
        (json.dumps({"aliases": {}}), "dsn_aliases", {}),
        (json.dumps({"aliases": SECRET}), "dsn_unknown", {}),
        (json.dumps(ALIAS | {"secretKey": 5}), "dsn_part", {"part": "secretKey"}),
        (json.dumps(ALIAS | {"api": "S3v2"}), "dsn_option", {"option": "api"}),
        ('{"url": "' + SECRET, "dsn_unknown", {}),
        ("[" * 20_000, "dsn_unknown", {}),
        ('{"a":' * 3_000, "dsn_unknown", {}),
        (f"https://h/{SECRET}\ud800", "dsn_unknown", {}),
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(text: str, key: str, args: dict[str, Any]) -> None:
    assert refusal(text) == (key, args)


@pytest.mark.parametrize("sign", ["/", "?", "#"])
@pytest.mark.parametrize("scheme", ["postgres", "mongodb", "https"])
@pytest.mark.parametrize("start", ["", "12", "pa@rt"])
def test_a_password_cut_in_two_by_an_unencoded_sign_ends_in_no_field(scheme: str, sign: str, start: str) -> None:
    assert refusal(f"{scheme}://u:{start}{sign}{SECRET}=@h/d") == ("dsn_escape", {})


def test_a_pasted_text_is_in_no_repr() -> None:
    pasted = from_pasted(f"mongodb+srv://u:{SECRET}@h/d")
    assert SECRET not in repr(pasted)
    assert "h" not in repr(pasted).removeprefix("Pasted(kind='mongodb')")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(TEXT, TEXT, st.sampled_from(["postgres", "mongodb", "https"]))
def test_any_user_and_password_survive_their_encoding(user: str, password: str, scheme: str) -> None:
    config: Any = from_pasted(f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@h/d").config
    auth = config["auth"] if scheme == "https" else config
    assert (auth.get("username", auth.get("user")), auth["password"]) == (user, password)


@given(TEXT, TEXT)
def test_any_keys_of_a_bucket_survive_their_encoding(key: str, secret: str) -> None:
    config = from_pasted(f"s3://{quote(key, safe='')}:{quote(secret, safe='')}@b/p").config
    assert (config["access_key_id"], config["secret_access_key"]) == (key, secret)


@given(TEXT)
def test_any_password_survives_libpqs_quotes(password: str) -> None:
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    assert from_pasted(f"host=h password='{escaped}' user=u").config["password"] == password


@given(st.text() | st.text().map(lambda rest: f"postgres://{rest}") | st.text().map(lambda rest: f"s3://a:b@{rest}")
       | st.text().map(lambda rest: f"https://{rest}") | st.text().map(lambda rest: f"mongodb://{rest}")
       | st.text().map(lambda rest: f"host={rest}") | st.text().map(lambda rest: f"{{{rest}"))  # fmt: skip
def test_any_text_is_read_or_refused(text: str) -> None:
    said = ""
    try:
        from_pasted(text)
    except InvalidInput as err:
        said = "".join(traceback.format_exception_only(err))
    assert len(said) < 100
