"""Small parts that several pages show: badges, tiles, boxes, notices. Data is escaped here and nowhere else."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from typing import Any, Literal
from unicodedata import bidirectional

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import BreakerOpen, CheshmehError, NotFound, SourceError, Unauthenticated
from core.i18n import Translator
from core.models import Message, Status
from ui import state
from ui.palette import KIND_COLOURS, OTHER_KIND
from ui.session import LOGIN, words

BADGES = {
    Status.HEALTHY: ("green", ":material/check_circle:"),
    Status.ERROR: ("red", ":material/error:"),
    Status.SUSPENDED: ("orange", ":material/pause_circle:"),
    Status.UNKNOWN: ("gray", ":material/help:"),
}
RIGHT_TO_LEFT = frozenset({"R", "AL"})
"""Unicode's classes of letters that run from right to left; digits are not among them."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&-])")
# Streamlit replaces `:name:` and `:colour[` after Markdown is parsed, where a backslash no longer protects; and an
# address that somebody typed is no link of ours. What stands between the colons is escaped by then.
_DIRECTIVE = re.compile(r":(?=[a-zA-Z]|//|[\w+\\-]+:)")
# Of these between spaces it makes arrows and the like, and links of what looks like an address.
_ARROW = re.compile(r"(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")
_ADDRESS = re.compile(r"(?<=\w)(?=@\w)|(?<=\bwww)(?=\.)", re.IGNORECASE)


def plain(text: str) -> str:
    """Data as Markdown that shows exactly these letters."""
    apart = _ADDRESS.sub("\u2060", _ARROW.sub(lambda arrow: "\u2060".join(arrow[0]), text))
    return _DIRECTIVE.sub(":\u2060", _MARKDOWN.sub(r"\\\1", apart)).replace("\n", " ")


def html(markup: str) -> None:
    """Own markup; everything in it that is not ours went through `html.escape`."""
    # Data may hold an empty line, at which Markdown would take over what follows.
    st.markdown(re.sub("\r\n|\r|\n", "&#10;", markup), unsafe_allow_html=True)


def status_badge(status: Status, t: Translator) -> None:
    colour, icon = BADGES[status]
    st.badge(t.text(f"status.{status.value}"), icon=icon, color=colour)  # type: ignore[arg-type]  # a table of literals


def kind_name(kind: str, t: Translator) -> str:
    return t.text_or(f"kind.{kind}", kind)


def kind_colour(kind: str) -> str:
    return KIND_COLOURS.get(kind, OTHER_KIND)


def kind_badge(kind: str, t: Translator) -> None:
    """The kind's own icon and colour; a kind from elsewhere has the ones of a source."""
    icon = kind if kind in KIND_COLOURS else "source"
    html(
        f"<span class='kind-badge' style='background:{kind_colour(kind)}'>"
        f"<img src='/assets/icons/{icon}.svg' alt=''>{escape(kind_name(kind, t))}</span>"
    )


def figure_tile(key: str, label: str, figure: str, below: str, *, unit: str = "", title: str = "") -> Any:
    """A bordered tile: label, one large figure, a line below it. Gives its container, for what more stands in it."""
    tile = st.container(border=True, key=f"tile_{key}")
    with tile:
        html(
            f"<div class='tile-label' title='{escape(title, quote=True)}'>"
            f"<span class='dot'></span>{escape(label)}</div>"
            f"<div class='figure'>{escape(figure)}<small>{escape(unit)}</small></div>"
            f"<div class='below'>{escape(below) or '&nbsp;'}</div>"
        )
    return tile


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Labels with values: what has Persian words runs with the page, a path or a number from left to right."""
    cells = "".join(
        f"<dt>{escape(label)}</dt><dd><bdi{_direction(value)}>{escape(value)}</bdi></dd>"
        for label, value in rows
        if value
    )
    html(f"<dl class='facts'>{cells}</dl>")


def _direction(value: str) -> str:
    if any(bidirectional(letter) in RIGHT_TO_LEFT for letter in value):
        return " dir='rtl'" if words().direction == "rtl" else ""
    return " dir='ltr'"


def empty(title: str, body: str) -> None:
    """Nothing to show, and what to do next."""
    with st.container(border=True, key="empty"):
        st.markdown(f"## {title}")
        st.markdown(body)


def show_notice() -> None:
    """What the run before wanted to say."""
    sentence = state.notice()
    if sentence:
        st.toast(plain(sentence), icon=":material/check_circle:")


@contextmanager
def errors_shown(place: str) -> Iterator[None]:
    """Shows an error of ours as a box in its place and ends what is inside. `place` is unique on a page."""
    try:
        yield
    except Unauthenticated as error:
        error_box(error, place)
        link(LOGIN, words().text("signin.link"))
    except NotFound as error:
        error_box(error, place)
        link("/", words().text("box.back"))
    except CheshmehError as error:
        error_box(error, place)


def error_box(error: CheshmehError, place: str) -> None:
    """What happened, what it concerns, what to do."""
    t = words()
    with st.container(border=True, key=f"why_error_{place}"):
        st.markdown(f"**{plain(t.message(error.message))}**")
        for refused in error.fields:
            st.markdown(f"`{refused.field.removeprefix('params.')}` {plain(t.message(refused.message))}")
        advice(error.advice, t)
        held = isinstance(error, BreakerOpen) and error.held
        if isinstance(error, SourceError) and error.retry_after and not held:
            st.caption(t.text("source.countdown", wait=t.seconds(error.retry_after)))


def dialog(title: str, body: Callable[..., None], *arguments: Any, width: Literal["small", "large"] = "small") -> None:
    """Opens a dialog. Live parts leave the page alone until it is closed: to draw the page anew would close it.

    Beside one that this run has opened it opens none: two quick presses may come in one run, which takes one dialog.
    """
    if dialog_opened():
        return
    st.session_state[state.DIALOG] = True
    st.dialog(title, width=width, on_dismiss="rerun")(body)(*arguments)


def dialog_opened() -> bool:
    """Whether this run has opened a dialog."""
    context = get_script_run_ctx()
    return context is not None and context.has_dialog_opened


def advice(message: Message, t: Translator) -> None:
    labelled(t.text("box.advice"), plain(t.message(_without_statement(message))))
    if statement := message.args.get("statement"):
        # By itself: it is there to be copied, and runs from left to right.
        st.code(str(statement), language="sql", wrap_lines=True)


def _without_statement(message: Message) -> Message:
    return replace(message, args={**message.args, "statement": ""}) if "statement" in message.args else message


def labelled(label: str, markdown: str) -> None:
    st.markdown(f"<span class='label'>{escape(label)}</span> {markdown}", unsafe_allow_html=True)


def link(href: str, label: str) -> None:
    """A link of our own that stays in this tab, which Streamlit's own links do not."""
    st.html(f"<a class='button-link' href='{escape(href, quote=True)}' target='_self'>{escape(label)}</a>")
