"""What commands print of what others wrote."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.kinds import parse
from core.cli.ladder import print_rung
from core.cli.output import WrongUsage, report, show
from core.errors import BreakerOpen, InvalidInput, QueryRefused
from core.i18n import translator
from core.models import BreakerState, FieldError, Message
from tests.cli.processes import LIMIT_S, ROOT, environment


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("فروش\tتهران", "فروش\tتهران"),
        ("a\x1b]0;x\x07b", "a\\x1b]0;x\\x07b"),
        ("a\nhealthy\tb", "a\\nhealthy\tb"),
        ("\x9b2J\u202e", "\\x9b2J\\u202e"),
        ("a\x1b[8mb", "a\\x1b[8mb"),
    ],
)
def test_a_name_moves_no_cursor_and_passes_for_no_other_line(
    name: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show({}, False, name)
    assert capsys.readouterr().out == f"{printed}\n"


@pytest.mark.parametrize(
    "text", ['{"limit": NaN}', '{"limit": -Infinity}', '{"limit": 1e999}', "[" * 100_000, "[]", "x"]
)
def test_what_is_no_json_object_is_named_by_its_option(text: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        parse("params", text)
    assert [field.field for field in refused.value.fields] == ["params"]
    assert report(refused.value) == 2


@pytest.mark.parametrize(
    ("fields", "code"), [(("role",), 2), (("scope", "days"), 2), (("config.port",), 1), (("kind", "name"), 1), ((), 1)]
)
def test_an_option_that_is_wrong_by_itself_is_wrong_usage(fields: tuple[str, ...], code: int) -> None:
    assert report(InvalidInput(fields=tuple(FieldError(name, Message("field.missing")) for name in fields))) == code


def test_a_refused_query_is_told_with_its_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["core", "--json"])
    assert report(QueryRefused("function", rule="function.process", part="pg_sleep")) == 1
    told = json.loads(capsys.readouterr().out)["error"]
    assert (told["rule"], told["part"]) == ("function.process", "pg_sleep")


def test_a_rung_is_coloured_and_what_the_source_said_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("typer.echo", said.append)  # what is no terminal would get no colours
    check = {"step": "sample", "status": "failed", "ms": 3.0, "evidence": "\x1b[8mno", "advice": "", "fields": ["host"]}
    print_rung(check, translator("en", "UTC"))
    assert said[0].startswith("\x1b[31m\x1b[1m✗ ")
    assert said[0].endswith("  \\x1b[8mno")
    assert said[1:] == ["    host"]


@pytest.mark.parametrize(("state", "again"), [(BreakerState.OPEN, True), (BreakerState.FORCED_OPEN, False)])
def test_only_what_ends_by_itself_is_to_be_tried_again(
    state: BreakerState, again: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(BreakerOpen(60, state)) == 1
    assert ("Try again in" in capsys.readouterr().err) is again


def test_bytes_that_are_no_text_end_no_command_without_a_word(tmp_path: Path) -> None:
    # As in a locale like fa_IR.UTF-8; under C.UTF-8 Python lets every byte through.
    env = environment(tmp_path / "data") | {"PYTHONIOENCODING": "utf-8:strict"}

    def ran(*arguments: bytes) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "core", *arguments]
        return subprocess.run(command, cwd=ROOT, env=env, input=b"\xff", capture_output=True, timeout=LIMIT_S)

    pasted = ran(b"sources", b"add", b"--org", b"a", b"--name", b"n", b"--kind", b"rest", b"--config", b"-")
    assert (pasted.returncode, pasted.stdout) == (2, b"")
    assert b"standard input" in pasted.stderr
    unknown = ran(b"members", b"list", b"\xff", b"--json")
    assert (unknown.returncode, json.loads(unknown.stdout)["error"]["code"]) == (1, "not_found")
