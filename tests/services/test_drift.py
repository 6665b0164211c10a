"""What changed in a level between two looks: said when it is known, and not when it is only likely."""

import asyncio
from datetime import timedelta

import pytest

from core.models import LEVEL_MAX, CatalogEntry, TypeShare
from core.services.contents import CHANGES_KEPT, KEPT, CatalogLevel, Contents
from core.services.drift import CatalogChange, changes_between
from tests.services.test_browsing import NOON, Clock, FakeLive, as_live


def columns(**types: str) -> tuple[CatalogEntry, ...]:
    return tuple(CatalogEntry(name, f"t.{name}", type_) for name, type_ in types.items())


def field(name: str, *types: str) -> CatalogEntry:
    return CatalogEntry(name, name, " | ".join(types), types=tuple(TypeShare(type_, 0.5) for type_ in types))


def told(before: tuple[CatalogEntry, ...], after: tuple[CatalogEntry, ...]) -> set[tuple[str, str]]:
    return {(change.what, change.name) for change in changes_between(before, after)}


def test_what_went_came_and_has_another_type_is_told() -> None:
    before, after = (
        columns(id="integer", price="numeric", total="integer"),
        columns(id="integer", total="bigint", at="date"),
    )
    assert changes_between(before, after) == (
        CatalogChange("removed", "price", "numeric", None),
        CatalogChange("type", "total", "integer", "bigint"),
        CatalogChange("added", "at", None, "date"),
    )


def test_another_order_or_detail_is_no_change() -> None:
    before = columns(id="integer", at="date")
    assert told(before, before[::-1]) == set()
    assert told(before, (before[1], CatalogEntry("id", "t.id", "integer", "a comment", rows=7, share=0.5))) == set()


def test_types_that_were_seen_in_another_order_are_the_same() -> None:
    assert told((field("a", "int", "string"),), (field("a", "string", "int"),)) == set()
    assert told((field("a", "int"),), (field("a", "int", "null"),)) == set()
    assert told((field("a", "null"),), (field("a", "date"),)) == set()
    assert told((field("a", "int"),), (field("a", "int", "string"),)) == {("type", "a")}


def test_a_level_that_was_cut_lacks_nothing() -> None:
    cut = columns(**{f"c{number}": "text" for number in range(LEVEL_MAX)})
    assert told(cut, cut[:5]) == {("removed", entry.name) for entry in cut[5:]}
    assert told(columns(z="text"), cut) == {("added", entry.name) for entry in cut}
    assert told((*cut[1:], *columns(z="text")), cut) == set()
    assert told(cut, (*columns(z="text"), *cut[:-1])) == set()


@pytest.mark.parametrize("mark", ["no_introspection", "unread"])
def test_a_level_that_was_read_in_part_neither_lost_nor_won_anything(mark: str) -> None:
    part = (CatalogEntry("Query", "q", "type", marks=(mark,)), *columns(id="integer"))
    whole = columns(id="integer", at="date")
    assert told(whole, part) == told(part, whole) == set()
    assert told(part, columns(id="text")) == {("type", "id")}


class ScriptedLive(FakeLive):
    """Answers with one level after the other, the last one for ever."""

    def __init__(self, *levels: tuple[CatalogEntry, ...], config_version: int = 1) -> None:
        super().__init__(config_version=config_version)
        self.guard.describe = self.describe  # type: ignore[method-assign]
        self.levels = list(levels)

    async def describe(self, path: str) -> list[CatalogEntry]:
        return list(self.levels.pop(0) if len(self.levels) > 1 else self.levels[0])


async def look(contents: Contents, live: FakeLive) -> CatalogLevel:
    return await contents.below(as_live(live), "t", fresh=True)


@pytest.mark.anyio
async def test_a_change_is_told_with_the_looks_between_which_it_happened() -> None:
    clock, contents = Clock(), None
    contents = Contents(clock)
    live = ScriptedLive(columns(id="integer", price="text"), columns(id="integer"))
    assert (await look(contents, live)).changes == ()
    clock.now += timedelta(hours=1)
    level = await look(contents, live)
    assert [(change.what, change.name) for change in level.changes] == [("removed", "price")]
    assert (level.changed_after, level.changed_before) == (NOON, clock.now)


@pytest.mark.anyio
async def test_a_level_that_grew_old_is_compared_too() -> None:
    clock = Clock()
    contents, live = Contents(clock), ScriptedLive(columns(a="text"), columns(b="text"))
    await contents.below(as_live(live), "t")
    clock.now += KEPT
    assert len((await contents.below(as_live(live), "t")).changes) == 2


@pytest.mark.anyio
async def test_a_change_stays_until_the_next_one_or_a_day() -> None:
    clock = Clock()
    contents = Contents(clock)
    live = ScriptedLive(
        columns(a="text", b="text"), columns(a="text"), columns(a="text"), columns(a="text"), columns(a="date")
    )
    await look(contents, live)
    changed = await look(contents, live)
    clock.now += CHANGES_KEPT - timedelta(seconds=1)
    again = await look(contents, live)
    assert (again.changes, again.changed_after, again.changed_before) == (changed.changes, NOON, NOON)
    clock.now += timedelta(seconds=1)
    forgotten = await look(contents, live)
    assert (forgotten.changes, forgotten.changed_after) == ((), None)
    assert [change.what for change in (await look(contents, live)).changes] == ["type"]


@pytest.mark.anyio
async def test_another_configuration_is_compared_with_nothing() -> None:
    contents = Contents(Clock())
    await look(contents, ScriptedLive(columns(a="text")))
    assert (await look(contents, ScriptedLive(columns(b="text"), config_version=2))).changes == ()


@pytest.mark.anyio
async def test_two_looks_at_once_are_one_after_the_other() -> None:
    """Else the slower answer, which is the older, would be compared with the newer one and stay."""
    contents, live = Contents(Clock()), ScriptedLive(columns(a="text", b="text"))
    await look(contents, live)
    answers = [asyncio.Event(), asyncio.Event()]
    given, asked = [columns(a="text", b="text"), columns(a="text")], 0

    async def describe(path: str) -> list[CatalogEntry]:
        nonlocal asked
        asked += 1
        number = asked - 1
        await answers[number].wait()
        return list(given[number])

    live.guard.describe = describe  # type: ignore[method-assign]
    first, second = (asyncio.ensure_future(look(contents, live)) for _ in range(2))
    for _ in range(5):
        await asyncio.sleep(0)
    assert asked == 1
    answers[1].set()
    answers[0].set()
    assert ((await first).changes, [change.name for change in (await second).changes]) == ((), ["b"])
    assert [change.name for change in (await contents.below(as_live(live), "t")).changes] == ["b"]


@pytest.mark.anyio
async def test_who_waited_for_a_look_takes_its_answer() -> None:
    contents, live = Contents(Clock()), FakeLive()
    await asyncio.gather(*(contents.below(as_live(live), "t") for _ in range(5)))
    assert live.guard.asked == ["t"]
