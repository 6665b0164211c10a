"""The one gate that every command of the driver passes on its way out.

PyMongo tells its command listeners of a command before it is sent, and lets what they raise pass when it is no
Exception. So the gate stands below everything: whatever calls the driver, and with what, only these commands leave.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bson.code import Code
from bson.dbref import DBRef
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from core.safety.mongo import servers_own
from core.safety.mongo_operators import RULES

COMMANDS = frozenset(
    [
        "find", "aggregate", "getMore", "killCursors", "listCollections", "listDatabases", "collStats",
        "connectionStatus", "explain", "hello", "ping", "buildInfo",
    ]
)  # fmt: skip
JOINS = frozenset(["$lookup", "$graphLookup", "$unionWith"])
DRIVERS_OWN = frozenset(["saslStart", "saslContinue", "endSessions", "abortTransaction"])
"""What the driver says by itself: signing in, and ending the sessions and the reading transactions it began."""


class CommandStopped(BaseException):
    """A command that must not leave. No Exception, for the driver keeps those of a listener to itself."""

    def __init__(self, part: str) -> None:
        super().__init__("a command was stopped at the gate")
        self.part = part


class CommandGate(CommandListener):
    """Raises CommandStopped where a command is not on the list, does more than read, or reads a `system.*`."""

    def started(self, event: CommandStartedEvent) -> None:
        if part := forbidden(event.command_name, event.command):
            raise CommandStopped(part)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to stop any more."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to stop any more."""


def forbidden(name: str, command: Mapping[str, Any]) -> str | None:
    """The name of what must not leave, or None. `command` is empty where the driver keeps a password to itself."""
    if name not in COMMANDS | DRIVERS_OWN:
        return name
    if name == "explain":
        inner = command.get("explain")
        return forbidden(next(iter(inner)), inner) if isinstance(inner, Mapping) and inner else name
    return _secret(command.get(name)) or _part(command)


def _secret(collection: Any) -> str | None:
    return collection if isinstance(collection, str) and servers_own(collection) else None


def _joined(name: Any, body: Any) -> str | None:
    """The server's own collection that a stage would read besides the one that is asked."""
    if name not in JOINS:
        return None
    places = (body.get("from"), body.get("coll")) if isinstance(body, Mapping) else (body,)
    return next(filter(None, map(_secret, places)), None)


def _found(document: Mapping[Any, Any]) -> Iterator[str]:
    for name, member in document.items():
        if name in RULES:
            yield str(name)
        elif secret := _joined(name, member):
            yield secret


def _part(command: Any) -> str | None:
    """Searched without recursion: a document may be nested deeper than Python's stack."""
    waiting = [command]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Code):
            return "$code"
        if isinstance(value, DBRef):
            value = value.as_doc()
        if isinstance(value, Mapping):
            if found := next(_found(value), None):
                return found
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
    return None
