"""The Dockerfile carried out by hand below a temporary folder, which stands for the root of the image."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tests.container.dockerfile import ROOT, Ignored, Instruction, Stage, context, stages

OWN_PATH = re.compile(r"(?<![\w./-])(/(?:app|data|opt/venv|run/secrets|seed|tmp))(?![\w-])")
"""Folders of the image by whole name; a path of a URL or of this machine is none."""


@dataclass(frozen=True)
class Image:
    """A stage that was built: its files below `root`, and what it says about running it."""

    root: Path
    stage: Stage

    def mapped(self, text: str) -> str:
        return OWN_PATH.sub(lambda found: f"{self.root}{found[1]}", text)

    def at(self, path: str) -> Path:
        return Path(self.mapped(path))

    @property
    def workdir(self) -> Path:
        return self.at(self.stage.last("WORKDIR").value)

    @property
    def uid(self) -> int:
        return int(self.stage.last("USER").value.split(":")[0])

    @property
    def environment(self) -> dict[str, str]:
        """ENV, and nothing of whoever runs the tests."""
        found = {"PATH": os.defpath}
        for instruction in self.stage.instructions:
            if instruction.name == "ENV":
                given = (word.split("=", 1) for word in instruction.words)
                found |= {name: self.mapped(value).replace("$PATH", found["PATH"]) for name, value in given}
        return found


def build(text: str, ignored: Ignored, folder: Path) -> Image:
    """The last stage. Raises FileNotFoundError for a COPY of what is not there, CalledProcessError for a RUN."""
    built: dict[str, Image] = {}
    for stage in stages(text):
        image = built[stage.name] = Image(folder / stage.name, stage)
        for made in ("app", "opt", "tmp", "data", "run/secrets"):
            (image.root / made).mkdir(parents=True)
        workdir = image.root
        for instruction in stage.instructions:
            if instruction.name == "WORKDIR":
                workdir = image.at(instruction.value)
            if instruction.name == "COPY":
                _copy(instruction, image, built, workdir, ignored)
            if instruction.name == "RUN":
                _run(instruction, image, workdir)
    return image


def _copy(instruction: Instruction, image: Image, built: dict[str, Image], workdir: Path, ignored: Ignored) -> None:
    *sources, target = [word for word in instruction.words if not word.startswith("--")]
    place = workdir / image.mapped(target)
    if instruction.words[0].startswith("--from="):
        [source] = sources
        origin = built[instruction.words[0].removeprefix("--from=")].at(source)
        shutil.copytree(origin, place, symlinks=True, copy_function=_linked, dirs_exist_ok=True)
        return
    allowed = list(context(ROOT, ignored))
    for source in sources:
        _copy_from_context(source, place, [path for path in allowed if path == source or path.startswith(f"{source}/")])


def _copy_from_context(source: str, place: Path, files: list[str]) -> None:
    """Contents of a folder go into the target, a file into it by its name."""
    if not files:
        raise FileNotFoundError(source)
    for path in files:
        target = place / (path.removeprefix(f"{source}/") if path != source else Path(path).name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)


def _run(instruction: Instruction, image: Image, workdir: Path) -> None:
    for command in instruction.value.split("&&"):
        words = [image.mapped(word) for word in shlex.split(command)]
        if words[0] == "pip":
            _install(words, image)
        else:
            words = _own_identity(words)
            search = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            subprocess.run(words, cwd=workdir, env=os.environ | {"PATH": search}, check=True)


def _own_identity(words: list[str]) -> list[str]:
    """Only root may give files away; anybody else keeps them."""
    if os.geteuid() == 0 or words[0] != "install":
        return words
    given_away = {position for option in ("-o", "-g") for position in _option(words, option)}
    return [word for position, word in enumerate(words) if position not in given_away]


def _option(words: list[str], name: str) -> tuple[int, int]:
    return words.index(name), words.index(name) + 1


def _install(words: list[str], image: Image) -> None:
    """Instead of a download: uv judges the lock against the tests' environment, whose files are then linked."""
    lock = words[words.index("-r") + 1]
    assert {"install", "--require-hashes"} <= set(words)
    judge = [Path(sys.executable).with_name("uv"), "pip", "install", "--dry-run", "--offline", "--require-hashes"]
    judged = subprocess.run([*judge, "--python", sys.executable, "-r", lock], capture_output=True, text=True)
    assert "Would make no changes" in judged.stderr, judged.stderr
    [packages] = Path(words[words.index("--python") + 1]).parent.parent.glob("lib/python*/site-packages")
    for requirement in _requirements(Path(lock).read_text("utf-8")):
        if requirement.marker is None or requirement.marker.evaluate():
            _link_distribution(requirement.name, packages)


def _requirements(lock: str) -> list[Requirement]:
    lines = lock.replace("\\\n", " ").splitlines()
    return [Requirement(line.split("--hash")[0]) for line in lines if line.strip() and line.lstrip()[0] != "#"]


def _link_distribution(name: str, packages: Path) -> None:
    for file in distribution(name).files or ():
        origin = Path(str(file.locate()))
        if ".." in file.parts or not origin.exists():
            continue
        _link(origin, packages / file)
        compiled = Path(cache_from_source(origin)) if origin.suffix == ".py" else origin
        if compiled != origin and compiled.exists():
            _link(compiled, packages / file.parent / "__pycache__" / compiled.name)


def _link(origin: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        _linked(origin, place)


def _linked(origin: str | Path, place: str | Path) -> None:
    try:
        os.link(origin, place, follow_symlinks=False)
    except OSError:  # another file system, or somebody else's file
        shutil.copy2(origin, place, follow_symlinks=False)


@cache
def identity(uid: int, program: Path) -> list[str]:
    """The command in front that makes root that user, without capabilities; nobody else can change who they are."""
    if os.geteuid() != 0:
        return []
    drop = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
    nothing = [*drop, "--bounding-set=-all", "--inh-caps=-all"]
    # Asked for its library: setpriv itself may still execute what the user cannot read.
    if _succeeds([*nothing, program, "-c", f"import sys; sys.exit(sys.base_prefix != {sys.base_prefix!r})"]):
        return nothing
    # The interpreter lies in a home of root's: reading past file modes is needed to start it, writing past them is not.
    only = "-all,+dac_read_search"
    return [*drop, f"--bounding-set={only}", f"--inh-caps={only}", "--ambient-caps=+dac_read_search"]


def _succeeds(command: list[Any]) -> bool:
    return subprocess.run(command, cwd="/", capture_output=True).returncode == 0
