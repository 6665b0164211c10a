"""Choices that stand in the address: each is its widget's own, until the browser goes back or forward."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def followed(param: str, key: str, values: Mapping[str, object] | Sequence[str], default: str) -> None:
    """Where the widget `key` begins, and after a step back or forward, it has the value of the name in the address.

    So it has where its own is none of `values` any more: browsers keep the words of a choice, which may change. A name
    that is none of them, or none at all, is `default`. Values without names of their own are named by themselves. To be
    called before the widget is drawn.
    """
    named = values if isinstance(values, Mapping) else dict(zip(values, values, strict=True))
    if key not in st.session_state or came_back() or st.session_state[key] not in named.values():
        st.session_state[key] = named.get(st.query_params.get(param, default), named[default])


def stands(wanted: Mapping[str, str], default: str = "") -> None:
    """Writes what is chosen into the address, all of it in one step of the browser's history.

    An address without a name means `default` by it, which is then not written; nothing (`""`) takes the name away.
    """
    here = st.query_params.to_dict()
    after = {
        param: value for param, value in {**here, **wanted}.items() if value and (param in here or value != default)
    }
    if after != here:
        st.query_params.from_dict(after)


def came_back() -> bool:
    """Whether this run is the browser's step back or forward.

    The address alone does not tell: a press may be sent before the browser has written what the run before it chose.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
