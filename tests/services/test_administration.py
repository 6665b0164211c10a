"""What administrators look up, over a real database."""

import tomllib
from pathlib import Path

import pytest

from core import __version__
from core.errors import Forbidden, NotFound
from core.models import Actor, Role
from core.services.administration import Administration
from core.settings import Settings
from core.storage.migrations import HEAD
from tests.services.assembly import Product, product

ADMIN = Actor("tester", {"main": Role.ADMIN})
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def prepared(made: Product) -> Administration:
    made.runtime.run(made.runtime.access.ensure_organisation("main", "main"))
    return made.runtime.administration


def test_the_system_is_described_as_it_runs(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        system = made.runtime.run(prepared(made).system(ADMIN, "main"))
        assert (system.database, system.migration, system.data_dir) == ("sqlite", HEAD, str(tmp_path))
        assert {"fake", "postgres"} <= set(system.kinds)
        assert system.versions["cheshmeh"] == __version__
        assert set(system.versions) == {"cheshmeh", "python", "streamlit"}
        assert (system.redis, system.checks, system.workers, system.keys) == (False, "inline", None, ())


def test_the_address_of_the_database_stays_inside(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url="postgresql+psycopg://u:Zq7-never-shown@h/cheshmeh"
    )
    with product(tmp_path) as made:
        prepared(made)
        installation = made.runtime.administration._installation
        service = Administration(installation, settings, ())
        system = made.runtime.run(service.system(ADMIN, "main"))
        assert system.database == "postgresql"
        assert "Zq7" not in repr(system)


@pytest.mark.parametrize(("roles", "error"), [({"main": Role.EDITOR}, Forbidden), ({"second": Role.ADMIN}, NotFound)])
def test_nobody_else_looks(tmp_path: Path, roles: dict[str, Role], error: type[Exception]) -> None:
    actor = Actor("somebody", roles)
    with product(tmp_path) as made:
        service = prepared(made)
        with pytest.raises(error):
            made.runtime.run(service.system(actor, "main"))


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"] == __version__
