"""One's own account: name and roles, password, sessions."""

import streamlit as st

from core.i18n import Translator
from ui import account
from ui.runtime import run, runtime
from ui.session import Reader, reader, words


def page(person: Reader, t: Translator) -> None:
    mine = run(runtime().accounts.me(person.actor))
    st.title(t.text("nav.account"), anchor=False)
    st.caption(t.text("account.lead"))
    account.who(mine, t)
    account.password(mine, t)
    account.sessions(person, t)


page(reader(), words())
