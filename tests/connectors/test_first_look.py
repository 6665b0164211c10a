"""The top rung: what is read, and what it means that nothing can be."""

from collections.abc import Mapping
from typing import Any

import pytest

from core.connectors.first_look import BRANCHES, TRIED_MAX, first_look
from core.errors import (
    AuthError,
    BadAnswer,
    CheshmehError,
    InvalidInput,
    NotFoundInSource,
    PermissionDenied,
    SourceTimeout,
    Unreachable,
)
from core.models import CatalogEntry, Column, Sample
from tests.fakes import FakeConfig, FakeConnector, OtherEnd

pytestmark = pytest.mark.anyio

LIMIT_S = 60
SECRET = "Zq7-never-shown"
Tree = dict[str, list[CatalogEntry]]


def table(name: str) -> CatalogEntry:
    return CatalogEntry(name, name, "table")


def schema(name: str) -> CatalogEntry:
    return CatalogEntry(name, name, "schema", expandable=True)


class Reader(FakeConnector):
    """Holds a tree; `errors` are what reading a table ends with."""

    other_end = OtherEnd()

    def __init__(self, tree: Tree, **errors: Exception) -> None:
        super().__init__(FakeConfig())
        self._tree, self._errors = tree, errors
        self.asked: list[dict[str, Any]] = []
        self.opened: list[str] = []

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        return {"table": entry.path, "limit": 50} if entry.type == "table" else {}

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        self.opened.append(path)
        return self._tree.get(path, [])

    async def sample(self, params: Mapping[str, Any]) -> Sample:
        self.asked.append(dict(params))
        if params["table"] in self._errors:
            raise self._errors[params["table"]]
        return Sample((Column("a", "string"),), [(SECRET,)], "limit", 8, f"read {params['table']}")


async def test_one_row_of_the_first_thing_is_read_and_its_content_kept_to_itself() -> None:
    reader = Reader({"": [schema("s"), table("t"), table("u")]})
    found = await first_look(reader, LIMIT_S)
    assert reader.asked == [{"table": "t", "limit": 1}]
    assert (found.warning, dict(found.facts)) == (None, {"command": "read t"})
    assert SECRET not in repr(found)


async def test_what_is_known_to_be_readable_is_not_looked_for() -> None:
    reader = Reader({"": [table("t")]})
    await first_look(reader, LIMIT_S, table("known"))
    assert ([asked["table"] for asked in reader.asked], reader.opened) == (["known"], [])


async def test_levels_are_opened_until_something_is_there() -> None:
    reader = Reader({"": [schema("empty"), schema("s")], "s": [table("s.t")]})
    await first_look(reader, LIMIT_S)
    assert (reader.opened, reader.asked[0]["table"]) == (["", "empty", "s"], "s.t")


async def test_nothing_to_read_is_a_warning_and_looked_for_within_bounds() -> None:
    reader = Reader({"": [schema(str(n)) for n in range(9)]})
    found = await first_look(reader, LIMIT_S)
    assert found.warning
    assert found.evidence
    assert (found.evidence.key, len(reader.opened)) == ("check.empty", BRANCHES + 1)


@pytest.mark.parametrize(
    "error", [BadAnswer("not_json"), NotFoundInSource("address"), PermissionDenied("object"), InvalidInput()]
)
async def test_what_cannot_be_read_is_passed_over(error: CheshmehError) -> None:
    reader = Reader({"": [table("a"), table("b")]}, a=error)
    assert (await first_look(reader, LIMIT_S)).warning is None
    assert [asked["table"] for asked in reader.asked] == ["a", "b"]


async def test_a_source_of_which_nothing_is_data_is_a_warning_not_a_failure() -> None:
    names = [f"t{n}" for n in range(9)]
    errors = {name: BadAnswer("not_json") for name in names}
    reader = Reader({"": list(map(table, names))}, **errors)
    found = await first_look(reader, LIMIT_S)
    assert found.evidence == errors["t0"].message
    assert found.warning
    assert len(reader.asked) == TRIED_MAX


async def test_a_source_that_forbids_everything_breaks_the_rung() -> None:
    forbidden = PermissionDenied("object", detail="no")
    with pytest.raises(PermissionDenied):
        await first_look(Reader({"": [table("a"), table("b")]}, a=forbidden, b=forbidden), LIMIT_S)


@pytest.mark.parametrize("error", [Unreachable("reset", host="h", port=1), AuthError("role"), SourceTimeout("attempt")])
async def test_trouble_with_the_source_itself_is_not_passed_over(error: CheshmehError) -> None:
    reader = Reader({"": [table("a"), table("b")]}, a=error)
    with pytest.raises(type(error)):
        await first_look(reader, LIMIT_S)
    assert len(reader.asked) == 1
