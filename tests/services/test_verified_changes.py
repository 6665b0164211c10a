"""A new secret is tried beside the old one, and takes its place only when it works."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.errors import PreconditionFailed, Unproven
from core.models import Source
from tests.fakes import Step
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create, get, ping

NEW = "Zq8-never-shown"


def replace(made: Product, source: Source, **how: Any) -> Source:
    changes = {"config": {"password": NEW}}
    return made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, changes, verify=True, **how))


def password(made: Product, source: Source) -> str:
    records = made.runtime.sources._sources
    record = made.runtime.run(records.get("main", source.id))
    assert record
    return str(records.config(record)["password"])


def test_a_secret_that_works_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        changed = replace(made, source, if_version=source.version)
        assert (changed.version, password(made, source)) == (2, NEW)
        (line, _) = made.runtime.run(made.runtime.audit.lines(ADMIN, "main")).items
        assert line.after == {"config.password": {"set": True, "replaced": True}}


def test_a_secret_that_does_not_work_is_told_and_nothing_changes(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        ping(made, source)
        old, before = password(made, source), get(made, source)
        made.other_end.will(Step.AUTH)
        for _ in range(6):  # more than open a breaker
            with pytest.raises(Unproven) as refused:
                replace(made, source)
        assert refused.value.arguments == {"step": "tls"}  # the next one after those that the fake climbed
        assert [field.message.key for field in refused.value.fields] == ["error.auth_failed.password"]
        assert NEW not in repr(refused.value.fields)
        assert (password(made, source), get(made, source)) == (old, before)
        assert len(made.runtime.run(made.runtime.audit.lines(ADMIN, "main")).items) == 1


def test_a_change_that_was_made_during_the_trial_is_not_overwritten(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source, sources = create(made), made.runtime.sources
        made.other_end.will(Step.SILENT)

        async def both() -> None:
            trial = asyncio.create_task(
                sources.update(ADMIN, "main", source.id, {"config": {"password": NEW}}, verify=True)
            )
            await made.other_end.was_asked.wait()
            await sources.update(ADMIN, "main", source.id, {"config": {"password": "of somebody else"}})
            made.other_end.answer()
            await trial

        with pytest.raises(PreconditionFailed):
            made.runtime.run(both())
        assert password(made, source) == "of somebody else"


def test_whoever_leaves_ends_the_trial_and_nothing_is_swapped(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source, sources = create(made), made.runtime.sources
        old = password(made, source)
        made.other_end.will(Step.SILENT)

        async def leave() -> None:
            trial = asyncio.create_task(
                sources.update(ADMIN, "main", source.id, {"config": {"password": NEW}}, verify=True)
            )
            await made.other_end.was_asked.wait()
            trial.cancel()
            await asyncio.wait({trial})
            await sources.close()

        made.runtime.run(leave())
        assert (made.other_end.cancelled, password(made, source)) == (1, old)


def test_what_changes_nothing_of_the_configuration_is_not_tried(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source, sources = create(made), made.runtime.sources
        made.other_end.will(Step.FAIL)
        made.runtime.run(sources.update(ADMIN, "main", source.id, {"description": "d"}, verify=True))
        assert made.other_end.requests == []
