"""The catalogues: complete, alike, in written Persian, and holding every key that the code asks for."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import errors
from core.i18n import LANGUAGES, translator
from core.i18n.catalogue import catalogue
from core.i18n.check import problems
from core.models import BreakerState, CheckStatus, Role, Status

ROOT = Path(__file__).resolve().parents[2]
ASKING = frozenset({"text", "plural"})
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def error_codes() -> list[str]:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.CheshmehError)]
    return sorted({c.code for c in classes})


def calls() -> Iterator[ast.Call]:
    for folder in ("ui", "pages", "core"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield node


def literal_keys() -> Iterator[str]:
    """Keys written out in calls like `t.text("sources.title")`, `Message("ping.ok")` and `wrong("days", "field.x")`."""
    for call in calls():
        if _asks(call.func) and call.args:
            yield from _texts(call.args[0])
        if isinstance(call.func, ast.Name) and call.func.id == "wrong":
            yield from (key for key in _texts(call.args[1]) if key.startswith("field."))


def actions() -> Iterator[str]:
    """What is written into the audit, where it is written out: `change(actor, org, "source.create", …)`."""
    for call in calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("change", "note") and len(call.args) > 2:
            yield from _texts(call.args[2])


def _asks(function: ast.expr) -> bool:
    named = isinstance(function, ast.Attribute) and function.attr in ASKING and _is_translator(function.value)
    return named or (isinstance(function, ast.Name) and function.id == "Message")


def _is_translator(value: ast.expr) -> bool:
    names = {"t", "speak", "words"}
    return (isinstance(value, ast.Name) and value.id in names) or isinstance(value, ast.Call)


def _texts(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.IfExp):
        yield from _texts(argument.body)
        yield from _texts(argument.orelse)
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value


def write(folder: Path, **texts: str) -> Path:
    for lang in LANGUAGES:
        (folder / f"{lang}.po").write_text(HEAD + texts[lang], encoding="utf-8")
    return folder


def entry(key: str, *forms: str) -> str:
    if len(forms) == 1:
        return f'msgid "{key}"\nmsgstr "{forms[0]}"\n\n'
    plural = "".join(f'msgstr[{index}] "{form}"\n' for index, form in enumerate(forms))
    return f'msgid "{key}"\nmsgid_plural "{key}"\n{plural}\n'


def test_the_catalogues_have_no_problems() -> None:
    assert problems() == []


def test_the_check_ends_with_zero_when_all_is_well() -> None:
    done = subprocess.run([sys.executable, "-m", "core.i18n.check"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("fa", "en", "complaint"),
    [
        (entry("a", "یک"), entry("a", "One") + entry("b", "Two"), "b: missing in fa"),
        (entry("a", "{n} منبع"), entry("a", "{count} sources"), "a: placeholders differ"),
        (entry("a", "یک", "چند"), entry("a", "One"), "a: plural in one language only"),
        (entry("a", "One"), entry("a", "One"), "fa: a is not in Persian"),
        (entry("a", "كتاب"), entry("a", "Book"), "fa: a has Arabic letters"),
        (entry("a", "يک"), entry("a", "One"), "fa: a has Arabic letters"),
        (entry("a", "یک"), entry("a", " "), "en: a is empty"),
        (entry("a", "یک") + entry("a", "دو"), entry("a", "One"), "fa: a stands 2 times"),
    ],
)
def test_the_check_names_what_is_wrong(tmp_path: Path, fa: str, en: str, complaint: str) -> None:
    assert any(line.startswith(complaint) for line in problems(write(tmp_path, fa=fa, en=en), kinds=tmp_path))


def test_the_check_asks_for_the_words_of_every_kind(tmp_path: Path) -> None:
    kind = "class ToyConfig(ConnectorConfig):\n    host: str\n    schema_name: str = Field(None, alias='schema')\n"
    (tmp_path / "toy.py").write_text(kind)
    (tmp_path / "__init__.py").touch()
    fa = entry("kind.toy", "Toy") + entry("kind.toy.field.host", "سرور")
    found = problems(write(tmp_path, fa=fa, en=entry("field.label.schema", "Schema")), kinds=tmp_path)
    named = {"fa": ["kind.toy.description", "kind.toy.field.schema"], "en": ["kind.toy", "kind.toy.description"]}
    named["en"] += ["kind.toy.field.host"]
    missing = [f"{key}: missing in {lang}" for lang, keys in named.items() for key in keys]
    assert set(missing) <= set(found)
    assert "kind.toy.field.schema: missing in en" not in found
    assert not any("kind.toy is not in Persian" in line for line in found)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_code_has_a_sentence_an_advice_and_a_title(lang: str) -> None:
    wanted = {f"{part}.{code}" for code in error_codes() for part in ("error", "advice")}
    titles = {f"title.{code}" for code in error_codes() if code != "startup"}
    assert (wanted | titles) - catalogue(lang).keys() == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_value_of_an_enum_has_a_word(lang: str) -> None:
    named = {"status": Status, "state": BreakerState, "check": CheckStatus}
    wanted = {f"{part}.{member.value}" for part, members in named.items() for member in members}
    wanted |= {f"role.{role.label}" for role in Role}
    assert wanted - catalogue(lang).keys() == set()


def test_every_key_that_the_code_writes_out_exists() -> None:
    known = catalogue("fa").keys()
    narrowed = {key for key in literal_keys() if key not in known and key.rpartition(".")[0] not in known}
    assert narrowed - {"literal"} == set()


def test_the_code_does_ask_for_keys() -> None:
    assert len(set(literal_keys())) > 100


def test_the_sentence_of_an_open_breaker_is_the_agreed_one() -> None:
    agreed = "اتصال موقتاً تعلیق شد؛ چند ثانیه دیگر تلاش کنید."
    assert translator("fa").text("error.circuit_open") == agreed


def test_the_four_statuses_have_the_agreed_words() -> None:
    words = [translator("fa").text(f"status.{status}") for status in ("healthy", "error", "suspended", "unknown")]
    assert words == ["سالم", "خطا", "تعلیق", "نامشخص"]


def test_no_page_holds_words_of_its_own() -> None:
    persian = re.compile("[\u0600-\u06ff]")
    for folder in ("ui", "pages"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(_without_docstrings(ast.parse(file.read_text(encoding="utf-8")))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 1:
                    assert not persian.search(node.value), (file.name, node.value)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0].value = ast.Constant("")
    return tree


def test_whatever_is_written_into_the_audit_has_a_name() -> None:
    written = set(actions())
    assert {"source.create", "session.open", "member.remove"} <= written
    for lang in LANGUAGES:
        assert [action for action in sorted(written) if f"audit.action.{action}" not in catalogue(lang)] == []
