"""Kinds of source on the command line: the fields that their models have, and configurations from what is given."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from core import strict_json
from core.cli.files import from_standard_input, text_of
from core.cli.output import WrongUsage
from core.connectors.catalog import kind_infos
from core.connectors.field_specs import described, notation
from core.connectors.pasted import Pasted, from_pasted
from core.connectors.registry import registry
from core.errors import InvalidInput
from core.models import FieldError, FieldSpec, KindInfo, Message

Kind = Annotated[str | None, typer.Option("--kind", help="one of `sources kinds`; --dsn says it too")]
Config = Annotated[str | None, typer.Option("--config", help="a JSON file, or - for standard input")]
Dsn = Annotated[
    str | None,
    typer.Option("--dsn", help="a connection string, or better - for standard input: other users see arguments"),
]


class WithFields(TyperCommand):
    """A command whose help ends with the fields of every kind."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        lines = "\n".join(f"  {line}" for kind in known() for line in (f"{kind.name}:", *field_lines(kind)))
        formatter.write(f"\nFields of a configuration (* secret, ? may be left out):\n{lines}\n")


def known() -> tuple[KindInfo, ...]:
    return kind_infos(registry.discover())


def require_known(kind: str) -> None:
    """Raises WrongUsage naming `kind`."""
    names = [each.name for each in known()]
    if kind not in names:
        raise WrongUsage(fields=(FieldError("kind", Message("field.unknown_kind", {"known": ", ".join(names)})),))


def field_lines(kind: KindInfo) -> list[str]:
    return [f"  {notation(spec)}{_when(spec)}" for spec in kind.fields]


def as_data(kind: KindInfo) -> dict[str, Any]:
    fields = [described(spec) for spec in kind.fields]
    return {"kind": kind.name, "fields": fields, "placeholder": dict(kind.placeholder)}


def given(kind: str | None, config: str | None, dsn: str | None) -> tuple[str, dict[str, Any]]:
    """Kind and configuration; what a file says goes before what the connection string says.

    Raises BadParameter for wrong usage, InvalidInput for what cannot be read.
    """
    if (dsn is None and (kind is None or config is None)) or (dsn == "-" and config == "-"):
        raise typer.BadParameter("either --kind with --config, or --dsn; only one of them from standard input")
    pasted = from_pasted(from_standard_input() if dsn == "-" else dsn) if dsn is not None else Pasted(str(kind), {})
    if kind not in (None, pasted.kind):
        raise InvalidInput(fields=(FieldError("dsn", Message("field.dsn_kind", {"kind": pasted.kind})),))
    return pasted.kind, dict(pasted.config) | (read(config) if config is not None else {})


def parse(option: str, text: str) -> dict[str, Any]:
    """Raises WrongUsage naming the option for anything but a JSON object."""
    try:
        data = strict_json.parsed(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise WrongUsage(fields=(FieldError(option, Message("field.json_object")),))
    return data


def _when(spec: FieldSpec) -> str:
    conditions = (f"{name} = {' | '.join(map(str, values))}" for name, values in spec.shown_when)
    return f"   [{', '.join(conditions)}]" if spec.shown_when else ""


def read(place: str) -> dict[str, Any]:
    """A JSON object from a file, or from standard input for `-`. Raises BadParameter and WrongUsage."""
    return parse("config", from_standard_input() if place == "-" else text_of(Path(place)))
