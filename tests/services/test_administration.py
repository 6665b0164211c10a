"""What administrators look up, over a real database."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import __version__
from core.errors import Forbidden, NotFound
from core.models import Actor, Role
from core.services.administration import Administration, Member, TokenState
from core.settings import Settings
from core.storage.installation import InstallationRepository
from core.storage.migrations import HEAD
from tests.services.assembly import Product, product

ADMIN = Actor("tester", {"main": Role.ADMIN})
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def prepared(made: Product) -> Administration:
    """Two organisations, a member in each, a token of each."""
    access, run = made.runtime.access, made.runtime.run
    for slug in ("main", "second"):
        run(access.ensure_organisation(slug, slug))
        run(access.add_user(f"person-{slug}", "correct horse battery"))
        run(access.set_member(slug, f"person-{slug}", Role.ANALYST))
        run(access.add_token(slug, Role.VIEWER, frozenset(), 30, f"token-{slug}"))
    run(access.add_token(None, None, frozenset(), 30, "everywhere"))
    return made.runtime.administration


def test_members_and_tokens_are_the_organisations_own(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        service = prepared(made)
        assert made.runtime.run(service.members(ADMIN, "main")) == (Member("person-main", Role.ANALYST),)
        assert [token.name for token in made.runtime.run(service.tokens(ADMIN, "main"))] == ["token-main"]


def test_a_token_says_whether_it_still_works(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        service, run = prepared(made), made.runtime.run
        (token,) = run(service.tokens(ADMIN, "main"))
        assert token.state is TokenState.VALID
        later = Administration(
            made.runtime.access,
            InstallationRepository(None),  # type: ignore[arg-type]  # not asked here
            made.runtime.settings,
            (),
            lambda: datetime.now(UTC) + timedelta(days=31),
        )
        assert run(later.tokens(ADMIN, "main"))[0].state is TokenState.EXPIRED
        run(made.runtime.access.revoke_token(token.id))
        assert run(service.tokens(ADMIN, "main"))[0].state is TokenState.REVOKED


def test_no_secret_of_a_token_is_told(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        service = prepared(made)
        made_token = made.runtime.run(made.runtime.access.add_token("main", Role.ADMIN, frozenset(), 1, "new"))
        newest, _ = made.runtime.run(service.tokens(ADMIN, "main"))
        assert newest.name == "new"
        assert made_token.token not in repr(newest)


def test_the_system_is_described_as_it_runs(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        system = made.runtime.run(prepared(made).system(ADMIN, "main"))
        assert (system.database, system.migration, system.data_dir) == ("sqlite", HEAD, str(tmp_path))
        assert {"fake", "postgres"} <= set(system.kinds)
        assert system.versions["cheshmeh"] == __version__
        assert set(system.versions) == {"cheshmeh", "python", "streamlit"}


def test_the_address_of_the_database_stays_inside(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url="postgresql+psycopg://u:Zq7-never-shown@h/cheshmeh"
    )
    with product(tmp_path) as made:
        prepared(made)
        installation = made.runtime.administration._installation
        service = Administration(made.runtime.access, installation, settings, ())
        system = made.runtime.run(service.system(ADMIN, "main"))
        assert system.database == "postgresql"
        assert "Zq7" not in repr(system)


@pytest.mark.parametrize(("roles", "error"), [({"main": Role.EDITOR}, Forbidden), ({"second": Role.ADMIN}, NotFound)])
def test_nobody_else_looks(tmp_path: Path, roles: dict[str, Role], error: type[Exception]) -> None:
    actor = Actor("somebody", roles)
    with product(tmp_path) as made:
        service = prepared(made)
        for call in (service.members, service.tokens, service.system):
            with pytest.raises(error):
                made.runtime.run(call(actor, "main"))


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"] == __version__
