"""The server that runs the application: where it listens, and how long its end may take."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from uvicorn import Server

from core.errors import StartupError
from core.settings import Settings

DRAIN_S = 10
"""What running requests get to end, as running checks do; then they are cancelled."""
LOOK_S = 0.2


def present() -> Server | None:
    """The uvicorn that answers this process's signals; None where another program does.

    Whether `python app.py`, `streamlit run` or `uvicorn` made it: none of them hands it to the application.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if isinstance(server, Server) else None


def require_agreement(server: Server, settings: Settings) -> None:
    """Raises StartupError where the server listens elsewhere than the settings say.

    What is open to the network, links, the command line and the addresses closed to sources all follow the settings.
    """
    config = server.config
    if config.uds or config.fd is not None:
        return
    given, own = (config.host, config.port), (settings.host, settings.port)
    if given != own:
        raise StartupError("address", host=own[0], port=own[1], given_host=given[0], given_port=str(given[1]))


@asynccontextmanager
async def ending(server: Server, begins: Callable[[], None]) -> AsyncIterator[None]:
    """Calls `begins` once a signal has asked the server to end: it may still have requests to answer."""
    server.config.timeout_graceful_shutdown = DRAIN_S
    watching = asyncio.create_task(_watch(server, begins))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(server: Server, begins: Callable[[], None]) -> None:
    while not server.should_exit:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(LOOK_S)
    begins()
