"""What a connector says is without its secrets, even where its kind forgot them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from core.connectors.base import Connector, ConnectorConfig, Environment
from core.connectors.masked import MaskedConnector
from core.errors import AuthError, QueryFailed
from core.models import CatalogEntry, Check, CheckStatus, Column, FieldError, Message, Sample
from core.redaction import MASK

pytestmark = pytest.mark.anyio

SECRET = "Zq7-hunter2"


class Config(ConnectorConfig):
    host: str
    password: SecretStr


class Talkative(Connector):
    """Repeats its password wherever there is room for a text."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.closed = error, False

    async def ping(self) -> tuple[bool, str]:
        return False, self._said()

    async def sample(self, params: dict[str, Any]) -> Sample:
        note = Message("note", {"detail": [self._said(), {"a": SECRET}]})
        columns = Column(SECRET, "string"), Column(f"{SECRET}", "string"), Column("n", "integer")
        return Sample(columns, [(1, 2, 3)], executed=self._said(), notes=(note,))

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return [CatalogEntry(self._said(), SECRET, "table", SECRET), CatalogEntry("a", "a", "table")]

    async def diagnose(self) -> AsyncIterator[Check]:
        said = Message("x", {"host": "db.ir", "detail": self._said()})
        yield Check("auth", CheckStatus.FAILED, 1.0, said, said, ("config.password",), {"names": (SECRET,), "n": 1})
        self._said()

    async def close(self) -> None:
        self.closed = True

    @classmethod
    def build(cls, config: Any, environment: Environment) -> "Talkative":
        raise NotImplementedError

    @classmethod
    def check_params(cls, params: Any, environment: Environment) -> None:
        raise NotImplementedError

    def _said(self) -> str:
        if self.error is not None:
            raise self.error
        return f"so {SECRET}"


def masked(error: Exception | None = None, host: str = "db.ir") -> MaskedConnector:
    return MaskedConnector(Talkative(error), Config(host=host, password=SecretStr(SECRET)))


async def test_every_text_of_every_answer_is_masked() -> None:
    source = masked()
    assert await source.ping() == (False, f"so {MASK}")
    sample = await source.sample({})
    assert [column.name for column in sample.columns] == [MASK, f"{MASK}_2", "n"]
    assert (sample.executed, sample.notes[0].args) == (f"so {MASK}", {"detail": [f"so {MASK}", {"a": MASK}]})
    assert await source.describe() == [
        CatalogEntry(f"so {MASK}", MASK, "table", MASK),
        CatalogEntry("a", "a", "table"),
    ]
    [check] = [check async for check in source.diagnose()]
    assert check.evidence == check.advice == Message("x", {"host": "db.ir", "detail": f"so {MASK}"})
    assert (check.fields, check.facts) == (("config.password",), {"names": (MASK,), "n": 1})
    assert SECRET not in repr(sample) + repr(check)


async def test_an_error_is_the_same_one_with_its_arguments_masked() -> None:
    field = FieldError("config.password", Message("m", {"given": SECRET}))
    error = AuthError("password", user="u", detail=SECRET, fields=(field,))
    source = masked(error)
    for work in (source.ping(), source.sample({}), source.describe(), anext(source.diagnose())):
        error.arguments = {"user": "u", "detail": SECRET}
        with pytest.raises(AuthError) as caught:
            await work
        assert caught.value is error
        assert dict(error.arguments) == {"user": "u", "detail": MASK}
        assert error.fields[0] == FieldError("config.password", Message("m", {"given": MASK}))


async def test_what_stands_on_every_page_anyhow_is_left() -> None:
    error = QueryFailed("http", host=SECRET, detail=f"at {SECRET}")
    with pytest.raises(QueryFailed):
        await masked(error, host=f"{SECRET}.ir").ping()
    assert dict(error.arguments) == {"host": SECRET, "detail": f"at {MASK}"}


async def test_closing_closes_what_is_inside() -> None:
    inside = Talkative()
    await MaskedConnector(inside, Config(host="h", password=SecretStr(SECRET))).close()
    assert inside.closed


async def test_no_word_holds_what_neither_json_nor_a_database_takes() -> None:
    said = "a\0b\ud800c"

    class Odd(Talkative):
        def _said(self) -> str:
            return said

    healthy, words = await MaskedConnector(Odd(), Config(host="h", password=SecretStr(SECRET))).ping()
    assert (healthy, words) == (False, "a\ufffdb\ufffdc")
