"""`sources sample --out`: files of a sample and its card."""

import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.exports.parquet import CARD_KEY
from tests.cli.processes import CommandLine
from tests.people import add_organisation
from tests.servers.postgres import PostgresServer
from tests.services.assembly import product

PARAMS = json.dumps(
    {"sql": "select 1 as n, 1.50 as price, '=1+1' as text, timestamptz '2026-11-27Z' as at", "limit": 3}
)


@pytest.fixture
def acme(tmp_path: Path, postgres: PostgresServer) -> CommandLine:
    """With the organisation `acme` and its source «کالا»."""
    cli = CommandLine(tmp_path / "data")
    with product(cli.data_dir) as made:
        add_organisation(made.runtime, "acme", "Acme")
    config = {"host": postgres.host, "port": postgres.port, "database": postgres.database}
    config |= {"user": postgres.user, "password": postgres.password}
    (tmp_path / "config.json").write_text(json.dumps(config))
    added = ("--kind", "postgres", "--name", "کالا", "--config", str(tmp_path / "config.json"))
    cli.json("sources", "add", "--org", "acme", *added)
    return cli


def test_every_format_is_written_with_its_card(acme: CommandLine, tmp_path: Path) -> None:
    cards = []
    for name in ("rows.csv", "rows.jsonl", "rows.parquet", "rows.xlsx"):
        out = ("--out", str(tmp_path / name))
        cards.append(acme.json("sources", "sample", "--org", "acme", "کالا", "--params", PARAMS, *out))
    assert len({card["fingerprint"]["sha256"] for card in cards}) == 1
    assert cards[0]["source"]["name"] == "کالا"
    assert cards[0]["limits"]["rows_max"] is None
    assert (tmp_path / "rows.csv").read_text("utf-8").splitlines()[0] == "n,price,text,at"
    assert ",'=1+1," in (tmp_path / "rows.csv").read_text("utf-8")
    assert json.loads((tmp_path / "rows.card.json").read_text("utf-8"))["request"] == json.loads(PARAMS)
    table = pq.read_table(io.BytesIO((tmp_path / "rows.parquet").read_bytes()))
    assert [str(field.type) for field in table.schema][1:4:2] == ["decimal128(3, 2)", "timestamp[us, tz=UTC]"]
    assert json.loads(table.schema.metadata[CARD_KEY]) == cards[2]
    assert (tmp_path / "rows.xlsx").read_bytes().startswith(b"PK")


def test_what_cannot_be_written_is_wrong_usage(acme: CommandLine, tmp_path: Path) -> None:
    asked = ("sources", "sample", "--org", "acme", "کالا", "--params", PARAMS)
    for more in (("--out", "rows.docx"), ("--format", "csv"), ("--out", str(tmp_path / "none" / "rows.csv"))):
        assert acme.run(*asked, *more).returncode == 2
