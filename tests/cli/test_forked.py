"""A command that is forked does what one that is started does."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli import forked
from tests.cli.processes import CommandLine, ended, environment


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["orgs", "list", "--json"],
        ["orgs", "add", "acme"],  # there already: a failure
        ["sources", "list", "--org", "nobody", "--json"],
        ["sources", "add", "--org", "acme", "--name", "a", "--kind", "rest", "--config", "-"],  # reads standard input
        ["sources", "lst"],
        [],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("language", ["C.UTF-8", "fa_IR.UTF-8"])
def test_it_says_the_same_in_the_same_places(tmp_path: Path, arguments: Sequence[str], language: str) -> None:
    assert CommandLine(tmp_path).run("orgs", "add", "acme").returncode == 0
    env = environment(tmp_path) | {"LC_ALL": language}
    started, made = ended(["-m", "core", *arguments], env, "{"), forked.run(arguments, env, "{")
    assert (made.returncode, made.stdout, made.stderr) == (started.returncode, started.stdout, started.stderr)


def test_a_setting_of_one_command_is_not_one_of_the_next(tmp_path: Path) -> None:
    wrong = CommandLine(tmp_path).run("orgs", "list", port="none")
    assert (wrong.returncode, "CHESHMEH_PORT" in wrong.stderr) == (2, True)
    assert CommandLine(tmp_path).run("orgs", "list").returncode == 0


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        forked.run(["orgs", "list"], environment(tmp_path), limit_s=0.01)
