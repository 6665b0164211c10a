"""The frame around every page: session, language, direction, navigation. Streamlit runs this file at each run."""

from pathlib import Path

import streamlit as st

from ui import frame, navigation, presence, state, widgets
from ui.session import known_reader, reader, words

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    t = words()
    st.set_page_config(t.text("app.name"), page_icon=ROOT / "static" / "icons" / "page.png", layout="wide")
    frame.document(t)
    person = None
    with widgets.errors_shown("frame"):
        person = reader()
    known = navigation.pages(t, person.role, server_admin=person.actor.server_admin) if person else navigation.pages(t)
    chosen = st.navigation(list(known.values()), position="sidebar" if person else "hidden")
    if person is not None:
        here = next(name for name, page in known.items() if page.url_path == chosen.url_path)
        state.enter(here)
        presence.note(here)
        st.set_page_config(f"{chosen.title} – {t.text('app.name')}")
        frame.sidebar(person, here, t)
        frame.notice(t)
        widgets.show_notice()
        with widgets.errors_shown("page"), known_reader(person):
            chosen.run()


main()
