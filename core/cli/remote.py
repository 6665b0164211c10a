"""A running dashboard of this data directory, spoken to over HTTP so that breakers and figures are shared with it."""

from pathlib import Path

from core.cli.output import words
from core.client import Client
from core.presence import find


def running(data_dir: Path) -> Client | None:
    """The dashboard of this data directory, when one runs."""
    presence = find(data_dir)
    if presence is None:
        return None
    # It is this machine, by whatever address it listens on: no proxy stands between.
    client = Client(presence.url, presence.token, words().lang, insecure=True, trust_env=False)
    # After a crash the number of the dead process may by now be another one's.
    return client if client.alive() else None
