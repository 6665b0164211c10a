"""An installation to look at, and its ladder by the names of its rungs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.doctor.ladder import examine
from core.models import Check
from tests.servers.processes import reserved_port
from tests.services.keyed import OPERATOR, Keyed


class Patient:
    """An installation in a folder; settings are given as variables, as a person gives them."""

    def __init__(self, folder: Path, variables: pytest.MonkeyPatch) -> None:
        self.folder, self._variables = folder, variables

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._variables.setenv(f"CHESHMEH_{name.upper()}", value)

    async def ladder(self) -> dict[str, Check]:
        return {check.step: check async for check in examine(OPERATOR)}

    async def rung(self, step: str) -> tuple[str, str]:
        """Its status, and the key of what it says."""
        check = (await self.ladder())[step]
        return check.status.value, check.evidence.key if check.evidence else ""


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """With nothing there yet."""
    made = Patient(tmp_path / "data", monkeypatch)
    with reserved_port() as port:
        made.set(data_dir=str(made.folder), port=str(port))
        yield made


@pytest.fixture
async def installed(patient: Patient, database_url: str, anyio_backend: str) -> AsyncIterator[Keyed]:
    """With one source, on each backend in turn."""
    patient.folder.mkdir(mode=0o700)
    patient.set(database_url=database_url)
    made = await Keyed.open(patient.folder, database_url)
    await made.add("s")
    yield made
    await made.database.close()
