"""What each kind makes of each fault: the error, and the rung of the ladder that fails."""

from dataclasses import dataclass

from core.models import Outcome

OK = "ok"
NO_RUNG = "–"
TIMEOUT = "timeout"


@dataclass(frozen=True)
class Expected:
    """`error` is a code, or a code and its reason; `call` is what is made of the connector."""

    error: str
    rung: str
    call: str = "ping"

    @property
    def code(self) -> str:
        return self.error.partition(".")[0]

    def meets(self, error: str) -> bool:
        """Whether this is the error; one without a reason stands for every reason."""
        return self.error in (error, error.partition(".")[0])

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES[self.code]


# Whatever stands below is what the breaker learns. A wrong password says that the source is there.
OUTCOMES = {
    OK: Outcome.OK,
    "auth_failed": Outcome.REACHED,
    "bad_answer": Outcome.FAIL,
    TIMEOUT: Outcome.FAIL,
    "tls_invalid": Outcome.FAIL,
    "unreachable": Outcome.FAIL,
}

_REFUSED = Expected("unreachable.refused", "tcp")
_UNKNOWN = Expected("unreachable.unknown_host", "dns")
_UNCONNECTED = Expected(TIMEOUT, "tcp")
_LATE = Expected(TIMEOUT, "auth")
_RESET = Expected("unreachable.reset", "auth")
_EXPIRED = Expected("tls_invalid.expired", "tls")
_WRONG_NAME = Expected("tls_invalid.name", "tls")

# The network is the same for all kinds.
_NETWORK = {
    "refused_port": _REFUSED,
    "unknown_name": _UNKNOWN,
    "black_hole": _UNCONNECTED,
    "silent": _LATE,
    "reset_before_answer": _RESET,
    "reset_inside_answer": _RESET,
    "byte_a_second": _LATE,
}
_TLS = {"expired_certificate": _EXPIRED, "wrong_name_certificate": _WRONG_NAME}

EXPECTED: dict[str, dict[str, Expected]] = {
    "postgres": {
        **_NETWORK,
        "endless_answer": _LATE,
        "garbage": Expected("bad_answer.protocol", "auth"),
        "expired_certificate": Expected("tls_invalid.expired_shown", "tls"),
        "wrong_name_certificate": _WRONG_NAME,
        "wrong_credentials": Expected("auth_failed.password", "auth"),
    },
    "rest": {
        **_NETWORK,
        # A health request reads no more than its beginning, and a sample is cut where it is enough.
        "endless_answer": Expected("ok.bytes", NO_RUNG, call="sample"),
        "garbage": Expected("bad_answer.http", "auth"),
        **_TLS,
        "wrong_credentials": Expected("auth_failed.http", "auth"),
    },
    "graphql": {
        **_NETWORK,
        "endless_answer": Expected("bad_answer.not_graphql", "auth"),
        "garbage": Expected("bad_answer.http", "auth"),
        **_TLS,
        "wrong_credentials": Expected("auth_failed.http", "auth"),
    },
    "mongodb": {
        **_NETWORK,
        "endless_answer": Expected("bad_answer.not_mongodb", "auth"),
        "garbage": Expected("bad_answer.not_mongodb", "auth"),
        **_TLS,
        "wrong_credentials": Expected("auth_failed.password", "auth"),
    },
    "s3": {
        **_NETWORK,
        "endless_answer": Expected("bad_answer.not_s3", "auth"),
        "garbage": Expected("bad_answer.http", "auth"),
        **_TLS,
        "wrong_credentials": Expected("auth_failed.signature", "auth"),
    },
}
