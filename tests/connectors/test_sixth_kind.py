"""A kind is added with one file: a copy of the program gets one more, and knows it everywhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "toys" / "memory.py"
WIZARD = TOY.with_name("wizard.py")
PARTS = ("app.py", "core", "ui", "pages", "static", ".streamlit")
LIMIT_S = 120
RIGHT, WRONG = "sesame", "Zq7-never-shown"
FIELDS = {"word": "text", "size": "integer", "password": "secret", "timeout_s": "number"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with one file more, and the organisation `acme`."""
    folder = tmp_path_factory.mktemp("program")
    for name in PARTS:
        part = ROOT / name
        copy = shutil.copytree if part.is_dir() else shutil.copy
        copy(part, folder / name)
    shutil.copy(TOY, folder / "core" / "connectors" / "kinds")
    run(folder, "-m", "core", "orgs", "add", "acme")
    return folder


def run(program: Path, *arguments: str, stdin: str = "", code: int = 0) -> str:
    """What Python prints in the program's folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CHESHMEH_", "PYTHON"))}
    own = {"CHESHMEH_DATA_DIR": str(program / "data"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=program,
        env=inherited | own,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in (RIGHT, WRONG))
    return done.stdout


def sources(program: Path, command: str, *arguments: str, stdin: str = "", code: int = 0) -> Any:
    """The document of a `sources` command on organisation `acme`."""
    given = ("-m", "core", "sources", command, "--org", "acme", *arguments, "--json")
    return json.loads(run(program, *given, stdin=stdin, code=code))


def add(program: Path, name: str, password: str = RIGHT) -> Any:
    config = json.dumps({"word": "چشمه", "size": 5, "password": password})
    return sources(program, "add", "--kind", "memory", "--name", name, "--config", "-", stdin=config)


def test_the_kind_is_found_beside_the_others(program: Path) -> None:
    script = "from core.connectors.registry import registry; print(*registry.discover().kinds)"
    assert run(program, "-c", script).split() == ["graphql", "memory", "mongodb", "postgres", "rest", "s3"]


def test_the_command_line_lists_its_fields(program: Path) -> None:
    kinds = {kind["kind"]: kind for kind in json.loads(run(program, "-m", "core", "sources", "kinds", "--json"))}
    assert {field["name"]: field["type"] for field in kinds["memory"]["fields"]} == FIELDS
    assert kinds["memory"]["placeholder"] == {"since": 0, "limit": 100}


def test_a_source_of_it_is_made_pinged_and_sampled(program: Path) -> None:
    made = add(program, "works")
    assert made["config"] == {"word": "چشمه", "size": 5, "password": {"set": True}}
    assert sources(program, "ping", "works")["message"] == "Memory 1.0"
    shown = sources(program, "sample", "works", "--params", '{"since": 1, "limit": 2}')
    assert shown["rows"] == [{"number": 1, "word": "چشمه"}, {"number": 2, "word": "چشمه"}]
    assert (shown["truncated_by"], [column["type"] for column in shown["columns"]]) == ("limit", ["integer", "string"])
    refused = sources(program, "sample", "works", "--params", '{"no_such": 1}', code=1)
    assert [error["field"] for error in refused["error"]["errors"]] == ["params.no_such"]


def test_its_errors_are_everybodys(program: Path) -> None:
    add(program, "closed", WRONG)
    answer = sources(program, "ping", "closed", code=1)
    assert (answer["ok"], answer["diagnosis"]["code"], answer["diagnosis"]["fields"]) == (
        *(False, "auth_failed"),
        ["config.password"],
    )


DOCUMENT = """
import json, sys
from core import settings
from core.api.interface import build
from core.bootstrap import Process, opened
with opened(settings.load(), Process.COMMAND) as runtime:
    json.dump(build(runtime).openapi(), sys.stdout)
"""


def test_the_interfaces_document_has_it(program: Path) -> None:
    schemas = json.loads(run(program, "-c", DOCUMENT))["components"]["schemas"]
    assert schemas["MemorySourceCreate"]["properties"]["kind"] == {"const": "memory"}
    assert schemas["MemoryConfig"]["properties"].keys() == FIELDS.keys()
    assert schemas["MemoryParams"]["properties"].keys() == {"since", "limit"}


def test_the_wizard_has_its_card_and_form(program: Path) -> None:
    seen = json.loads(run(program, "-c", WIZARD.read_text("utf-8")))
    assert "choose_memory" in seen["cards"]
    assert len(seen["cards"]) == 6
    assert [label.rstrip(r" \*") for label in seen["labels"]][:3] == ["word", "password", "size"]
    assert seen["errors"] == []
    assert sources(program, "ping", "by hand")["ok"]


def test_the_check_of_the_catalogues_asks_for_its_words(program: Path) -> None:
    said = run(program, "-m", "core.i18n.check", code=1).splitlines()
    words = ["kind.memory", "kind.memory.description", *(f"kind.memory.field.{n}" for n in FIELDS if n != "timeout_s")]
    assert sorted(said) == sorted(f"{key}: missing in {lang}" for key in words for lang in ("fa", "en"))
