"""Where a configuration leads: fields, connection strings and their options, SRV records."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.connectors import forms
from core.connectors.field_specs import field_specs
from core.connectors.kinds.mongodb import MongodbConfig, MongodbConnector
from core.connectors.mongodb.seeds import Records
from core.connectors.mongodb.target import Target, target_of
from core.errors import InvalidInput
from core.i18n import LANGUAGES, translator
from core.models import CatalogEntry, FieldError
from tests.connectors.conformance import CANARY, assert_kept, error_of

pytestmark = pytest.mark.anyio

SECRET = "c4n4ry-Xq7"


def target(**given: Any) -> Target:
    return target_of(forms.validate_config(MongodbConfig, {"database": "app"} | given))


def refused(**given: Any) -> FieldError:
    with pytest.raises(InvalidInput) as caught:
        forms.validate_config(MongodbConfig, {"database": "app"} | given)
    (field,) = caught.value.fields
    for lang in LANGUAGES:
        said = translator(lang, strict=True).message(field.message)
        assert_kept([said])
        assert SECRET not in said
    return field


def test_members_are_hosts_with_ports():
    found = target(hosts=["db1.example.ir", "db2.example.ir:27018", "[::1]:27019", "192.0.2.7"])
    assert found.hosts == (
        ("db1.example.ir", 27017), ("db2.example.ir", 27018), ("::1", 27019), ("192.0.2.7", 27017)
    )  # fmt: skip


@pytest.mark.parametrize(
    "host",
    [
        "", " ", "a b", "a/b", "/run/mongodb-27017.sock", "%2Ftmp%2Fx.sock", "x.sock", "X.SOCK:27017", "a@b", "a,b",
        "a:", "a:0", "a:65536", "a:x", "a:1:2", "[::1", "[::1]x", "[x]", "a?b", "a#b", "a\0", "mongodb://a", "\\\\a",
    ],
)  # fmt: skip
def test_what_is_no_host_is_refused(host: str):
    field = refused(hosts=["db.example.ir", host])
    assert (field.field, field.message.key) == ("config.hosts", "field.host_and_port")


def test_a_connection_string_says_where_and_as_whom():
    uri = f"mongodb://u%40x:{SECRET}@a.example.ir:1,b.example.ir/db?replicaSet=rs0&tls=true&authMechanism=SCRAM-SHA-1"
    found = target(uri=uri)
    assert found.hosts == (("a.example.ir", 1), ("b.example.ir", 27017))
    assert (found.user, found.password, found.auth_source) == ("u@x", SECRET, "db")
    assert (found.replica_set, found.tls, found.mechanism, found.direct) == ("rs0", True, "SCRAM-SHA-1", False)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("mongodb://u:p@h/", "admin"),
        ("mongodb://u:p@h/db", "db"),
        ("mongodb://u:p@h/db?authSource=users", "users"),
        ("mongodb://h/db", "admin"),
    ],
)
def test_the_database_that_knows_the_user(uri: str, source: str):
    assert target(uri=uri).auth_source == source
    assert target(uri="mongodb://h/db", user="u", password="p").auth_source == "admin"
    assert target(uri="mongodb://h/db", user="u", password="p", auth_source="x").auth_source == "x"


@pytest.mark.parametrize(
    "options",
    [
        "retryWrites=true&w=majority&appName=Cluster0",
        "maxPoolSize=500&socketTimeoutMS=0",
        "ssl=false",
        "readPreference=nearest",
    ],
)
def test_common_options_are_taken(options: str):
    assert target(uri=f"mongodb://h/?{options}").hosts == (("h", 27017),)


OPTIONS = [
    "tlsCAFile=/etc/passwd", "tlsCertificateKeyFile=/etc/ssl/key.pem", "tlsCRLFile=/x",
    "tlsCertificateKeyFilePassword=p",
    "ssl_ca_certs=/x", "proxyHost=10.0.0.1", "proxyPort=1080", "proxyUsername=u", "authMechanism=GSSAPI",
    "authMechanism=MONGODB-AWS", "authMechanism=MONGODB-OIDC", "authMechanism=MONGODB-X509", "authMechanism=PLAIN",
    "authMechanismProperties=SERVICE_NAME:x", "gssapiServiceName=x", "srvServiceName=x", "srvMaxHosts=1",
    "srvAllowedHostsSuffix=ir", "loadBalanced=true", "tlsInsecure=true", "tlsAllowInvalidCertificates=true",
    "tlsAllowInvalidHostnames=true", "tlsDisableOCSPEndpointCheck=true", "serverMonitoringMode=stream",
    "readPreferenceTags=dc:x", "tls=maybe", "directConnection=1", "noSuchOption=1", "TLSCAFILE=/x",
]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_that_does_more_than_lead_there_is_refused_by_name(option: str):
    name = option.partition("=")[0]
    field = refused(uri=f"mongodb://u:{SECRET}@h/?replicaSet=rs0&{option}")
    assert (field.field, field.message.key) == ("config.uri", "field.uri_option")
    assert field.message.args == {"option": name}


@pytest.mark.parametrize(
    "uri",
    [
        "", "http://h/", "mongodb:/h", "mongodb://", "mongodb:///db", f"mongodb://u:{SECRET}@", "mongodb://a b/",
        f"mongodb://u:pa/{SECRET}@h/", f"mongodb://u:pa?{SECRET}@h/", "mongodb://%2Ftmp%2Fmongodb-27017.sock/",
        "mongodb+srv://h:27017/", "mongodb+srv://a,b/", f"mongodb://:{SECRET}@h/", "mongodb://h/a/b", "mongodb://%ff/",
        "mongodb://h/a%00b", "mongodb://" + ",".join(["h"] * 51), "mongodb://x.sock/",
    ],
)  # fmt: skip
def test_what_is_no_connection_string_is_refused(uri: str):
    assert refused(uri=uri).field in ("config.uri", "config.user")


@pytest.mark.parametrize(
    ("given", "field", "key"),
    [
        ({}, "config.hosts", "field.uri_or_hosts"),
        ({"hosts": ["h"], "uri": "mongodb://h/"}, "config.hosts", "field.uri_or_hosts"),
        ({"hosts": []}, "config.hosts", "field.too_short"),
        ({"hosts": "h"}, "config.hosts", "field.list_type"),
        ({"hosts": ["h"], "user": "u"}, "config.password", "field.password_missing"),
        ({"hosts": ["h"], "password": SECRET}, "config.user", "field.user_missing"),
        ({"hosts": ["a", "b"], "direct": True}, "config.direct", "field.direct_one_host"),
        ({"uri": "mongodb+srv://x.example.ir/?directConnection=true"}, "config.direct", "field.direct_one_host"),
        ({"hosts": ["h"], "database": "a.b"}, "config.database", "field.database_name"),
        ({"hosts": ["h"], "database": "a$b"}, "config.database", "field.database_name"),
        ({"hosts": ["h"], "ca_pem": "no certificate"}, "config.ca_pem", "field.certificate"),
    ],
)
def test_what_does_not_fit_together_is_named(given: dict[str, Any], field: str, key: str):
    found = refused(**given)
    assert (found.field, found.message.key) == (field, key)


def test_certificates_are_asked_for_only_with_tls():
    specs = {spec.name: spec for spec in field_specs(MongodbConfig)}
    assert specs["tls_verify"].shown_when == specs["ca_pem"].shown_when == (("tls", (True,)),)
    assert (specs["uri"].type, specs["hosts"].type, specs["database"].required) == ("secret", "list", True)


def test_the_destination_holds_whatever_leads_elsewhere():
    def destination(**given: Any) -> Any:
        config = forms.validate_config(MongodbConfig, {"hosts": ["a"], "database": "app"} | given)
        return MongodbConnector.destination(config)

    same = destination()
    assert destination(database="other", replica_set="rs0", timeout_s=3) == same
    others = [destination(hosts=["b"]), destination(hosts=["a:1"]), destination(tls=True)]
    others.append(destination(tls=True, tls_verify=False))
    assert len({same, *others}) == 5


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("orders", {"collection": "orders", "limit": 20}),
        (r"fs\.files", {"collection": "fs.files", "limit": 20}),
        ("orders.customer.city", {"collection": "orders", "projection": {"customer.city": 1}, "limit": 20}),
        (r"orders.a\.b", {"collection": "orders", "limit": 20}),
        ("orders.$x", {"collection": "orders", "limit": 20}),
    ],
)
def test_an_entry_of_the_catalogue_can_be_sampled(path: str, params: dict[str, Any]):
    assert MongodbConnector.params_for(CatalogEntry("x", path, "x")) == params


def records(srv: list[str] | Exception, txt: list[str] | Exception) -> Records:
    async def look_up(name: str, kind: str, _limit: float) -> list[Any]:
        assert name == ("_mongodb._tcp.db.example.ir" if kind == "SRV" else "db.example.ir")
        found = srv if kind == "SRV" else txt
        if isinstance(found, Exception):
            raise found
        return found

    return Records(look_up)


Expand = Callable[[Records], Awaitable[Target]]


@pytest.fixture
def expand() -> Expand:
    return lambda found: found.expand(target(uri=f"mongodb+srv://u:{SECRET}@db.example.ir/"), 1)


async def test_srv_records_become_members(expand: Expand):
    members = ["a.example.ir:27017", "B.example.ir:27018", "evil.example.com:27017", "example.ir:1", "a/b:1"]
    found = await expand(records(members, ["authSource=users&replicaSet=rs0"]))
    assert found.hosts == (("a.example.ir", 27017), ("b.example.ir", 27018))
    assert (found.auth_source, found.replica_set, found.tls) == ("users", "rs0", True)


@pytest.mark.parametrize("txt", [["tlsCAFile=/x"], ["replicaSet=a", "replicaSet=b"], LookupError(), OSError(), []])
async def test_other_options_of_a_txt_record_are_not_taken(expand: Expand, txt: Any):
    found = await expand(records(["a.example.ir:27017"], txt))
    assert (found.auth_source, found.replica_set) == ("admin", None)


@pytest.mark.parametrize(
    ("srv", "said"),
    [
        (LookupError(), "unreachable.no_members"),
        ([], "unreachable.no_members"),
        (["evil.example.com:27017"], "unreachable.no_members"),
        (OSError(), "unreachable.name_lookup"),
    ],
)
async def test_a_name_without_members_is_unreachable(expand: Expand, srv: Any, said: str):
    error = await error_of(expand(records(srv, [])))
    assert (str(error), [field.field for field in error.fields]) == (said, ["config.uri"])


def test_nothing_of_a_connection_string_is_shown():
    config = forms.validate_config(MongodbConfig, {"uri": f"mongodb://u:{SECRET}@h/", "database": "app"})
    shown = [repr(config), str(config), config.model_dump_json(), repr(MongodbConnector.destination(config))]
    assert [text for text in shown if SECRET in text or CANARY in text] == []
    assert SECRET in target_of(config).secrets
