"""The error tree. Every error carries a code that the catalogues, HTTP, audit and alerts know.

CheshmehError
├── SourceError                    something about a source, from a connector or its guard
│   ├── ConfigError                validation_error      fields named
│   ├── AuthError                  auth_failed
│   ├── PermissionDenied           permission_denied
│   ├── NotFoundInSource           not_found_in_source
│   ├── Unreachable                unreachable           DNS, refused, reset, no route
│   ├── CertificateInvalid         tls_invalid
│   ├── SourceTimeout              timeout               our own limit
│   ├── QueryTimeout               timeout               the server cancelled at our limit
│   ├── SourceUnavailable          source_unavailable
│   ├── BadAnswer                  bad_answer            not the protocol
│   ├── RateLimited                rate_limited
│   ├── QueryFailed                query_failed          the source said no
│   ├── QueryRefused               query_refused         our safety rule said no
│   ├── EgressDenied               egress_denied
│   ├── LimitExceeded              limit_exceeded
│   ├── BreakerOpen                circuit_open
│   ├── Busy                       busy
│   └── InternalError              internal              anything else from a connector
├── RequestError                   something about the request to Cheshmeh itself
│   ├── BadRequest  Unauthenticated  Forbidden  NotFound  MethodNotAllowed
│   ├── RequestTimeout  Conflict  PreconditionFailed  BodyTooLarge  InvalidInput  Unproven  TooManyRequests
│   └── StorageUnavailable  ProviderUnavailable  ShuttingDown  BackupError
└── StartupError                   refuses to start; one sentence, exit status 2

The sentence of an error is the catalogue entry `error.<code>[.<reason>]` filled with its arguments; the advice is
`advice.<code>[.<reason>]`. Arguments never hold a secret: connectors scrub what a driver says before it gets here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from core.models import NO_ARGS, BreakerState, Diagnosis, FailureKind, FieldError, Message, Outcome


class CheshmehError(Exception):
    """The root. `reason` narrows the code to one sentence of the catalogues; `args` of the sentence are keywords."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    reason: str = ""
    fields: tuple[FieldError, ...] = ()
    arguments: Mapping[str, Any] = NO_ARGS

    def __init__(self, reason: str = "", *, fields: tuple[FieldError, ...] = (), **arguments: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fields = fields
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.code}.{self.reason}" if self.reason else self.code

    @property
    def message(self) -> Message:
        return Message(f"error.{self}", self.arguments)

    @property
    def advice(self) -> Message:
        return Message(f"advice.{self}", self.arguments)


