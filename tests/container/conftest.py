"""The image, and a container of it, without Docker: the same commands, files, user and environment."""

import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.container.compose import service
from tests.container.dockerfile import ROOT, Ignored
from tests.container.image import Image, build, identity
from tests.servers.postgres import temporary_home
from tests.servers.processes import reserved_port

LIMIT_S = 180
PASSWORD = "درست horse battery staple"
WRITABLE = ("data", "tmp")


@dataclass
class Container:
    """`docker run` of the image with what compose.yaml says; `logs` is what it printed."""

    image: Image
    port: int
    environment: dict[str, str] = field(repr=False)
    process: "subprocess.Popen[bytes]" = field(repr=False)
    logs: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *words: str, given: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        """`docker exec`."""
        return subprocess.run(
            [*_user(self.image), *words],
            cwd=self.image.workdir,
            env=self.environment | more,
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def healthy(self) -> bool:
        """What HEALTHCHECK answers."""
        check = self.image.stage.last("HEALTHCHECK")
        words = type(check)("CMD", check.value.split(" CMD ", 1)[1].strip()).words
        return self.run(*words).returncode == 0

    def stop(self) -> int:
        """`docker stop`: the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT_S)


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    """Built once, and closed to writing but for what is mounted."""
    with temporary_home() as home:
        ignored = Ignored((ROOT / ".dockerignore").read_text("utf-8"))
        built = build((ROOT / "Dockerfile").read_text("utf-8"), ignored, home)
        (built.root / "tmp").chmod(0o1777)
        _close(built.root)
        yield built
        _open(built.root)


@pytest.fixture(scope="session")
def container(image: Image) -> Iterator[Container]:
    """A healthy one, for tests that leave it running."""
    with started(image) as running:
        yield running


@contextmanager
def started(image: Image) -> Iterator[Container]:
    """A container on empty volumes, healthy when it is handed over."""
    volume = _empty_volume(image)
    (image.root / "run/secrets/admin_password").write_text(f"{PASSWORD}\n", "utf-8")
    logs = image.root.parent / f"logs of {volume.name}"
    with reserved_port() as port, logs.open("wb") as output:
        environment = dashboard_environment(image, port) | {"CHESHMEH_DATA_DIR": str(volume)}
        process = subprocess.Popen(
            [*_user(image), *image.stage.last("CMD").words],
            cwd=image.workdir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        running = Container(image, port, environment, process, logs)
        try:
            _wait_until_healthy(running)
            yield running
        finally:
            if process.poll() is None:
                running.stop()


def dashboard_environment(image: Image, port: int) -> dict[str, str]:
    """ENV and compose's, on this port."""
    given = {name: image.mapped(value) for name, value in service("dashboard")["environment"].items()}
    own = {"CHESHMEH_PORT": str(port), "TMPDIR": str(image.root / "tmp"), "CHESHMEH_CHECK_INTERVAL_S": "0"}
    return image.environment | given | own


def _wait_until_healthy(running: Container) -> None:
    end = time.monotonic() + LIMIT_S
    while not running.healthy():
        if running.process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the container did not start: {running.logs.read_text('utf-8', 'replace')}")
        time.sleep(0.1)


def _user(image: Image) -> list[str]:
    return identity(image.uid, image.at("/opt/venv") / "bin" / "python")


def _empty_volume(image: Image) -> Path:
    """An empty volume takes the owner and the mode of the folder it is mounted over."""
    over = image.root / "data"
    volume = Path(tempfile.mkdtemp(dir=over))
    volume.chmod(stat.S_IMODE(over.stat().st_mode))
    os.chown(volume, over.stat().st_uid, over.stat().st_gid)
    return volume


def _close(root: Path) -> None:
    """A read-only file system. Packages are links to files of ours, whose modes are not the image's to change."""
    for folder, _, files in os.walk(root):
        below = Path(folder).relative_to(root)
        if below.parts[:1] not in {(name,) for name in WRITABLE} | {("run",)}:
            _take_writing(Path(folder), files if below.parts[:1] == ("app",) else [])


def _take_writing(folder: Path, files: list[str]) -> None:
    for path in (folder, *(folder / name for name in files)):
        path.chmod(path.stat().st_mode & ~0o222)


def _open(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
