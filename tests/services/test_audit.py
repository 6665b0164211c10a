"""What people do to sources is written down: by whom, to what, and what it was before; never a secret."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from core.models import Actor, AuditLine, Role, SourceDraft
from core.services import audit as trail
from core.services.audit import AuditNames
from tests.services.assembly import Product, product
from tests.services.test_sources import ADMIN, create

SECRET = "canary-2718281828"


def lines(made: Product, **asked: Any) -> tuple[AuditLine, ...]:
    return made.runtime.run(made.runtime.audit.lines(ADMIN, "main", **asked)).items


def test_every_change_of_a_source_leaves_one_line(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        run, sources = made.runtime.run, made.runtime.sources
        source = create(made, SourceDraft("fake", "orders", {"host": "a", "password": SECRET}))
        who = Actor("نگار", {"main": Role.ADMIN}, address="10.1.2.3")
        run(sources.update(who, "main", source.id, {"name": "تازه", "config": {"host": "a", "password": SECRET + "2"}}))
        run(sources.sample(who, "main", source.id, {}))
        run(sources.set_breaker(who, "main", source.id, {"action": "force_open", "reason": "تعمیر"}))
        run(sources.delete(who, "main", source.id))
        found = lines(made)
        assert [line.action for line in reversed(found)] == [
            "source.create",
            "source.update",
            "source.sample",
            "breaker.force_open",
            "source.delete",
        ]
        assert {line.target_id for line in found} == {str(source.id)}
        assert {line.address for line in found[:4]} == {"10.1.2.3"}
        update = found[3]
        assert update.before == {"name": source.name, "config.password": {"set": True}}
        assert update.after == {"name": "تازه", "config.password": {"set": True, "replaced": True}}
        assert found[1].after == {"reason": "تعمیر"}
        assert SECRET not in repr(found)


def test_a_secret_in_the_parameters_of_a_sample_is_masked(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made, SourceDraft("fake", "orders", {"host": "a", "password": SECRET}))
        made.runtime.run(made.runtime.sources.sample(ADMIN, "main", source.id, {"table": f"where x = '{SECRET}'"}))
        assert lines(made)[0].after == {"params": {"table": "where x = '•••'"}}


def test_what_was_refused_leaves_no_line(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        with pytest.raises(PreconditionFailed):
            made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, {"name": "x"}, if_version=7))
        assert [line.action for line in lines(made)] == ["source.create"]


def test_only_administrators_read_and_a_cursor_leads_on(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        for name in "abc":
            create(made, SourceDraft("fake", name, {"host": "a"}))
        audit, run = made.runtime.audit, made.runtime.run
        first = run(audit.lines(ADMIN, "main", limit=2))
        rest = run(audit.lines(ADMIN, "main", limit=2, cursor=first.next_cursor))
        assert [line.target for line in (*first.items, *rest.items)] == ["c", "b", "a"]
        assert rest.next_cursor is None
        for actor, error in (
            (Actor("e", {"main": Role.EDITOR}), Forbidden),
            (Actor("s", {"other": Role.ADMIN}), NotFound),
        ):
            with pytest.raises(error):
                run(audit.lines(actor, "main"))
        with pytest.raises(Forbidden):
            run(audit.lines(ADMIN, None))
        for wrong in ({"limit": 0}, {"cursor": "x"}):
            with pytest.raises(InvalidInput):
                run(audit.lines(ADMIN, "main", **wrong))


def test_lines_are_narrowed_by_what_was_done_and_by_whom(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        run, audit = made.runtime.run, made.runtime.audit
        source = create(made, SourceDraft("fake", "orders", {"host": "a"}))
        run(made.runtime.sources.sample(Actor("نگار", {"main": Role.ANALYST}), "main", source.id, {}))
        assert [line.actor for line in lines(made, action="source.sample")] == ["نگار"]
        assert [line.action for line in lines(made, person=ADMIN.name)] == ["source.create"]
        assert lines(made, action="source.create", person="نگار") == ()
        names = run(audit.names(ADMIN, "main"))
        assert names == AuditNames(("source.create", "source.sample"), tuple(sorted((ADMIN.name, "نگار"))))
        for reads in (audit.names, audit.export):
            with pytest.raises(Forbidden):
                run(reads(Actor("e", {"main": Role.EDITOR}), "main"))


def test_an_export_goes_on_over_pages_and_says_where_it_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "LIMIT_MAX", 2)
    with product(tmp_path) as made:
        for name in "abcde":
            create(made, SourceDraft("fake", name, {"host": "a"}))
        whole = made.runtime.run(made.runtime.audit.export(ADMIN, "main"))
        assert [line.target for line in whole.items] == ["e", "d", "c", "b", "a"]
        assert whole.next_cursor is None
        monkeypatch.setattr(trail, "EXPORT_MAX", 4)
        cut = made.runtime.run(made.runtime.audit.export(ADMIN, "main", action="source.create"))
        assert [line.target for line in cut.items] == ["e", "d", "c", "b"]
        assert cut.next_cursor is not None
