"""The ASGI entry: `python app.py`, `streamlit run app.py` and `uvicorn app:app` all serve the same application."""

import gc

# Imports make next to no garbage; looking for it among all that they make takes an eighth of a start.
gc.disable()

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from uvicorn import Server

from core.api import server
from core.api.interface import Interface
from core.errors import StartupError
from core.i18n import translator
from core.logs import catch_uncaught
from core.presence import announced, require_free_port
from core.runtime import Runtime
from core.settings import Settings, load
from ui.runtime import runtime as process_runtime

ROOT = Path(__file__).resolve().parent
interface = Interface()
# Streamlit puts the folder of its script into `sys.path` when a run begins and takes it out at its end, unless it is
# there: an import that goes through the list in another thread meanwhile passes over a place, and what is there is
# "not installed".
sys.path.append(str(ROOT / "ui"))


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Opens the runtime before the first request and closes it after the last."""
    serving = server.present()
    runtime = _opened(serving)
    catch_uncaught()
    interface.attach(runtime)
    # The imports of a start are never garbage; leaving them out of collections keeps script runs short.
    gc.freeze()
    gc.enable()
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(announced(runtime))
            if serving is not None:
                await stack.enter_async_context(server.ending(serving, runtime.begin_closing))
            yield None
    finally:
        runtime.close()


def _opened(serving: Server | None) -> Runtime:
    """Ends the process where something refuses: of an exception the server would make a traceback and a status of 3."""
    try:
        if serving is not None:
            server.require_agreement(serving, load())
        return process_runtime()
    except StartupError as err:
        os._exit(_refused(err))  # what was opened is closed again, and of files nothing waits


def _refused(err: StartupError) -> int:
    sys.stderr.write(f"{translator('en').message(err.message)}\n")
    sys.stderr.flush()
    return 2


app = st.App(ROOT / "ui" / "main.py", routes=interface.routes(), middleware=interface.middleware(), lifespan=lifespan)


def _ready_to_listen() -> Settings:
    """Raises StartupError; then nothing is left that works on unasked."""
    runtime = process_runtime()
    try:
        require_free_port(runtime.settings)
    except StartupError:
        runtime.close()
        raise
    return runtime.settings


def main() -> int:
    """Exit status 2, and one sentence, when something refuses to start."""
    try:
        settings = _ready_to_listen()
    except StartupError as err:
        return _refused(err)
    # Which proxies are believed is CHESHMEH_TRUSTED_PROXIES; the server by itself would believe everybody on loopback.
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    app.run(config={"server.address": settings.host, "server.port": settings.port})
    return 0


if __name__ == "__main__":
    sys.exit(main())
