"""Every command that there should be is there, and speaks as all of them do."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from core.cli import app, main

README = Path(__file__).resolve().parents[2] / "README.md"
COMMANDS = """
    alerts add | alerts list | alerts remove | alerts test | audit | db backup | db check | db restore | db upgrade |
    doctor | keys rotate | keys verify | members add | members list | orgs add | orgs egress | orgs list | orgs policy |
    queries approve | queries list | queries revoke | sources add | sources breaker | sources catalog |
    sources delete | sources diagnose | sources edit | sources history | sources kinds | sources list | sources ping |
    sources sample | sources show | sources test | tokens add | tokens list | tokens revoke | users add | worker
"""
WITHOUT_A_PLACE = {"sources kinds"}
"""What the program itself knows."""


def wanted() -> set[str]:
    return {" ".join(name.split()) for name in COMMANDS.split("|")}


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {word}".strip())


THERE = dict(commands(typer.main.get_command(app)))


def options(name: str) -> set[str]:
    return {option for parameter in THERE[name].params for option in parameter.opts}


def test_every_command_is_there() -> None:
    assert wanted() - set(THERE) == set()


@pytest.mark.parametrize("name", THERE)
def test_a_command_prints_one_document_where_it_is_asked_to(name: str) -> None:
    assert "--json" in options(name)


@pytest.mark.parametrize("name", THERE)
def test_a_command_explains_itself(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["core", *name.split(), "--help"])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert (end.value.code, said.err) == (0, "")
    assert THERE[name].help.partition("\n")[0].split()[0] in said.out


@pytest.mark.parametrize("name", THERE)
def test_a_command_does_not_know_every_option(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["core", *name.split(), "--no-such-option"])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert (end.value.code, said.out, "--no-such-option" in said.err) == (2, "", True)


@pytest.mark.parametrize("name", [name for name in THERE if name.partition(" ")[0] in ("sources", "audit")])
def test_sources_and_the_trail_are_reached_elsewhere_too(name: str) -> None:
    place = {"--server", "--token", "--token-file", "--ca-file", "--insecure"}
    assert place & options(name) == (set() if name in WITHOUT_A_PLACE else place)


def test_the_readme_tells_of_every_command_and_of_no_other() -> None:
    section = README.read_text("utf-8").partition("## Command line")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    told = {f"{row.split()[0]} {verb}".strip() for row in rows for verb in (row.partition(" ")[2].split(", ") or [""])}
    assert told == set(THERE)
