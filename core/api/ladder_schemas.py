"""The shapes of ladders: of a source's, and of a configuration's that is tried."""

from typing import Any

from pydantic import BaseModel

from core.api.schemas import milliseconds, sentence
from core.i18n import Translator
from core.models import Change, Check, CheckStatus, LadderView, TestResult


class CheckOut(BaseModel):
    step: str
    status: CheckStatus
    ms: float
    evidence: str | None
    advice: str | None
    fields: list[str]

    @classmethod
    def of(cls, check: Check, speak: Translator) -> "CheckOut":
        return cls(
            step=check.step,
            status=check.status,
            ms=milliseconds(check.ms),
            evidence=sentence(check.evidence, speak),
            advice=sentence(check.advice, speak),
            fields=list(check.fields),
        )


class ChangeOut(BaseModel):
    step: str
    message: str

    @classmethod
    def of(cls, change: Change, speak: Translator) -> "ChangeOut":
        return cls(step=change.step, message=speak.message(change.message))


class LadderOut(BaseModel):
    """A ladder, and what is not as it was when it last held; `changes` is empty while it holds."""

    ok: bool
    checks: list[CheckOut]
    changes: list[ChangeOut]

    @classmethod
    def of(cls, view: LadderView, speak: Translator) -> "LadderOut":
        checks = [CheckOut.of(check, speak) for check in view.checks]
        return cls(ok=view.ok, checks=checks, changes=[ChangeOut.of(change, speak) for change in view.changes])


class TestOut(BaseModel):
    __test__ = False  # pytest would otherwise collect it as a test class

    ok: bool
    message: str
    checks: list[CheckOut]
    latency_ms: float

    @classmethod
    def of(cls, result: TestResult, speak: Translator) -> "TestOut":
        checks = [CheckOut.of(check, speak) for check in result.checks]
        latency = milliseconds(result.latency_ms)
        return cls(ok=result.ok, message=speak.message(result.message), checks=checks, latency_ms=latency)


def check_line(check: Check, speak: Translator) -> dict[str, Any]:
    """One line of a streamed ladder."""
    return {"type": "check", **CheckOut.of(check, speak).model_dump(mode="json")}


def ladder_line(view: LadderView, speak: Translator) -> dict[str, Any]:
    """The last line of a streamed ladder."""
    return {"type": "summary", **LadderOut.of(view, speak).model_dump(mode="json", include={"ok", "changes"})}