class SourceError(CheshmehError):
    """Trouble with a source.

    `outcome` is what it proves to the breaker (None: the source was not called), `retried` whether another attempt
    may help, `retry_after` the seconds the source itself asked for.
    """

    status = 502
    failure: ClassVar[FailureKind] = FailureKind.INTERNAL
    outcome: Outcome | None = Outcome.FAIL
    retried: bool = False

    def __init__(
        self,
        reason: str = "",
        *,
        fields: tuple[FieldError, ...] = (),
        retried: bool | None = None,
        retry_after: float | None = None,
        outcome: Outcome | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(reason, fields=fields, **arguments)
        self.retried = self.retried if retried is None else retried
        self.outcome = self.outcome if outcome is None else outcome
        self.retry_after = retry_after

    def diagnosis(self) -> Diagnosis:
        """The one object that travels to page, HTTP, audit and alerts."""
        return Diagnosis(self.code, self.failure, self.message, self.advice, tuple(f.field for f in self.fields))


class ConfigError(SourceError):
    code, status, failure = "validation_error", 422, FailureKind.CONFIG
    outcome = None


class AuthError(SourceError):
    code, status, failure, outcome = "auth_failed", 422, FailureKind.AUTH, Outcome.REACHED


class PermissionDenied(SourceError):
    code, status, failure, outcome = "permission_denied", 422, FailureKind.AUTH, Outcome.REACHED


class NotFoundInSource(SourceError):
    code, status, failure, outcome = "not_found_in_source", 422, FailureKind.CONFIG, Outcome.REACHED


class Unreachable(SourceError):
    code, failure, retried = "unreachable", FailureKind.TRANSIENT, True


class CertificateInvalid(SourceError):
    code, failure = "tls_invalid", FailureKind.CONFIG


class SourceTimeout(SourceError):
    code, status, failure, retried = "timeout", 504, FailureKind.TRANSIENT, True


class QueryTimeout(SourceError):
    code, status, failure, outcome = "timeout", 504, FailureKind.REFUSED, Outcome.REACHED


class SourceUnavailable(SourceError):
    code, failure = "source_unavailable", FailureKind.TRANSIENT


class BadAnswer(SourceError):
    code, failure = "bad_answer", FailureKind.CONFIG


class RateLimited(SourceError):
    code, status, failure, outcome = "rate_limited", 429, FailureKind.TRANSIENT, Outcome.REACHED


class QueryFailed(SourceError):
    code, status, failure, outcome = "query_failed", 422, FailureKind.REFUSED, Outcome.REACHED


class QueryRefused(SourceError):
    """`rule` is the name of the safety rule, `part` the offending piece of the request."""

    code, status, failure, outcome = "query_refused", 422, FailureKind.REFUSED, None

    @property
    def named(self) -> dict[str, str]:
        """The rule, and the part where there is one: for programs, beside the sentence."""
        part = self.arguments.get("part")
        return {"rule": str(self.arguments.get("rule", self.reason))} | ({"part": str(part)} if part else {})


class EgressDenied(SourceError):
    code, status, failure, outcome = "egress_denied", 422, FailureKind.REFUSED, Outcome.VOID


class LimitExceeded(SourceError):
    code, status, failure, outcome = "limit_exceeded", 422, FailureKind.REFUSED, Outcome.REACHED


class BreakerOpen(SourceError):
    """The breaker refuses: `retry_after` seconds until the next admission, `state` as it truly is.

    One that a person holds (`held`) has words of its own: no wait ends that.
    """

    # A source that is down is asked over and over: slots save a dictionary, and what the class says already is not
    # stored once more.
    __slots__ = ("retry_after", "state")
    code, status, failure, outcome = "circuit_open", 503, FailureKind.TRANSIENT, None

    def __init__(self, retry_after: float, state: BreakerState) -> None:
        self.retry_after = retry_after
        self.state = state
        if self.held:
            self.reason = "held"

    @property
    def held(self) -> bool:
        return self.state is BreakerState.FORCED_OPEN


class Busy(SourceError):
    code, status, failure, outcome = "busy", 429, FailureKind.TRANSIENT, Outcome.VOID

    def __init__(self, reason: str = "", *, retry_after: float = 1.0, **arguments: Any) -> None:
        super().__init__(reason, retry_after=retry_after, **arguments)


class InternalError(SourceError):
    """An exception of a connector that it did not translate: a defect, logged with its request id."""

    code, failure = "internal", FailureKind.INTERNAL


class RequestError(CheshmehError):
    """Trouble with the request to Cheshmeh itself."""


class BadRequest(RequestError):
    code, status = "bad_request", 400


class Unauthenticated(RequestError):
    code, status = "unauthenticated", 401


class Forbidden(RequestError):
    code, status = "forbidden", 403


class NotFound(RequestError):
    code, status = "not_found", 404


class MethodNotAllowed(RequestError):
    code, status = "method_not_allowed", 405


class RequestTimeout(RequestError):
    code, status = "request_timeout", 408


class Conflict(RequestError):
    code, status = "conflict", 409


class PreconditionFailed(RequestError):
    code, status = "precondition_failed", 412


class BodyTooLarge(RequestError):
    code, status = "body_too_large", 413


class InvalidInput(RequestError):
    """`fields` names each refused field, dotted."""

    code, status = "validation_error", 422


class Unproven(RequestError):
    """New settings that were to be tried first and did not work: nothing was changed. `step` is the rung that failed,
    `fields` are what it blames."""

    code, status = "unproven", 422


class TooManyRequests(RequestError):
    code, status = "too_many_requests", 429

    def __init__(self, reason: str = "", *, retry_after: float, **arguments: Any) -> None:
        super().__init__(reason, **arguments)
        self.retry_after = retry_after


class StorageUnavailable(RequestError):
    """Our own database takes nothing now: locked, full, or out of reach. `retry_after` is a guess."""

    code, status = "storage_unavailable", 503
    retry_after = 5.0


class ProviderUnavailable(RequestError):
    """The identity provider does not answer, or not as one does: nobody's fault who wants to sign in."""

    code, status = "provider_unavailable", 503


class ShuttingDown(RequestError):
    """The process ends, and waited for this request as long as it waits for any. `retry_after` is a guess."""

    code, status = "shutting_down", 503
    retry_after = 5.0


class BackupError(RequestError):
    """A backup that is not made, or not put in the place of the database; nothing was changed."""

    code, status = "backup", 409


class StartupError(CheshmehError):
    """Cheshmeh refuses to start. `reason` and arguments make the one sentence that says why."""

    code = "startup"
