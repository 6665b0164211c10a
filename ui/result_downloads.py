"""What may be taken away of a sample: its rows in four formats, and the card that says what they are."""

from functools import partial

import streamlit as st

from core.exports import CARD, FORMATS, Export, Limits, Origin
from core.i18n import Translator
from core.models import SampleResult, Source
from ui.runtime import runtime


def downloads(source: Source, found: SampleResult, t: Translator) -> None:
    """Each file is made when somebody presses for it."""
    settings = runtime().settings
    export = Export(Origin.of(source), found, Limits(settings.sample_rows_max, settings.sample_bytes_max), t)
    with st.popover(t.text("playground.download"), icon=":material/download:", width="content"):
        bom = st.checkbox(
            t.text("playground.download.bom"), True, key="download_bom", help=t.text("playground.download.bom.help")
        )
        for ending, mime in FORMATS.items():
            _button(export, ending, mime, t, bom=bom)
        _button(export, CARD, "application/json", t, help=t.text("playground.download.card.help"))


def _button(
    export: Export,
    ending: str,
    mime: str,
    t: Translator,
    *,
    bom: bool = True,
    help: str | None = None,  # noqa: A002 - Streamlit's own name
) -> None:
    st.download_button(
        t.text(f"playground.download.{ending}"),
        partial(export.written, ending, bom=bom),
        f"{export.stem}.{ending}",
        mime,
        icon=":material/download:",
        on_click="ignore",
        help=help,
        width="stretch",
        key=f"download_{ending}",
    )
