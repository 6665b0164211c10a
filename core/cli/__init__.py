"""The command line: the same services as pages and HTTP. Exit status 0 done, 1 it failed, 2 wrong usage."""

import io
import sys

import typer

from core.cli import alerts, audit, database, doctor, egress, keys, people, queries, sources, tokens, worker
from core.cli.output import report
from core.client import ClientError
from core.errors import CheshmehError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(database.app, name="db", help="the application's own database")
app.add_typer(people.orgs, name="orgs", help="organisations")
app.add_typer(people.users, name="users", help="people")
app.add_typer(people.members, name="members", help="who belongs to an organisation, and as what")
app.add_typer(tokens.app, name="tokens", help="bearer tokens of the HTTP interface")
app.add_typer(queries.app, name="queries", help="saved queries, and which of them may run")
app.add_typer(sources.app, name="sources", help="data sources")
app.add_typer(keys.app, name="keys", help="the keys that wrap what is stored encrypted")
app.add_typer(alerts.app, name="alerts", help="where incidents are told")
app.command("audit")(audit.audit)
people.orgs.command("egress")(egress.egress)
people.orgs.command("policy")(queries.policy)
app.command("worker")(worker.run_worker)
app.command("doctor")(doctor.examine_installation)


def main() -> None:
    """Runs one command; an error is one sentence on standard error."""
    # An argument may hold bytes that are no text, and comes back in what is printed.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except (CheshmehError, ClientError) as err:
        sys.exit(report(err))
