"""`worker`: checks sources and rolls up history, for dashboards that leave it to workers."""

import signal
import threading

from core import settings
from core.bootstrap import Process, opened
from core.cli.output import Json, show


def run_worker(as_json: Json = False) -> None:
    """Check what is due, beside all other workers on the same PostgreSQL; until SIGTERM or Ctrl-C."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    ours = settings.load().model_copy(update={"checks": "worker"})
    with opened(ours, Process.WORKER):
        over.wait()
    show({"stopped": True}, as_json)
