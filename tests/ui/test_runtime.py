"""How a script calls the runtime."""

from streamlit.testing.v1 import AppTest

from tests.ui.fakes import FakeRuntime


def _two_calls() -> None:
    import streamlit as st
    from structlog.contextvars import get_contextvars

    from ui.runtime import run

    async def known_as() -> str:
        return str(get_contextvars().get("request_id"))

    for _ in range(2):
        st.text(run(known_as()))


def test_each_call_of_a_page_has_an_id_on_the_other_loop(runtime: FakeRuntime) -> None:
    app = AppTest.from_function(_two_calls, default_timeout=60).run()
    first, second = (text.value for text in app.text)
    assert first != second
    assert len(first) == len(second) == 16
