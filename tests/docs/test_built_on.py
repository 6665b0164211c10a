"""What the README says the program is built on does real work in it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ("app.py", "core", "ui", "pages")
WANTED = {
    "streamlit", "pandas", "plotly", "sqlalchemy", "psycopg", "pymongo", "boto3", "gql", "requests", "cryptography",
    "pytest",
}  # fmt: skip


def told() -> list[str]:
    section = (ROOT / "README.md").read_text("utf-8").partition("## Built on")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def used_in(*folders: str) -> dict[str, set[str]]:
    """Packages whose imported names are used below the import, with the files that do."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        place = ROOT / folder
        for file in [place] if place.is_file() else place.rglob("*.py"):
            for package in _used(ast.parse(file.read_text("utf-8"))):
                found.setdefault(package, set()).add(str(file.relative_to(ROOT)))
    return found


def _used(tree: ast.Module) -> set[str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(alias.asname or alias.name).split(".")[0]: alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: node.module.split(".")[0] for alias in node.names}
    return {names[node.id] for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names}


def test_the_list_holds_every_package_of_choice():
    assert set(told()) == WANTED


@pytest.mark.parametrize("package", told())
def test_a_package_of_the_list_does_real_work(package: str):
    folders = ("tests",) if package == "pytest" else PROGRAM
    assert used_in(*folders).get(package)


@pytest.mark.parametrize("package", sorted(WANTED - {"pytest"}))
def test_a_package_of_the_list_is_locked(package: str):
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    assert re.search(rf"^{package}==", lock, re.MULTILINE)
