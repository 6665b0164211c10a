"""`python -m core.i18n.check`: the catalogues against each other, the kinds of source and the rules of Persian."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from core.i18n.catalogue import entries
from core.languages import CATALOGUES
from core.languages import found as languages_of

Entries = Mapping[str, tuple[str, ...]]

# Entries whose Persian text is rightly without a Persian letter: proper names, signs and layouts.
NAMES = frozenset(
    {"date.time", "sources.column.p95", "health.column.p95", "health.week.hour"}
    | {f"history.column.{name}" for name in ("p50", "p95", "p99")}
)
_NAME_OF_KIND = re.compile(r"kind\.\w+")
KINDS_FOLDER = CATALOGUES.parent / "connectors" / "kinds"
_PLACEHOLDER = re.compile(r"\{\w*\}")
_MSGID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)
_PERSIAN_LETTER = re.compile("[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیئؤأءۀ]")
_ARABIC_LETTER = re.compile("[يكىة٠-٩]")  # Arabic yeh, kaf, teh marbuta and digits: another language's keyboard


def problems(folder: Path = CATALOGUES, kinds: Path = KINDS_FOLDER) -> list[str]:
    """Everything wrong with the catalogues of a folder, one line each; empty when all is well.

    `kinds` holds a file for each kind of source. They are read as text: nothing here imports a connector.
    """
    read = {}
    found: list[str] = []
    for lang in languages_of(folder):
        with (folder / f"{lang}.po").open("rb") as file:
            read[lang] = entries(file)
        found += _repeated(lang, (folder / f"{lang}.po").read_text(encoding="utf-8"))
    for lang in read:
        found += _differing(lang, read[lang], read["en"])
    found += _empty(read)
    found += _unnamed(read, kinds)
    found += _unpersian(read["fa"])
    return list(dict.fromkeys(found))


def _repeated(lang: str, source: str) -> list[str]:
    counts = Counter(_MSGID.findall(source))
    return [f"{lang}: {key} stands {count} times" for key, count in counts.items() if count > 1]


def _differing(lang: str, own: Entries, english: Entries) -> Iterator[str]:
    for key in sorted(own.keys() ^ english.keys()):
        yield f"{key}: missing in {'en' if key in own else lang}"
    for key in sorted(own.keys() & english.keys()):
        if _placeholders(own[key]) != _placeholders(english[key]):
            yield f"{key}: placeholders differ"
        if (len(own[key]) > 1) != (len(english[key]) > 1):
            yield f"{key}: plural in one language only"


def _placeholders(forms: Iterable[str]) -> set[str]:
    return {name for form in forms for name in _PLACEHOLDER.findall(form)}


def _empty(read: Mapping[str, Entries]) -> Iterator[str]:
    for lang, catalogue in read.items():
        for key, forms in catalogue.items():
            if not all(form.strip() for form in forms):
                yield f"{lang}: {key} is empty"


def _unnamed(read: Mapping[str, Entries], kinds: Path) -> Iterator[str]:
    """What a kind is called, what it is for, and the labels of the fields that its own file gives it."""
    for file in sorted(kinds.glob("[!_]*.py")):
        kind = f"kind.{file.stem}"
        wanted: list[tuple[str, ...]] = [(kind,), (f"{kind}.description",)]
        wanted += [(f"{kind}.field.{name}", f"field.label.{name}") for name in _fields(file.read_text("utf-8"))]
        for lang, catalogue in read.items():
            yield from (f"{keys[0]}: missing in {lang}" for keys in wanted if not catalogue.keys() & set(keys))


def _fields(source: str) -> Iterator[str]:
    """Fields of the classes `…Config`, by the alias that outsiders know."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Config"):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    yield _alias(line.value) or line.target.id


def _alias(field: ast.expr | None) -> str | None:
    for keyword in field.keywords if isinstance(field, ast.Call) else ():
        if keyword.arg == "alias" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return None


def _unpersian(persian: Entries) -> Iterator[str]:
    for key, forms in persian.items():
        for form in forms:
            if _ARABIC_LETTER.search(form):
                yield f"fa: {key} has Arabic letters or digits where Persian ones belong"
            if not _is_name(key) and form.strip() and not _PERSIAN_LETTER.search(form):
                yield f"fa: {key} is not in Persian"


def _is_name(key: str) -> bool:
    return key in NAMES or _NAME_OF_KIND.fullmatch(key) is not None


def main() -> int:
    found = problems()
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
