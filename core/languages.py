"""The languages there are: each is one catalogue, `core/i18n/<code>.po`, and everything else follows from its code."""

from pathlib import Path

CATALOGUES = Path(__file__).resolve().parent / "i18n"
FIRST = ("fa", "en")
"""What the others are held against, in the order in which they are offered."""


def found(folder: Path) -> tuple[str, ...]:
    """The codes of the catalogues in a folder (ISO 639)."""
    others = {path.stem for path in folder.glob("*.po")} - {*FIRST}
    return (*FIRST, *sorted(others))


LANGUAGES = found(CATALOGUES)
