"""Settings: what the environment may say, and one sentence for what it may not."""

from pathlib import Path

import pytest

from core.errors import StartupError
from core.i18n import translator
from core.settings import Settings, load


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` file and no variable of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CHESHMEH_{name.upper()}", raising=False)


def refusal() -> StartupError:
    with pytest.raises(StartupError) as raised:
        load()
    return raised.value


def test_everything_has_a_default() -> None:
    settings = load({})
    assert (settings.host, settings.port, settings.locale) == ("127.0.0.1", 8501, "fa")
    assert settings.database_url_text == "sqlite:///data/cheshmeh.db"
    assert settings.key_path == Path("data/keys")


def test_the_environment_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_PORT", "9000")
    monkeypatch.setenv("CHESHMEH_DATA_DIR", "/var/lib/cheshmeh")
    settings = load()
    assert (settings.port, settings.data_dir) == (9000, Path("/var/lib/cheshmeh"))


def test_a_dotenv_file_is_read_and_the_environment_outranks_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHESHMEH_PORT=9001\nCHESHMEH_LOCALE=en\n")
    monkeypatch.setenv("CHESHMEH_PORT", "9002")
    settings = load()
    assert (settings.port, settings.locale) == (9002, "en")


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_PORT", "")
    assert load().port == 8501


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHESHMEH_PORT", "eighty"),
        ("CHESHMEH_PORT", "0"),
        ("CHESHMEH_PORT", "65536"),
        ("CHESHMEH_TIMEZONE", "Asia/Atlantis"),
        ("CHESHMEH_TIMEZONE", "../../etc/passwd"),
        ("CHESHMEH_LOCALE", "de"),
        ("CHESHMEH_SESSION_HOURS", "0"),
        ("CHESHMEH_SESSION_HOURS", "inf"),
        ("CHESHMEH_SAMPLE_ROWS_MAX", "-1"),
        ("CHESHMEH_LOG_FORMAT", "xml"),
        ("CHESHMEH_CHECK_INTERVAL_S", "0.9"),
        ("CHESHMEH_CHECK_INTERVAL_S", "-1"),
        ("CHESHMEH_CHECK_INTERVAL_S", "nan"),
        ("CHESHMEH_CHECKS", "cron"),
        ("CHESHMEH_REDIS_URL", "localhost:6379"),
        ("CHESHMEH_REDIS_URL", "unix:///run/redis.sock"),
        ("CHESHMEH_REDIS_URL", "redis://:Zq7-never-shown@:6379"),
        ("CHESHMEH_REDIS_URL", "redis://:Zq7/never/shown@h:6379"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert (str(refusal()), refusal().arguments["name"]) == ("startup.setting", name)


def test_a_refusal_says_why_in_a_sentence_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_CHECK_INTERVAL_S", "0.5")
    assert refusal().arguments["detail"] == "0, or 1 and more."


def test_checks_may_be_a_second_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_CHECK_INTERVAL_S", "1")
    assert load().check_interval_s == 1


def test_the_address_of_redis_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_REDIS_URL", "redis://:Zq7/never/shown@h:6379")
    assert "Zq7" not in f"{refusal().arguments} {refusal()}"
    monkeypatch.setenv("CHESHMEH_REDIS_URL", "redis://:Zq7-never-shown@h:6379/0")
    assert "Zq7" not in repr(load())


def test_servers_that_keep_the_installations_own_state_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().own_servers == ()
    monkeypatch.setenv("CHESHMEH_DATABASE_URL", "postgresql+psycopg://u:p%40@db.internal/app")
    monkeypatch.setenv("CHESHMEH_REDIS_URL", "rediss://:p@[fd00::1]:7000/2")
    assert load().own_servers == (("db.internal", 5432), ("fd00::1", 7000))
    monkeypatch.setenv("CHESHMEH_DATABASE_URL", "postgres://u:p@/app?host=db.internal&port=6432")
    assert load().own_servers[0] == ("db.internal", 6432)
    for spelling in (
        "postgresql://u:p@/app?host=a:6432&host=b",
        "postgresql://u:p@/app?host=a,b&port=6432,5432",
        "postgresql://u:p@/app?hostaddr=a,b&port=6432,5432",
    ):
        monkeypatch.setenv("CHESHMEH_DATABASE_URL", spelling)
        assert load().own_servers[:2] == (("a", 6432), ("b", 5432)), spelling
    monkeypatch.setenv("CHESHMEH_DATABASE_URL", "postgresql://u:p@a,b/app")
    assert load().own_servers[:2] == (("a", 5432), ("b", 5432))
    monkeypatch.setenv("CHESHMEH_DATABASE_URL", "postgresql://u:p@/app?host=[fd00::2]:6432&host=fd00::3")
    assert load().own_servers[:2] == (("fd00::2", 6432), ("fd00::3", 5432))
    for socket in ("postgresql:///app", "postgresql://u@/app?host=/var/run/postgresql&port=6432"):
        monkeypatch.setenv("CHESHMEH_DATABASE_URL", socket)
        assert load().own_servers[0] == ("localhost", 6432 if "6432" in socket else 5432)
    monkeypatch.setenv("CHESHMEH_DATABASE_URL", "sqlite+aiosqlite:////var/lib/c.db")
    assert load().own_servers == (("fd00::1", 7000),)


def test_an_unknown_name_suggests_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_DATADIR", "/x")
    assert refusal().arguments == {"name": "CHESHMEH_DATADIR", "nearest": "CHESHMEH_DATA_DIR"}


def test_an_unknown_name_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHESHMEH_SESION_HOURS=1\nPATH_OF_SOMETHING=else\n")
    assert refusal().arguments == {"name": "CHESHMEH_SESION_HOURS", "nearest": "CHESHMEH_SESSION_HOURS"}


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_refusal_is_one_sentence_that_says_the_name(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("CHESHMEH_PROT", "9000")
    sentence = translator(language).message(refusal().message)
    assert "CHESHMEH_PROT" in sentence
    assert "CHESHMEH_PORT" in sentence
    assert "\n" not in sentence


def test_names_for_tests_and_names_of_others_are_let_be() -> None:
    load({"CHESHMEH_TEST_POSTGRES_URL": "x", "PORT": "y", "xCHESHMEH_PROT": "z"})


def test_names_and_choices_count_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"cheshmeh_log_level": "DEBUG", "CHESHMEH_LOG_FORMAT": "Json", "CHESHMEH_LOCALE": "EN"}.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert (settings.log_level, settings.log_format, settings.locale) == ("debug", "json", "en")
    monkeypatch.setenv("cheshmeh_prot", "9000")
    assert refusal().arguments["name"] == "cheshmeh_prot"


def test_a_refused_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_KEKS", "k1:c2VjcmV0")
    monkeypatch.setenv("CHESHMEH_PORT", "k1:c2VjcmV0")
    err = refusal()
    assert "c2VjcmV0" not in repr((err, err.arguments))
    monkeypatch.setenv("CHESHMEH_PORT", "1")
    assert "c2VjcmV0" not in repr(load())


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - compared, not bound
        ("::", False),
        ("db.example.ir", False),
        ("localhost.example.ir", False),
    ],
)
def test_only_this_machine_is_loopback(monkeypatch: pytest.MonkeyPatch, host: str, loopback: bool) -> None:
    monkeypatch.setenv("CHESHMEH_HOST", host)
    assert load().loopback_only is loopback


@pytest.mark.parametrize(
    ("host", "public", "origin"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8501"),
        ("::1", "", "http://[::1]:8501"),
        ("127.0.0.1", "https://cheshmeh.example.ir/", "https://cheshmeh.example.ir"),
    ],
)
def test_the_origin_is_what_people_type(monkeypatch: pytest.MonkeyPatch, host: str, public: str, origin: str) -> None:
    monkeypatch.setenv("CHESHMEH_HOST", host)
    monkeypatch.setenv("CHESHMEH_PUBLIC_URL", public)
    assert load().origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "dash.example.org",
        "ftp://dash.example.org",
        "http://[::1",
        "http://x:99999",
        "https://",
        "https://x/cheshmeh",
        "https://x?a=b",
        "https://u@x",
    ],
)
def test_a_public_address_is_one_that_a_browser_opens(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CHESHMEH_PUBLIC_URL", text)
    assert refusal().arguments["name"] == "CHESHMEH_PUBLIC_URL"


def test_the_scheme_of_the_public_address_is_read_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHESHMEH_PUBLIC_URL", " HTTPS://dash.example.org/ ")
    assert load().origin == "https://dash.example.org"


def test_settings_in_a_file_that_is_no_text_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"CHESHMEH_PORT=\xff")
    assert (refusal().reason, refusal().arguments) == ("dotenv", {"path": str(tmp_path / ".env")})
