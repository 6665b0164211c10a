"""The image of the Dockerfile, carried out by hand: what is in it, how it starts, lives and ends."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.container.conftest import PASSWORD, WRITABLE, Container, dashboard_environment, started
from tests.container.dockerfile import ROOT, Ignored, stages
from tests.container.image import Image, build, identity
from tests.servers.processes import reserved_port

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
ENDED_WELL = {0, 143, -15}
"""By itself, or by the signal: 128 + 15 as a shell says it, -15 as Python does."""


def traces(root: Path) -> dict[str, tuple[int, int, int]]:
    """Size, time and mode of everything that nobody may write to."""
    found = {}
    for folder, _, files in os.walk(root):
        below = Path(folder).relative_to(root)
        if below.parts[:1] not in {(name,) for name in WRITABLE}:
            for path in (Path(folder), *(Path(folder) / name for name in files)):
                told = path.lstat()
                found[str(path.relative_to(root))] = (told.st_size, told.st_mtime_ns, told.st_mode)
    return found


def sign_in(url: str, password: str) -> requests.Response:
    with requests.Session() as jar:
        jar.trust_env = False
        page = jar.get(f"{url}/session/login", timeout=60).text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        fields = hidden | {"username": "admin", "password": password}
        return jar.post(f"{url}/session/login", fields, allow_redirects=False, timeout=60)


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_both_stages_name_the_same_version_of_python() -> None:
    [base] = {stage.base for stage in stages(DOCKERFILE)}
    assert re.fullmatch(r"python:3\.\d+-slim", base)


def test_the_image_holds_what_runs_and_nothing_else(image: Image) -> None:
    held = {path.name for path in image.workdir.iterdir()} - {"__pycache__"}
    assert held == {"app.py", "LICENSE", ".streamlit", "core", "ui", "pages", "static"}
    programs = {path.name for path in (image.at("/opt/venv") / "bin").iterdir()}
    assert not programs & {"pip", "uv", "gcc"}


def test_a_copy_that_is_missing_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        build(DOCKERFILE.replace("COPY core core", "COPY nowhere core"), Ignored(""), tmp_path)


def test_every_file_can_be_read_by_the_user_that_runs_it(image: Image) -> None:
    closed = [path for path in image.workdir.rglob("*") if not path.stat().st_mode & stat.S_IROTH]
    assert closed == []


def test_the_user_is_a_number_that_is_not_root(image: Image) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.stage.last("USER").value)


def test_the_volume_belongs_to_the_user_alone(image: Image) -> None:
    told = (image.root / "data").stat()
    assert stat.S_IMODE(told.st_mode) == 0o700
    assert told.st_uid == (image.uid if os.geteuid() == 0 else os.geteuid())


def test_it_lives_and_ends_without_writing_outside_its_volumes(image: Image) -> None:
    before = {}
    with started(image) as container:
        before = traces(image.root)
        assert sign_in(container.url, PASSWORD).status_code == 303
        assert container.run("python", "-m", "core", "orgs", "add", "acme", "--json").returncode == 0
        assert container.healthy()
        assert container.stop() in ENDED_WELL
        assert not container.healthy()
    assert traces(image.root) == before
    assert {"cheshmeh.db", "keys"} <= {path.name for path in Path(container.environment["CHESHMEH_DATA_DIR"]).iterdir()}


def test_the_administrator_has_the_password_of_the_file_and_no_other(container: Container) -> None:
    assert sign_in(container.url, PASSWORD).status_code == 303
    assert sign_in(container.url, f"{PASSWORD}x").status_code == 401


def test_neither_the_password_nor_a_sign_in_link_is_in_the_logs(container: Container) -> None:
    logs = container.logs.read_text("utf-8")
    assert PASSWORD not in logs
    assert "Sign in:" not in logs


def test_the_program_itself_is_closed_to_writing(container: Container) -> None:
    script = "import sys; open(sys.argv[1], 'a')"
    for path in (container.image.workdir / "new", container.image.workdir / "app.py"):
        done = container.run("python", "-c", script, str(path))
        assert "PermissionError" in done.stderr


def test_a_health_check_asks_no_proxy(container: Container) -> None:
    refusing = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    container.environment.update(refusing)
    try:
        assert container.healthy()
    finally:
        for name in refusing:
            del container.environment[name]


def test_without_a_password_it_refuses_to_listen_to_a_network(image: Image) -> None:
    with reserved_port() as port:
        environment = dashboard_environment(image, port) | {"CHESHMEH_DATA_DIR": str(image.root / "tmp" / "empty")}
        del environment["CHESHMEH_ADMIN_PASSWORD_FILE"]
        command = [*identity(image.uid, image.at("/opt/venv") / "bin" / "python"), *image.stage.last("CMD").words]
        done = subprocess.run(command, cwd=image.workdir, env=environment, capture_output=True, text=True, timeout=90)
    shutil.rmtree(image.root / "tmp" / "empty")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert environment["CHESHMEH_HOST"] in done.stderr


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", ".venv/bin/python", "data/keys", "data/cheshmeh.db", "data-demo/keys", ".env", "core/.env"),
        *("deploy/secrets/admin_password", "tests/conftest.py", "demo/seed.py", "core/x/__pycache__/x.pyc"),
        *("server.key", "core/tls/server.key", "ui/ca.pem", "core/cheshmeh.db-wal", ".streamlit/secrets.toml"),
        *(".mypy_cache/x", "core/.ruff_cache/x", "requirements-dev.txt", "README.md"),
    ],
)
def test_stays_out_of_the_build(path: str) -> None:
    assert Ignored((ROOT / ".dockerignore").read_text("utf-8"))(path)


@pytest.mark.parametrize(
    "path",
    ["requirements.txt", "app.py", "LICENSE", ".streamlit/config.toml", "core/storage/keys.py", "core/i18n/fa.po"],
)
def test_takes_part_in_the_build(path: str) -> None:
    assert not Ignored((ROOT / ".dockerignore").read_text("utf-8"))(path)
