"""What stands around every page: style sheets, language and direction of the document, the sidebar's lower part."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import streamlit as st

from core.i18n import LANGUAGES, Translator, name_of, translator
from core.models import Organisation
from core.settings import LANG_COOKIE, ORG_COOKIE
from ui import navigation, page_help, session, shortcuts
from ui.runtime import runtime
from ui.session import Reader
from ui.widgets import plain

FIRST_WORDS = ("day", "help", "month", "remove", "year")
"""What Streamlit puts before a label of ours."""
FOLDER = Path(__file__).resolve().parent
LOGO = FOLDER.parent / "static" / "icons" / "logo.svg"
ACCOUNT, SIGN_OUT = "account", "sign_out"
STREAMLIT_WORDS = (
    "app_pages",
    "autosize",
    "choose_date",
    "choose_option",
    "clear_all",
    "clear_selection",
    "clear_value",
    "close",
    "close_fullscreen",
    "collapse_sidebar",
    "column_menu",
    "columns",
    "copied",
    "copy",
    "copy_column",
    "copy_version",
    "csv",
    "dark",
    "decrement",
    "dismiss",
    "download_plot",
    "expand_sidebar",
    "format",
    "fullscreen",
    "hide_column",
    "help_alone",
    "hide_password",
    "home",
    "increment",
    "light",
    "logo",
    "main_menu",
    "no_results",
    "open",
    "pin",
    "print",
    "progress",
    "record",
    "running",
    "search",
    "select_all",
    "show_password",
    "sidebar",
    "skip",
    "sort_ascending",
    "sort_descending",
    "statistics",
    "stop",
    "system",
    "theme",
    "unpin",
)
"""What Streamlit says in English and has no setting for; its catalogue entry in English is what it says."""


@cache
def own_file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def document(t: Translator) -> None:
    """Style sheets and `<html lang dir>`. The script holds nothing but the code of a language that we speak."""
    st.html(_style(t))
    with st.container(key="document"):
        st.html(_script(t), unsafe_allow_javascript=True)


@cache
def _style(t: Translator) -> str:
    sheets = own_file("look.css") + (own_file("rtl.css") if t.direction == "rtl" else "")
    # In one line: Streamlit looks at the beginning of each line, at each run.
    return f"<style>{' '.join(sheets.split())} :root {{ --brand: '{t.text('app.name')}' }}</style>"


@cache
def _script(t: Translator) -> str:
    return (
        f"<script>Object.assign(document.documentElement, {{lang: '{t.lang}', dir: '{t.direction}'}});"
        f"{_remembered(LANG_COOKIE, t.lang)}\n"
        f"window.cheshmehWords = {_streamlit_words(t)};\n{own_file('behaviour.js')}</script>"
    )


def _remembered(name: str, value: str) -> str:
    """A statement with which the browser keeps a choice for a year. `value` is safe in a cookie."""
    return f"document.cookie = '{name}={value};path=/;max-age=31536000;SameSite=Lax';"


def _streamlit_words(t: Translator) -> str:
    """From the other languages to this one, as JSON: a person may change it while the page stays open."""
    others = [translator(lang) for lang in LANGUAGES if lang != t.lang]

    def said(names: Sequence[str]) -> dict[str, str]:
        keys = [f"streamlit.{name}" for name in names]
        return {other.text(key): t.text(key) for other in others for key in keys}

    return json.dumps({"first": said(FIRST_WORDS), "whole": said(STREAMLIT_WORDS)})


def sidebar(reader: Reader, here: str, t: Translator) -> None:
    """`here` is the name of the page that is open."""
    st.logo(LOGO, size="large")
    with st.sidebar:
        if len(reader.organisations) > 1:
            _organisations(reader, here, t)
        else:
            st.caption(plain(reader.organisation.name))
        _user_menu(reader, t)
        page_help.button(here, t)
        shortcuts.button(t)


def notice(t: Translator) -> None:
    """Above every page while something is out of reach that work can go on without."""
    for part in runtime().troubles:
        with st.container(key=f"degraded_{part}"):
            st.warning(t.text(f"frame.degraded.{part}"), icon=":material/cloud_off:")


def _organisations(reader: Reader, here: str, t: Translator) -> None:
    names = _told_apart(reader.organisations)
    slugs = list(names)
    chosen = st.selectbox(
        t.text("user.organisation"), slugs, slugs.index(reader.org), format_func=names.__getitem__, key="organisation"
    )
    if chosen != reader.org:
        # The browser opens the page anew, so that nothing of one organisation's page is left on the other's.
        folder = "./" if here == navigation.SOURCE else ""
        _in_browser(f"{_remembered(ORG_COOKIE, quote(chosen))}location.assign('{folder}?org={quote(chosen)}')")


def _told_apart(organisations: Sequence[Organisation]) -> dict[str, str]:
    """Their names by slug; where one name is of several, with the slug."""
    times = Counter(organisation.name for organisation in organisations)
    return {each.slug: each.name if times[each.name] == 1 else f"{each.name} ({each.slug})" for each in organisations}


def _in_browser(script: str) -> NoReturn:
    """A script of ours that leaves the page; nothing more is drawn on it."""
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
    st.stop()


def _user_menu(reader: Reader, t: Translator) -> None:
    others = [lang for lang in LANGUAGES if lang != t.lang]
    languages = {lang: name_of(lang) for lang in others}
    labels = {ACCOUNT: t.text("nav.account"), **languages, SIGN_OUT: t.text("user.sign_out")}
    picked = st.menu_button(
        plain(reader.actor.name),
        list(labels),
        format_func=labels.__getitem__,
        icon=":material/account_circle:",
        key="user_menu",
        help=t.text("user.role", role=t.text(f"role.{reader.role.label}")),
        width="stretch",
    )
    if picked == SIGN_OUT:
        # No end of the script may stand in what it holds.
        target = json.dumps(session.sign_out()).replace("<", "\\u003c")
        _in_browser(f"location.assign({target})")
    if picked == ACCOUNT:
        navigation.open_page(navigation.ACCOUNT)
    if picked is not None:
        session.choose_language(picked)
        st.rerun()
