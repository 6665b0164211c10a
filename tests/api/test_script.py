"""The script of docs/Getting-Started.md does what the page says, with one folder of the program beside it."""

import shutil
import subprocess
import sys
from pathlib import Path

from core.models import Role
from tests.api.conftest import Org
from tests.docs.examples import program
from tests.fakes import Step

CLIENT = Path(__file__).resolve().parents[2] / "core" / "client"


def test_the_script_of_the_page_lists_pings_and_changes(org: Org, tmp_path: Path) -> None:
    org.add("orders")
    org.add("down")
    org.other_end.will(Step.FAIL, host=org.host("down"))
    shutil.copytree(CLIENT, tmp_path / "cheshmeh", ignore=shutil.ignore_patterns("__pycache__"))
    *listed, down = run(org, tmp_path, Role.EDITOR)
    assert listed == ["orders unknown", "down unknown"]
    assert down.startswith("down is down: ")
    assert [source["tags"] for source in org.call("GET").json()["items"]] == [[], ["script"]]
    refused = run(org, tmp_path, Role.ANALYST)[-1]
    assert refused.startswith("403 forbidden This needs at least the role of Editor")


def run(org: Org, folder: Path, role: Role) -> list[str]:
    """What it prints. The page has the organisation and the kinds of the demo."""
    text = program("cheshmeh").replace("http://127.0.0.1:8501", org.served.url)
    text = text.replace('"demo"', f'"{org.slug}"').replace('kind="postgres"', 'kind="fake"')
    (folder / "script.py").write_text(text, "utf-8")
    environment = {"TOKEN": org.tokens[role], "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-W", "error", "script.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
