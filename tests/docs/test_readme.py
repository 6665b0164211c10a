"""README.md against the code: a setting that is missing there, or told wrongly, does not exist for its readers."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from core.connectors.catalog import kind_infos
from core.connectors.field_specs import notation
from core.connectors.registry import registry
from core.settings import PREFIX, Settings
from tests.browser.pictures import NAMES
from tests.browser.states import STATES

ROOT = Path(__file__).resolve().parents[2]
PICTURE = re.compile(r"!\[(.*?)\]\((\S+\.png)\)")
ROW = re.compile(r"^\| `(CHESHMEH_\w+)` \| (?:`(.+)`|–) \| (.+) \|$", re.MULTILINE)


def rows() -> dict[str, tuple[str | None, str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return {name: (default or None, meaning) for name, default, meaning in ROW.findall(text)}


def test_the_table_of_settings_names_each_setting_and_no_other():
    assert list(rows()) == [PREFIX + name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize(("name", "field"), Settings.model_fields.items())
def test_a_row_of_the_table_tells_the_default_and_the_meaning(name: str, field: FieldInfo):
    default, meaning = rows()[PREFIX + name.upper()]
    assert default == (None if field.default is None else str(field.default))
    assert meaning == field.description


def kinds_told() -> dict[str, list[str]]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Kinds of source")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)
    return {kind: re.findall("`([^`]+)`", fields) for kind, fields in rows}


def test_the_table_of_kinds_names_each_kind_and_no_other():
    assert sorted(kinds_told()) == sorted(registry.discover().kinds)


@pytest.mark.parametrize("kind", kinds_told())
def test_a_row_of_the_table_of_kinds_tells_each_field(kind: str):
    [info] = [info for info in kind_infos(registry.discover()) if info.name == kind]
    assert kinds_told()[kind] == [notation(spec) for spec in info.fields]


def test_each_command_of_the_readme_is_a_target_of_the_makefile():
    named = set(re.findall(r"`make (\w+)`", (ROOT / "README.md").read_text(encoding="utf-8")))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE)) - {"help"}
    assert named == targets


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_between_documents_lead_somewhere(page: str):
    folder = (ROOT / page).parent
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (folder / link).exists()]
    assert broken == []


def test_the_documents_show_each_picture_that_is_kept_for_them_and_say_what_is_on_it():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    told = [each for page in pages for each in PICTURE.findall(page.read_text(encoding="utf-8"))]
    assert sorted(Path(path).stem for _, path in told) == sorted(NAMES)
    assert {path.stem for path in (ROOT / "docs" / "pictures").iterdir()} == set(NAMES)
    assert all(words for words, _ in told)


def test_each_picture_is_of_a_state_that_the_browser_tests_look_at():
    assert {name.rsplit("-", 2)[0] for name in NAMES} <= {state.name for state in STATES}
