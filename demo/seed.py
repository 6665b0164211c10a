"""The demo's organisation and its three sources: two that are well and one that is down on purpose."""

from types import MappingProxyType
from typing import Any

from core.models import Actor, Role, Source, SourceDraft
from core.runtime import Runtime
from demo.postgres import HOST, READER, Credentials

ORG, ORG_NAME = "demo", "سازمان نمونه"
CLOSED_PORT = 1
"""tcpmux: no system of today listens there."""

SEEDER = Actor("demo", MappingProxyType({ORG: Role.ADMIN}), server_admin=True)


async def seed(runtime: Runtime, server: Credentials) -> None:
    """Creates what is missing; where the server's port changed, the sources follow it."""
    await runtime.access.ensure_organisation(ORG, ORG_NAME)
    known = {source.name: source for source in (await runtime.sources.list(SEEDER, ORG)).items}
    for draft in drafts(server):
        if draft.name not in known:
            await runtime.sources.create(SEEDER, ORG, draft)
        else:
            await _follow(runtime, known[draft.name], draft)


def drafts(server: Credentials) -> tuple[SourceDraft, ...]:
    """The sources as a person would enter them."""
    return (
        SourceDraft(
            "postgres", "پروازها", _config(server, "flights"), "پروازهای نیویورک در سال ۲۰۱۳", ("پرواز", "نمونه")
        ),
        SourceDraft(
            "postgres", "فروشگاه", _config(server, "shop"), "مشتریان، کالاها و سفارش‌های سال ۱۴۰۴", ("فروش", "نمونه")
        ),
        SourceDraft(
            "postgres",
            "انبار مشهد",
            _config(server, "warehouse") | {"port": CLOSED_PORT},
            "این منبع به‌عمد خاموش است تا وضعیت خطا و تعلیق دیده شود",
            ("انبار", "نمونه"),
        ),
    )


async def _follow(runtime: Runtime, source: Source, draft: SourceDraft) -> None:
    if source.config.get("port") != draft.config["port"]:
        await runtime.sources.update(SEEDER, ORG, source.id, {"config": draft.config})


def _config(server: Credentials, database: str) -> dict[str, Any]:
    return {"host": HOST, "port": server.port, "database": database, "user": READER, "password": server.reader_password}
