"""`/readyz` on a whole process: what it needs, and what another program on its database may have changed."""

import asyncio
import sqlite3
from pathlib import Path

from core.bootstrap import opened
from core.models import Part
from core.settings import Settings


def test_a_database_that_another_program_brought_further_is_not_ready(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, check_interval_s=0)
    with opened(settings) as runtime:
        assert {part.name: part.ok for part in needed(asyncio.run(runtime.ready()))} == {
            "database": True,
            "migrations": True,
        }
        with sqlite3.connect(tmp_path / "cheshmeh.db") as database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        assert {part.name: part.ok for part in needed(asyncio.run(runtime.ready()))} == {
            "database": True,
            "migrations": False,
        }


def needed(parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if part.required]
