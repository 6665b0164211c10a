"""Which keys of a bucket may be asked for: those under the configured prefix, as they are written."""

from core.errors import QueryRefused
from core.models import FieldError, Message

KEY_BYTES_MAX = 1024  # Amazon S3 User Guide, "Naming Amazon S3 objects"
_PART_MAX = 80


def check_key(key: str, prefix: str, field: str) -> None:
    """Raises QueryRefused naming the rule and `params.<field>`.

    `..` means nothing to Amazon, but some servers keep objects as files and answer `safe/../secret`.
    """
    if not key.startswith(prefix):
        raise _refused("s3_prefix", key, field, prefix=prefix)
    if ".." in key.split("/"):
        raise _refused("s3_parent", "..", field)
    if any(letter in key for letter in "\\\0"):
        raise _refused("s3_letter", "\\" if "\\" in key else "NUL", field)
    if len(key.encode("utf-8", "surrogatepass")) > KEY_BYTES_MAX:
        raise _refused("s3_long", key, field, bytes=KEY_BYTES_MAX)


def _refused(rule: str, part: str, field: str, **where: object) -> QueryRefused:
    arguments = {"rule": rule, "part": part[:_PART_MAX], **where}
    message = Message(f"error.query_refused.{rule}", arguments)
    return QueryRefused(rule, fields=(FieldError(f"params.{field}", message),), **arguments)  # type: ignore[arg-type]  # the sentence's own
