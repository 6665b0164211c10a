"""Logs: one line an event, on standard error; never a configuration value, never a sample's content.

Whatever is logged here, in a library or by the interpreter itself goes through one masking of secrets once it is text,
and no value can begin a line of its own.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOBase
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

from core.form_values import suggests_secret
from core.redaction import MASK, Secrets
from core.settings import Settings

log = structlog.get_logger(__name__)

INDENT = "    "
"""Before each line of a traceback: what an exception says cannot pass for an event."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Controls, line ends that only Unicode knows, and what turns the direction of reading around.
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def configure_logging(settings: Settings, secrets: Secrets | None = None) -> None:
    """Sets the form and the least severity of this process's log, and what is masked in it.

    Libraries are heard from warnings on, whatever the severity of ours: below that they write what they send.
    """
    hidden = secrets or Secrets()
    as_json = settings.log_format == "json"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _Guard(hidden),
            _renderer(as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Forgiving(sys.stderr))),
    )
    logging.setLogRecordFactory(_record_factory(hidden))
    _listen_to_libraries()


def catch_uncaught() -> None:
    """What nobody catches in this process, in any thread, is an event of the log and nothing else on standard error.

    For a process of our own, once it runs: servers and libraries lose the handlers that they brought, and speak as we
    do.
    """
    if not structlog.is_configured():
        # Settings that cannot be read are among what is caught.
        configure_logging(Settings.model_construct())
    for logger in [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]:
        logger.handlers, logger.propagate = [], True
    # The server would write a line for each request: nobody reads them, and each would be searched for secrets.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    logging.captureWarnings(capture=True)


def printable(text: str) -> str:
    """`text` in one line, whatever it holds."""
    return _UNPRINTED.sub(escaped, _COLOURS.sub("", text))


def _renderer(as_json: bool) -> Any:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=repr)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, sort_keys=False
    )


def _indented(text: str) -> str:
    return "\n".join(INDENT + printable(line) for line in re.split("\r\n|[\n\r]", text))


def _dedented(text: str) -> str:
    return "\n".join(line.removeprefix(INDENT) for line in text.split("\n"))


def escaped(found: re.Match[str]) -> str:
    """What a pattern found, as Python would write it."""
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")


class _Guard:
    """The last step before an event is written out: every value is text by now, in one line and without secrets.

    Before and not behind the writing: a mask across a quotation mark would leave a line that is no JSON.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __call__(self, _logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {self._text(str(name)): self._value(str(name), value) for name, value in event.items()}

    def _value(self, name: str, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case _ if suggests_secret(name):
                return MASK
            case str() if name == "exception":
                return self._secrets.masked(_indented(value))
            case Mapping():
                return {self._text(str(key)): self._value(str(key), each) for key, each in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._value("", each) for each in value]
        return self._text(str(value))

    def _text(self, text: str) -> str:
        return self._secrets.masked(printable(text))


def _record_factory(secrets: Secrets) -> Any:
    """Makes the records of `logging` in a form that every handler of every library can be given."""

    class MaskedRecord(logging.LogRecord):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            if isinstance(self.args, tuple):
                # Some formatters read the arguments themselves: the paths of requests are among them.
                self.args = tuple(_masked_argument(secrets, each) for each in self.args)
            if self.exc_info and self.exc_info[0] is not None:
                self.exc_text = secrets.masked(_indented("".join(traceback.format_exception(*self.exc_info)).rstrip()))
                self.exc_info = None
            if self.stack_info:
                self.stack_info = secrets.masked(_indented(self.stack_info))

        def getMessage(self) -> str:  # noqa: N802 - the name that `logging` calls
            return secrets.masked(printable(super().getMessage()))

    return MaskedRecord


def _masked_argument(secrets: Secrets, value: object) -> object:
    return secrets.masked(printable(value)) if isinstance(value, str) else value


class _Library(logging.Handler):
    """Libraries without a handler of their own speak as we do."""

    def emit(self, record: logging.LogRecord) -> None:
        about = {"logger": record.name} | ({"exception": _dedented(record.exc_text)} if record.exc_text else {})
        log.log(record.levelno, record.getMessage(), **about)


def _listen_to_libraries() -> None:
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Library)]:
        root.removeHandler(handler)
    root.addHandler(_Library(logging.WARNING))


def _uncaught(type_: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
    if issubclass(type_, KeyboardInterrupt):
        return
    _tell("uncaught", value, trace)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _tell("uncaught", args.exc_value, args.exc_traceback, thread=args.thread.name if args.thread else "")


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        _tell("unraisable", args.exc_value, args.exc_traceback, where=type(args.object).__name__)


def _tell(event: str, value: BaseException, trace: TracebackType | None, **about: str) -> None:
    text = "".join(traceback.format_exception(type(value), value, trace)).rstrip()
    log.critical(event, error=type(value).__name__, exception=text, **about)


class _Forgiving(TextIOBase):
    """A log that cannot be written, on a full disk or to a reader who left, ends no work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
