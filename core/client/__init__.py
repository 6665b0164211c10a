"""Cheshmeh over HTTP, for scripts: each method is one route of the interface, with plain dicts in and out.

    with Client("https://cheshmeh.example.com", token) as cheshmeh:
        for line in cheshmeh.ping_all("acme"):
            print(line)

This folder needs `requests` and nothing else, not even the rest of this package: it may be copied beside a script.
That is why it imports its own parts by relative names.
"""

from .dashboard import Client
from .errors import ApiError, ClientError
from .source import Source

__all__ = ["ApiError", "Client", "ClientError", "Source"]
