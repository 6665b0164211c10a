"""`python -m core.i18n.check`: the catalogues against each other and against the rules of written Persian."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from core.i18n.catalogue import FOLDER, LANGUAGES, entries

Entries = Mapping[str, tuple[str, ...]]

# Entries whose Persian text is rightly without a Persian letter: proper names, signs and layouts.
KINDS = frozenset({"kind.postgres", "kind.rest", "kind.mongodb", "kind.graphql", "kind.s3"})
NAMES = KINDS | {"date.time", "language.en", "sources.column.p95", "metrics.chart.p95"}
_PLACEHOLDER = re.compile(r"\{\w*\}")
_MSGID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)
_PERSIAN_LETTER = re.compile("[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیئؤأءۀ]")
_ARABIC_LETTER = re.compile("[يكىة٠-٩]")  # Arabic yeh, kaf, teh marbuta and digits: another language's keyboard


def problems(folder: Path = FOLDER) -> list[str]:
    """Everything wrong with the catalogues of a folder, one line each; empty when all is well."""
    read = {}
    found: list[str] = []
    for lang in LANGUAGES:
        with (folder / f"{lang}.po").open("rb") as file:
            read[lang] = entries(file)
        found += _repeated(lang, (folder / f"{lang}.po").read_text(encoding="utf-8"))
    found += _differing(read["fa"], read["en"])
    found += _empty(read)
    return found + list(_unpersian(read["fa"]))


def _repeated(lang: str, source: str) -> list[str]:
    counts = Counter(_MSGID.findall(source))
    return [f"{lang}: {key} stands {count} times" for key, count in counts.items() if count > 1]


def _differing(persian: Entries, english: Entries) -> Iterator[str]:
    for key in sorted(persian.keys() ^ english.keys()):
        yield f"{key}: missing in {'en' if key in persian else 'fa'}"
    for key in sorted(persian.keys() & english.keys()):
        if _placeholders(persian[key]) != _placeholders(english[key]):
            yield f"{key}: placeholders differ"
        if (len(persian[key]) > 1) != (len(english[key]) > 1):
            yield f"{key}: plural in one language only"


def _placeholders(forms: Iterable[str]) -> set[str]:
    return {name for form in forms for name in _PLACEHOLDER.findall(form)}


def _empty(read: Mapping[str, Entries]) -> Iterator[str]:
    for lang, catalogue in read.items():
        for key, forms in catalogue.items():
            if not all(form.strip() for form in forms):
                yield f"{lang}: {key} is empty"


def _unpersian(persian: Entries) -> Iterator[str]:
    for key, forms in persian.items():
        for form in forms:
            if _ARABIC_LETTER.search(form):
                yield f"fa: {key} has Arabic letters or digits where Persian ones belong"
            if key not in NAMES and form.strip() and not _PERSIAN_LETTER.search(form):
                yield f"fa: {key} is not in Persian"


def main() -> int:
    found = problems()
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
