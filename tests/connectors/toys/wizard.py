"""Runs the wizard of the program in this folder as a browser would, and prints what it saw as JSON."""

import json
import sys
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

import ui.session
from core.models import Role
from ui.runtime import runtime

LIMIT_S = 60
EDITOR, PASSWORD = "maryam", "a-long-enough-password"


def signed_in() -> str:
    """The token of an editor's session in organisation `acme`."""
    access, run = runtime().access, runtime().run
    owner = run(access.local_actor())
    run(runtime().accounts.add_user(owner, EDITOR, PASSWORD))
    run(runtime().members.add(owner, "acme", EDITOR, Role.EDITOR))
    token: str = run(access.sign_in(EDITOR, PASSWORD))
    return token


def main() -> None:
    held = signed_in()
    # Streamlit's test runner has no cookies and no address; all else of the session is real.
    ui.session.token = lambda: held
    ui.session.address = lambda: "127.0.0.1"
    app = AppTest.from_file(str(Path.cwd() / "ui" / "main.py"), default_timeout=LIMIT_S)
    app.query_params["lang"] = "en"
    app.switch_page("../pages/add.py").run()
    cards = [button.key for button in app.button if str(button.key).startswith("choose_")]
    app.button(key="choose_memory").click().run()
    app.text_input(key="about_name").input("by hand")
    app.text_input(key="ltr_memory_word").input("w")
    app.text_input(key="ltr_memory_password").input("sesame")
    labels = [e.label for kind in (app.text_input, app.number_input) for e in kind if "_memory_" in str(e.key)]
    app.button(key="add_continue").click().run()
    # The test runs beside the page; a browser's timer would look again.
    end = time.monotonic() + LIMIT_S
    while not any(button.key == "add_create" for button in app.button) and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    app.button(key="add_create").click().run()
    seen = {"cards": cards, "labels": labels, "errors": [error.value for error in (*app.exception, *app.error)]}
    sys.stdout.write(json.dumps(seen))
    runtime().close()


main()
