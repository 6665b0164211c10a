"""compose.yaml and the commands that the documents give for it."""

import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import PREFIX, Settings
from tests.container.compose import composition, documented, service
from tests.container.conftest import Container
from tests.container.dockerfile import ROOT
from tests.container.image import Image
from tests.servers.postgres import PostgresServer

SERVICES = composition()["services"]
SECRETS = ROOT / "deploy" / "secrets"
DOCKER = {
    "up": ["-d", "--build", "--wait"],
    "logs": ["-f"],
    "exec": ["-T"],
    "down": ["-v"],
    "restart": [],
    "cp": [],
    "run": ["--rm"],
    "stop": [],
}
"""The subcommands in use, and their options that stand alone."""


def judged(file: Path) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--builtin-schema", "vendor.compose-spec", file]
    return subprocess.run(command, capture_output=True, text=True)


def shell_lines(document: str) -> list[str]:
    return [line for line in documented(document) if not line.startswith("docker ")]


def docker_lines() -> list[str]:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    head = re.findall(r"^# (docker compose .*?)  ", text, re.MULTILINE)
    getting_started = (ROOT / "docs/Getting-Started.md").read_text("utf-8")
    inline = re.findall(r"`(docker compose [^`]+)`", getting_started)
    listed = [line for document in ("README.md", "docs/Getting-Started.md") for line in documented(document)]
    return [*head, *inline, *(line for line in listed if line.startswith("docker "))]


def test_it_is_a_compose_file() -> None:
    done = judged(ROOT / "compose.yaml")
    assert done.returncode == 0, done.stdout


def test_the_judge_knows_a_wrong_word(tmp_path: Path) -> None:
    wrong = composition()
    wrong["services"]["dashboard"]["read_onyl"] = True
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(wrong))
    assert "read_onyl" in judged(tmp_path / "compose.yaml").stdout


def test_the_dashboard_alone_starts_without_a_profile() -> None:
    assert [name for name, given in SERVICES.items() if "profiles" not in given] == ["dashboard"]


@pytest.mark.parametrize("name", ["dashboard", "seed"])
def test_the_program_has_no_rights_that_it_does_not_need(name: str, image: Image) -> None:
    given = service(name)
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert "cap_add" not in given
    assert "privileged" not in given
    [(folder, size)] = [mount.split(":") for mount in given["tmpfs"]]
    assert image.environment["HOME"] == image.mapped(folder)
    assert re.fullmatch(r"size=\d+m", size)


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_gains_rights(name: str) -> None:
    assert service(name)["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_image_changes_by_itself(name: str) -> None:
    image = service(name)["image"]
    assert image == "cheshmeh" or re.fullmatch(r"[\w/]+:(?!latest)[\w.-]*\d[\w.-]*", image)


def test_only_this_machine_reaches_the_dashboard_and_nobody_the_servers(image: Image) -> None:
    ports = {name: given["ports"] for name, given in SERVICES.items() if "ports" in given}
    port = image.stage.last("EXPOSE").value
    assert ports == {"dashboard": [f"127.0.0.1:{port}:{port}"]}
    assert image.environment["CHESHMEH_PORT"] == port


def test_the_volume_is_where_the_data_goes(image: Image) -> None:
    folder = image.stage.last("VOLUME").value
    assert f"data:{folder}" in service("dashboard")["volumes"]
    assert f"data:{folder}" in service("seed")["volumes"]
    assert image.environment["CHESHMEH_DATA_DIR"] == image.mapped(folder)


def test_running_calls_have_time_to_end() -> None:
    assert int(service("dashboard")["stop_grace_period"].removesuffix("s")) >= 15


def test_every_volume_and_secret_that_is_used_exists() -> None:
    whole = composition()
    for given in SERVICES.values():
        assert set(given.get("secrets", [])) <= set(whole["secrets"])
        paths = {value for value in given["environment"].values() if value.startswith("/run/secrets/")}
        assert paths == {f"/run/secrets/{name}" for name in given["secrets"]}
        for volume in given["volumes"]:
            source = volume.split(":")[0]
            assert (
                (ROOT / source).is_file() if source.startswith(".") else source[0] == "/" or source in whole["volumes"]
            )


def test_passwords_stay_out_of_git() -> None:
    assert {(ROOT / given["file"]).parent for given in composition()["secrets"].values()} == {SECRETS}
    rules = [line for line in (SECRETS / ".gitignore").read_text("utf-8").splitlines() if line[0] != "#"]
    assert rules == ["*", "!.gitignore"]


def test_what_is_handed_on_are_settings_with_their_own_defaults() -> None:
    given = {name: value for name, value in SERVICES["dashboard"]["environment"].items() if name.startswith(PREFIX)}
    handed_on = {name: value for name, value in given.items() if not name.endswith("_FILE")}
    defaults = {PREFIX + name.upper(): str(field.default or "") for name, field in Settings.model_fields.items()}
    assert set(given) <= set(defaults)
    assert handed_on == {name: defaults[name] for name in handed_on}


def test_the_documented_commands_make_passwords_that_the_container_can_read(tmp_path: Path) -> None:
    shutil.copytree(SECRETS, tmp_path / "deploy/secrets", ignore=lambda *_: composition()["secrets"])
    script = "\n".join(["set -e; umask 077", *shell_lines("README.md")])
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "deploy/secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name, given in composition()["secrets"].items():
        made = tmp_path / given["file"]
        assert (stat.S_IMODE(made.stat().st_mode), made.name) == (0o644, name)
        assert len(made.read_text().strip()) == 24
    assert done.stdout == (folder / "admin_password").read_text()


@pytest.mark.parametrize("line", docker_lines())
def test_a_documented_command_names_what_there_is(line: str) -> None:
    words = shlex.split(re.split(" [<>] ", line)[0])[2:]
    if words[0] == "--profile":
        assert any(words[1] in given.get("profiles", []) for given in SERVICES.values())
        words = words[2:]
    subcommand, *arguments = words
    options = [word for word in arguments if word in DOCKER[subcommand] or word.startswith("--volume=")]
    named = [word.partition(":")[0] for word in arguments if word not in options][:1]
    assert set(named) <= set(SERVICES)


def test_the_documented_command_line_works_beside_the_dashboard(container: Container, postgres: PostgresServer) -> None:
    server: dict[str, Any] = {"host": postgres.host, "port": postgres.port, "database": postgres.database}
    config = json.dumps(server | {"user": postgres.user, "password": postgres.password})
    lines = documented("docs/Getting-Started.md")
    assert lines
    for line in lines:
        words = shlex.split(line.split(" < ")[0].replace("exec -T ", "exec "))
        assert words[:4] == ["docker", "compose", "exec", "dashboard"]
        done = container.run(*words[4:], given=config if " < " in line else "")
        assert done.returncode == 0, (line, done.stdout, done.stderr)
