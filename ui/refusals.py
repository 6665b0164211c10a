"""What a service did not accept of a form, by the names that people read beside the inputs."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import CheshmehError
from core.i18n import Translator
from ui.widgets import errors_shown, plain


@contextmanager
def refusals_shown(place: str, t: Translator) -> Iterator[None]:
    """Names each refused input by its label; any other error of ours is a box in its place."""
    with errors_shown(place):
        try:
            yield
        except CheshmehError as error:
            if not error.fields:
                raise
            for refused in error.fields:
                label = t.text_or(f"input.{refused.field}", refused.field.removeprefix("parameters."))
                st.error(f"**{plain(label)}**: {plain(t.message(refused.message))}", icon=":material/error:")
