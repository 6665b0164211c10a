"""What the page says of the HTTP interface is what a running dashboard answers, command by command.

`CHESHMEH_TEST_RECORD=1` writes the answers into the page.
"""

import os
import subprocess
import sys
from pathlib import Path

from core.api.operations import OPERATIONS
from tests.cli.processes import LIMIT_S, ROOT, dashboard, environment
from tests.docs import transcript
from tests.servers.processes import reserved_port

MARK = "-- end of step --"
RECORD = os.environ.get("CHESHMEH_TEST_RECORD") == "1"


def test_every_command_of_the_transcript_answers_as_the_page_shows(tmp_path: Path) -> None:
    told = transcript.steps()
    with dashboard(tmp_path / "data", tmp_path / "log") as running, reserved_port() as port:
        there = {"127.0.0.1:8501": f"127.0.0.1:{running.port}", "8700": str(port)}
        printed = _run([step.command for step in told], there, tmp_path)
    assert len(printed) == len(told)
    if RECORD:
        transcript.write(dict(enumerate(printed)))
        return
    for step, answer in zip(told, printed, strict=True):
        assert transcript.plain(_spaced(answer)) == transcript.plain("\n".join(step.printed)), step.command


def _run(commands: list[str], there: dict[str, str], folder: Path) -> list[str]:
    """What each printed, in one shell; the dashboard's and the source's ports are the page's again."""
    script = "set -m\n" + "".join(f"{command}\necho '{MARK}'\n" for command in commands)
    for shown, real in there.items():
        script = script.replace(shown, real)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    env = environment(folder / "data") | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=2 * LIMIT_S
    )
    answers = ended.stdout
    for shown, real in there.items():
        answers = answers.replace(real, shown)
    return [answer.strip() for answer in answers.split(MARK)[:-1]]


def _spaced(answer: str) -> str:
    return "\n".join(transcript._spaced(line) for line in answer.splitlines())


def test_the_transcript_visits_every_route() -> None:
    """By what the last part of its path is called; a path that only ends in an id is asked for by each method."""
    said = "\n".join(step.command for step in transcript.steps())
    ends = {path.rpartition("/")[2] for _, path in OPERATIONS} - {"{ds_id}", "{query_id}", "datasources"}
    assert {end for end in ends if f"/{end}" not in said} == set()
    for command in ("ask $API/$ID", "-X PATCH $API/$ID", "-X DELETE $API/$ID", "ask $API -H", '"$API?'):
        assert command in said
