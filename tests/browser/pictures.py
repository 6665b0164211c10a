"""`python -m tests.browser.pictures`: the pictures of `make screenshots` that the documents show, made small."""

from pathlib import Path

from PIL import Image

from tests.browser.conftest import ROOT

TAKEN, SHOWN = ROOT / "screenshots", ROOT / "docs" / "pictures"
NAMES = (
    "sources-fa-light",
    "source-error-fa-light",
    "source-metrics-en-dark",
    "health-fa-light",
    "playground-result-fa-light",
    "add-test-en-light",
)
COLOURS = 128


def small(picture: Path, to: Path) -> None:
    """As many colours as an interface has, and no taller than a page is read at once."""
    with Image.open(picture) as whole:
        top = whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, whole.width)))
        top.quantize(COLOURS).save(to, optimize=True)


if __name__ == "__main__":
    SHOWN.mkdir(exist_ok=True)
    for name in NAMES:
        small(TAKEN / f"{name}.png", SHOWN / f"{name}.png")
