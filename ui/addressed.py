"""A choice that stands in the address: its widget's own, unless the address was changed by somebody else than it."""

from collections.abc import Mapping

import streamlit as st


def followed(param: str, key: str, values: Mapping[str, object], default: str) -> str:
    """What the address names, one of `values`, else `default`.

    Back, forward and links change it without the widget `key`, which then takes the value of that name. To be called
    before it is drawn.
    """
    asked = st.query_params.get(param, default)
    named = asked if asked in values else default
    if key in st.session_state and st.session_state.get(_written(key), named) != named:
        st.session_state[key] = values[named]
    st.session_state[_written(key)] = named
    return named


def stands(param: str, key: str, chosen: str, default: str) -> None:
    """Writes what is chosen into the address, which without it means `default`; nothing is not written."""
    if chosen != st.query_params.get(param, default):
        if chosen:
            st.query_params[param] = chosen
        else:
            del st.query_params[param]
    st.session_state[_written(key)] = chosen


def _written(key: str) -> str:
    return f"{key}_in_address"
