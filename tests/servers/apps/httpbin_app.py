"""`tests.servers.apps.httpbin_app:app`: httpbin."""

from importlib import import_module
from typing import Any

from werkzeug import http
from werkzeug.datastructures import Authorization

# The release that Python 3.11 is given imports this name, which the werkzeug beside it no longer has.
if not hasattr(http, "parse_authorization_header"):
    vars(http)["parse_authorization_header"] = Authorization.from_header

app: Any = import_module("httpbin").app
