"""What can go wrong between a script and a dashboard."""

from collections.abc import Iterator
from typing import Any

# For whoever reads a traceback; the command line says the same by its reason, in the reader's language.
REASONS = {
    "server_url": "not the address of a server: http:// or https://, a host, and no user name, query or fragment",
    "plain_http": "{url} would carry the token unencrypted to another machine: use https://, or insecure=True",
    "token": "not a token: those are letters, digits and signs of ASCII without spaces",
    "header": "{name} must be ASCII without line breaks",
    "ca_file": "the certificates to trust (ca_file, or REQUESTS_CA_BUNDLE) cannot be read",
    "server_unreachable": "{url} cannot be reached, or hung up without an answer",
    "server_timeout": "{url} did not answer in time",
    "certificate": "the certificate of {url} cannot be trusted",
    "proxy_failed": "the proxy on the way to {url} does not let this through",
    "redirected": "{url} leads to {location}, where the token was not sent; if that is right, use that address",
    "foreign_answer": "{url} gave an answer that is not Cheshmeh's: HTTP {status}, {type}",
    "cut_off": "{url} stopped in the middle of its answer",
}


class ClientError(Exception):
    """No answer that could be used. `reason` is a key of REASONS, `facts` what its sentence names; never a token."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts

    def __str__(self) -> str:
        return REASONS[self.reason].format_map(self.facts)


class ApiError(ClientError):
    """What the server refused, in its own words.

    `code` and `status` are the ones of the interface's table of errors, `detail` is a sentence in the client's
    language, `advice` another on what to do or None, `fields` maps the dotted names of refused fields to why,
    `rule` and `part` name the safety rule that refused a query and the piece it means, or are None,
    `retry_after_s` is the wait in seconds that the server asks for or None, `problem` the whole answer.
    """

    def __init__(self, status: int, problem: dict[str, Any], retry_after: str | None = None) -> None:
        super().__init__("refused")
        self.status, self.problem = status, problem
        self.code, self.detail = str(problem["code"]), str(problem.get("detail", ""))
        self.advice, self.rule, self.part = (_text(problem.get(name)) for name in ("advice", "rule", "part"))
        self.fields = dict(_fields(problem.get("errors")))
        self.retry_after_s = _seconds(problem.get("retry_after_s"), retry_after)

    def __str__(self) -> str:
        fields = (f"{name}: {why}" for name, why in self.fields.items())
        return " ".join([f"{self.status} {self.code}: {self.detail}", *fields])


def _text(said: object) -> str | None:
    return str(said) if said else None


def _fields(errors: object) -> Iterator[tuple[str, str]]:
    for each in errors if isinstance(errors, list) else ():
        if isinstance(each, dict) and "field" in each:
            yield str(each["field"]), str(each.get("message", ""))


def _seconds(said: object, header: str | None) -> float | None:
    if isinstance(said, int | float):
        return float(said)
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
