"""The demo's six sources, as a person would enter them: one of each kind, and one that is down on purpose."""

from typing import Any

from core.models import SourceDraft
from demo import mongo_program, s3_names
from demo.data import DATABASE
from demo.kept import HOST
from demo.postgres import READER, Credentials
from demo.servers import Servers

CLOSED_PORT = 1
"""tcpmux: no system of today listens there, and only root could begin to."""

SAMPLE_TAG = "نمونه"


def drafts(postgres: Credentials, servers: Servers) -> tuple[SourceDraft, ...]:
    """Names in Persian; what each holds in both languages."""
    return (
        _flights(postgres),
        _airports(servers),
        _planes(servers),
        _airlines(servers),
        _weather(servers),
        _down(postgres),
    )


def _flights(server: Credentials) -> SourceDraft:
    text = "پروازهای نیویورک در سال ۲۰۱۳ و جدول‌های یک فروشگاه در سال ۱۴۰۴ · Flights of 2013 and a Persian shop"
    return SourceDraft("postgres", "پروازها", _postgres(server, DATABASE), text, ("پرواز", SAMPLE_TAG))


def _airports(servers: Servers) -> SourceDraft:
    config = {
        "hosts": [f"{HOST}:{servers.ports['mongodb']}"],
        "database": mongo_program.DATABASE,
        "user": mongo_program.USER,
        "password": servers.kept.secret("mongodb_password"),
        "auth_source": mongo_program.AUTH_DATABASE,
        "direct": True,
    }
    text = "فرودگاه‌ها با جای هر یک · Airports and where they are"
    if servers.mongodb.simulated:
        text = f"{text} (سرور شبیه‌سازی‌شده · simulated server)"
    return SourceDraft("mongodb", "فرودگاه‌ها", config, text, ("پرواز", SAMPLE_TAG))


def _planes(servers: Servers) -> SourceDraft:
    config = {
        "base_url": f"http://{HOST}:{servers.ports['rest']}",
        "auth": {"type": "bearer", "token": servers.kept.secret("rest_token")},
        "health_path": "/health",
    }
    text = "مشخصات هواپیماها، صفحه‌به‌صفحه · Planes by tail number, in pages"
    return SourceDraft("rest", "هواپیماها", config, text, ("پرواز", SAMPLE_TAG))


def _airlines(servers: Servers) -> SourceDraft:
    config = {
        "endpoint": f"http://{HOST}:{servers.ports['graphql']}/graphql",
        "auth": {"type": "bearer", "token": servers.kept.secret("graphql_token")},
    }
    text = "شرکت‌های هواپیمایی با شمار پروازها · Airlines and how many flights each had"
    return SourceDraft("graphql", "شرکت‌های هواپیمایی", config, text, ("پرواز", SAMPLE_TAG))


def _weather(servers: Servers) -> SourceDraft:
    config = {
        "endpoint_url": f"http://{HOST}:{servers.ports['s3']}",
        "region": s3_names.REGION,
        "bucket": s3_names.BUCKET,
        "prefix": s3_names.PREFIX,
        "access_key_id": servers.kept.secret("s3_access_key_id"),
        "secret_access_key": servers.kept.secret("s3_secret_access_key"),
        "path_style": True,
    }
    text = (
        "هوای فرودگاه‌های نیویورک، ساعت به ساعت، در سه قالب · Hourly weather as CSV, Parquet and JSON Lines "
        "(سرور شبیه‌سازی‌شده · simulated server)"
    )
    return SourceDraft("s3", "هواشناسی", config, text, ("هوا", SAMPLE_TAG))


def _down(server: Credentials) -> SourceDraft:
    text = "این منبع به‌عمد خاموش است تا وضعیت خطا و تعلیق دیده شود · Down on purpose, to show errors and suspension"
    config = _postgres(server, "warehouse") | {"port": CLOSED_PORT}
    return SourceDraft("postgres", "انبار مشهد", config, text, ("انبار", SAMPLE_TAG))


def _postgres(server: Credentials, database: str) -> dict[str, Any]:
    return {"host": HOST, "port": server.port, "database": database, "user": READER, "password": server.reader_password}
