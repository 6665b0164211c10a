"""The administrator of a container, and the door that stays shut until there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.access.identity import Access
from core.access.password_rules import check_password
from core.errors import InvalidInput, StartupError
from core.settings import Settings

ADMINISTRATOR = "admin"


async def admit_administrator(settings: Settings, access: Access) -> None:
    """Sets the password from the file, and refuses a network address while nobody could sign in.

    Raises StartupError.
    """
    if settings.admin_password_file is not None:
        with _read(settings.admin_password_file) as password:
            await access.set_administrator_password(password, ADMINISTRATOR)
    if not settings.loopback_only and not await access.has_administrator_password():
        raise StartupError("open_to_network", host=settings.host)


def require_password(settings: Settings) -> None:
    """Raises StartupError for a file of the administrator's password that a start would refuse."""
    if settings.admin_password_file is not None:
        with _read(settings.admin_password_file) as password:
            check_password(password, ADMINISTRATOR)


@contextmanager
def _read(path: Path) -> Iterator[str]:
    """The password in the file. What is found wrong with it in the block is the file's fault."""
    try:
        password = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as err:
        raise StartupError("password_file", path=str(path)) from err
    try:
        yield password
    except InvalidInput:
        raise StartupError("password_file_content", path=str(path)) from None
