"""A copy of the program with one kind more, as processes: what they print, answer and keep is what is searched."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.servers.processes import reserved_port

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("app.py", "core", "ui", "pages", "static", ".streamlit")
LEAKY = Path(__file__).parent / "toys" / "leaky.py"
LIMIT_S = 90
TRIES = 20


@dataclass
class Program:
    """Its folder, its settings, and everything that it said: by who said it."""

    folder: Path
    settings: dict[str, str] = field(repr=False)
    said: dict[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    url: str = ""
    sign_in: str = field(default="", repr=False)

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def command(self, *arguments: str, stdin: str = "", hear: bool = True, **settings: str) -> str:
        """Standard output of `python -m core …`. What it prints once and for all (`hear=False`) is not searched."""
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=self.folder,
            env=self._environment(**settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        name = f"command {' '.join(arguments[:2])} {len(self.said)}"
        self.said[name] = done.stderr + (done.stdout if hear else "")
        return done.stdout

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Over HTTP, as often as it takes where we are told to come again."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        for _ in range(TRIES):
            answer = requests.request(method, self.url + path, headers=headers, timeout=LIMIT_S, **options)
            self.said[f"{method} {path} {len(self.said)}"] = f"{answer.status_code} {answer.headers}\n{answer.text}"
            if answer.status_code != 429 or '"too_many_requests"' not in answer.text:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        return answer

    @contextmanager
    def running(self) -> Iterator[None]:
        """The dashboard. Standard output, with its one sign-in link, is apart from the log."""
        out, log = self.folder / "out", self.folder / "log"
        with reserved_port() as port, out.open("wb") as printed, log.open("wb") as logged:
            env = self._environment(port=str(port))
            process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=self.folder, env=env, stdout=printed, stderr=logged
            )
            self.url = f"http://127.0.0.1:{port}"
            try:
                self._wait(process, out, log)
                yield
            finally:
                process.terminate()
                process.wait(LIMIT_S)
        self.said["log"] = log.read_text("utf-8", "replace")
        self.said["standard output"] = out.read_text("utf-8", "replace")

    def kept(self) -> dict[str, bytes]:
        """The bytes of every file but the one with the keys."""
        found = (path for path in self.data_dir.rglob("*") if path.is_file() and path.name != "keys")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def _environment(self, **settings: str) -> dict[str, str]:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("CHESHMEH_", "PYTHON"))}
        own = {"data_dir": str(self.data_dir), "check_interval_s": "5", "log_level": "debug", "demo": "1"}
        given = own | self.settings | settings
        named = {f"CHESHMEH_{name.upper()}": text for name, text in given.items()}
        return inherited | {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"} | named

    def _wait(self, process: "subprocess.Popen[bytes]", out: Path, log: Path) -> None:
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end and process.poll() is None:
            found = re.search(r"^Sign in: (\S+)$", out.read_text("utf-8"), re.MULTILINE)
            if found and self._answers():
                self.sign_in = found[1]
                return
            time.sleep(0.1)
        raise AssertionError(f"it did not start: {log.read_text('utf-8', 'replace')[-2000:]}")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.ConnectionError:
            return False


def program(folder: Path, **settings: str) -> Program:
    """A copy in `folder`, with the organisation `main` and a token for it."""
    made = copied(folder, **settings)
    made.command("orgs", "add", "main")
    told = json.loads(made.command("tokens", "add", "--org", "main", "--role", "admin", "--json", hear=False))
    made.token = told["token"]
    return made


def copy_of_the_program(folder: Path) -> None:
    """What it takes to run, in a new folder."""
    folder.mkdir()
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)


def copied(folder: Path, **settings: str) -> Program:
    copy_of_the_program(folder)
    shutil.copy(LEAKY, folder / "core" / "connectors" / "kinds")
    return Program(folder, settings)


def spoilt(found: Program, folder: Path, *changes: tuple[str, str, str]) -> Program:
    """A copy of the copy. Each change names a file and what stands in it instead of something, which is there once."""
    shutil.copytree(found.folder, folder)
    for name, before, after in changes:
        path = folder / name
        text = path.read_text("utf-8")
        assert text.count(before) == 1, (name, before)
        path.write_text(text.replace(before, after), "utf-8")
    return Program(folder, found.settings, token=found.token)
