"""Where a command works: on a dashboard elsewhere, through the one that runs here, or by itself on the data."""

import getpass
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from core import settings
from core.bootstrap import Process, opened
from core.cli.files import line_from_standard_input, text_of
from core.cli.here import Here
from core.cli.output import words
from core.cli.remote import running
from core.client import Client
from core.errors import NotFound
from core.folding import fold

Sources = Client | Here
"""Both are asked alike and answer alike."""

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Place:
    """A dashboard elsewhere, or nothing: then it is the data directory of the settings."""

    server: str | None = None
    token: str = field(default="", repr=False)
    ca_file: str | None = None
    insecure: bool = False

    @contextmanager
    def opened(self) -> Iterator[Sources]:
        """Raises CheshmehError and ClientError."""
        if self.server is not None:
            lang = words().lang
            with Client(self.server, self.token, lang, ca_file=self.ca_file, insecure=self.insecure) as client:
                yield client
            return
        dashboard = running(settings.load().data_dir)
        if dashboard is not None:
            with dashboard:
                yield dashboard
            return
        with opened_here() as here:
            yield here


@contextmanager
def opened_here() -> Iterator[Here]:
    """The services of this process, as the owner of the data directory. Raises CheshmehError."""
    with opened(settings.load(), Process.COMMAND) as runtime:
        yield Here(runtime, runtime.run(runtime.access.local_actor()), words())


def place(
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="a dashboard elsewhere, instead of the data here")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", help="for --server; better - for standard input: other users see arguments"),
    ] = None,
    token_file: Annotated[Path | None, typer.Option("--token-file", help="for --server: holds the token")] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="for --server: certificates to trust, instead of the system's")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="for --server: http:// to another machine, where the token is readable")
    ] = False,
) -> Place:
    """What the options mean. Raises BadParameter."""
    if server is None:
        if token is not None or token_file is not None or ca_file is not None or insecure:
            raise typer.BadParameter("--token, --token-file, --ca-file and --insecure belong to --server")
        return Place()
    if (token is None) == (token_file is None):
        raise typer.BadParameter("--server needs either --token or --token-file")
    said = text_of(token_file) if token_file is not None else _said(str(token))
    return Place(server, said.strip(), None if ca_file is None else str(ca_file), insecure)


def anywhere(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of `place`; their Place is its first argument."""
    _, *own = inspect.signature(command).parameters.values()
    options = inspect.signature(place).parameters.values()

    @wraps(command)
    def with_place(**given: Any) -> None:
        chosen = {option.name: given.pop(option.name) for option in options}
        if chosen["token"] == STANDARD_INPUT and STANDARD_INPUT in given.values():
            raise typer.BadParameter("only one thing can come from standard input")
        command(place(**chosen), **given)

    parameters = [*own, *options]
    with_place.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # as `inspect` documents
    with_place.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_place


def found(sources: Sources, org: str, name: str) -> str:
    """The id of the source of that name or id; a name in another spelling counts if no other one is meant.

    Raises NotFound.
    """
    known = sources.health(org)["datasources"]
    exact = (each for each in known if name in (each["name"], each["id"]))
    alike = (each for each in known if fold(each["name"]) == fold(name))
    source = next(exact, None) or next(alike, None)
    if source is None:
        raise NotFound("source", name=name)
    return str(source["id"])


def _said(token: str) -> str:
    if token != STANDARD_INPUT:
        return token
    return getpass.getpass("Token: ") if sys.stdin.isatty() else line_from_standard_input()
