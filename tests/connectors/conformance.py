"""What every kind of source promises, as tests: a kind's test class subclasses `ConnectorConformance`."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar

import pytest

from core.connectors import forms
from core.connectors.base import Connector, Environment
from core.errors import CheshmehError, SourceError, SourceTimeout
from core.i18n import LANGUAGES, translator
from core.models import Check, CheckStatus, Message, Outcome
from core.resilience.deadline import within
from core.safety.egress import EgressPolicy
from core.values import TYPES
from tests.connectors.traces import no_traces_of

Config = dict[str, Any]
Params = dict[str, Any]
Build = Callable[..., Connector]

CANARY = "c4n4ry-Xq7ظ"
"""The secret of `refused_config`: wherever it is seen, secrets are not kept."""

LIMIT_S = 0.5
"""The smallest `timeout_s` that a configuration takes."""


async def error_of(work: Awaitable[Any]) -> CheshmehError:
    """The error that `work` ends with, shown to be one that the whole program can handle."""
    with pytest.raises(CheshmehError) as caught:
        await work
    assert_presentable(caught.value)
    return caught.value


def assert_presentable(error: CheshmehError, *secrets: str) -> None:
    """Every language has a sentence and an advice for it, with all their arguments; no secret is in any of it."""
    assert type(error).__module__ == "core.errors"
    said = [repr(error), str(error), repr(vars(error)), *traceback.format_exception(error)]
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        said += [speak(error.message), speak(error.advice), *(speak(field.message) for field in error.fields)]
    assert_kept(said, *secrets)


def assert_kept(texts: list[str], *secrets: str) -> None:
    assert [text for text in texts for secret in (CANARY, *secrets) if secret in text] == []


class ConnectorConformance:
    """The cases. A subclass gives the configurations, the parameters and a way to see that the source is at work.

    `good_params` has at least `ROWS` rows, more than `BYTES` bytes in all.
    """

    connector_class: ClassVar[type[Connector]]
    ROWS: ClassVar[int] = 20
    BYTES: ClassVar[int] = 1024

    @pytest.fixture
    def good_config(self) -> Config:
        """Of a source that answers."""
        raise NotImplementedError

    @pytest.fixture
    def refused_config(self) -> Config:
        """Of the same source, with CANARY as the secret."""
        raise NotImplementedError

    @pytest.fixture
    def unreachable_config(self) -> Config:
        """Of an address where nobody listens, with CANARY as the secret."""
        raise NotImplementedError

    @pytest.fixture
    def silent_config(self) -> Config:
        """Of a peer that accepts and says nothing, with CANARY as the secret."""
        raise NotImplementedError

    @pytest.fixture
    def good_params(self) -> Params:
        raise NotImplementedError

    @pytest.fixture
    def slow_params(self) -> Params:
        """Of a sample that the source is busy with until it is told to stop."""
        raise NotImplementedError

    async def until_busy(self, busy: bool) -> None:
        """Returns once the source works on a sample of `slow_params`, or no longer does."""
        raise NotImplementedError

    async def under_way(self, connector: Connector, slow_params: Params) -> asyncio.Task[Any]:
        await self.until_busy(False)
        call = asyncio.create_task(connector.sample(slow_params))
        await self.until_busy(True)
        return call

    @pytest.fixture
    async def build(self, anyio_backend: str) -> AsyncIterator[Build]:
        built: list[Connector] = []

        def make(config: Config, **environment: Any) -> Connector:
            model = forms.validate_config(self.connector_class.config_model, config)
            built.append(self.connector_class.build(model, Environment(EgressPolicy(), **environment)))
            return built[-1]

        yield make
        for connector in built:
            await connector.close()

    @pytest.fixture
    def connector(self, build: Build, good_config: Config) -> Connector:
        return build(good_config)

    async def test_a_ping_says_what_answered(self, connector: Connector):
        assert await connector.ping() == (True, (await connector.ping())[1])
        assert (await connector.ping())[1].strip()

    async def test_pings_at_the_same_time_do_not_disturb_each_other(self, connector: Connector):
        answers = await asyncio.gather(*(connector.ping() for _ in range(10)))
        assert {ok for ok, _ in answers} == {True}

    async def test_a_refused_secret_was_reached(self, build: Build, refused_config: Config):
        error = await error_of(build(refused_config).ping())
        assert (error.code, error.outcome, error.retried) == ("auth_failed", Outcome.REACHED, False)

    async def test_nobody_at_the_address_is_unreachable(self, build: Build, unreachable_config: Config):
        error = await error_of(build(unreachable_config).ping())
        assert (str(error), error.outcome, error.retried) == ("unreachable.refused", Outcome.FAIL, True)

    @pytest.mark.parametrize("call", ["ping", "sample", "describe"])
    async def test_a_silent_peer_is_cut_off(self, build: Build, silent_config: Config, good_params: Params, call: str):
        connector = build(silent_config | {"timeout_s": LIMIT_S})
        work = connector.sample(good_params) if call == "sample" else getattr(connector, call)()
        assert isinstance(await error_of(work), SourceTimeout)

    async def test_a_deadline_cuts_a_silent_peer_off(self, build: Build, silent_config: Config):
        connector = build(silent_config)
        with pytest.raises((SourceTimeout, TimeoutError)):
            async with within(LIMIT_S):
                await connector.ping()

    async def test_a_sample_holds_at_most_its_limit(self, connector: Connector, good_params: Params):
        sample = await connector.sample(good_params | {"limit": 3})
        assert (len(sample.rows), sample.truncated_by) == (3, "limit")

    async def test_a_sample_without_a_limit_has_one(self, connector: Connector, good_params: Params):
        sample = await connector.sample({name: value for name, value in good_params.items() if name != "limit"})
        assert self.ROWS <= len(sample.rows) <= 100

    async def test_a_whole_sample_is_not_called_cut(self, connector: Connector, good_params: Params):
        full = await connector.sample(good_params | {"limit": 1000})
        again = await connector.sample(good_params | {"limit": len(full.rows)})
        assert full.truncated_by is None
        assert again.truncated_by is None

    async def test_a_sample_stops_at_the_bytes_allowed(self, build: Build, good_config: Config, good_params: Params):
        sample = await build(good_config, bytes_max=self.BYTES).sample(good_params)
        assert sample.truncated_by == "bytes"
        assert 0 < len(sample.rows) < self.ROWS

    async def test_rows_are_as_wide_as_the_columns(self, connector: Connector, good_params: Params):
        sample = await connector.sample(good_params)
        assert {len(row) for row in sample.rows} == {len(sample.columns)}
        assert {column.type for column in sample.columns} <= set(TYPES)
        assert sample.executed

    @pytest.mark.parametrize("limit", [0, -1, 1001, 1.5, "5", True, None])
    async def test_a_limit_out_of_bounds_is_named(self, connector: Connector, good_params: Params, limit: Any):
        error = await error_of(connector.sample(good_params | {"limit": limit}))
        assert (error.code, [field.field for field in error.fields]) == ("validation_error", ["params.limit"])

    async def test_an_unknown_parameter_is_named(self, connector: Connector, good_params: Params):
        error = await error_of(connector.sample(good_params | {"no_such": CANARY}))
        assert (error.code, [field.field for field in error.fields]) == ("validation_error", ["params.no_such"])

    async def test_parameters_are_judged_before_the_source_is_called(self, build: Build, unreachable_config: Config):
        error = await error_of(build(unreachable_config).sample({"no_such": 1}))
        assert error.code == "validation_error"

    def test_the_placeholder_is_a_fitting_sample(self):
        self.connector_class.check_params(self.connector_class.placeholder, Environment(EgressPolicy()))

    async def test_what_is_described_has_a_path_of_its_own(self, connector: Connector):
        paths = [entry.path for entry in await connector.describe()]
        assert paths
        assert len(set(paths)) == len(paths)

    async def test_the_ladder_of_a_good_source_has_no_failed_rung(self, connector: Connector):
        statuses = {check.status async for check in connector.diagnose()}
        assert CheckStatus.OK in statuses
        assert CheckStatus.FAILED not in statuses

    @pytest.mark.parametrize("config", ["refused_config", "unreachable_config", "silent_config"])
    async def test_a_failed_rung_skips_those_above_it(self, build: Build, config: str, request: pytest.FixtureRequest):
        async with no_traces_of(build(request.getfixturevalue(config) | {"timeout_s": LIMIT_S})) as connector:
            checks = [check async for check in connector.diagnose()]
        statuses = [check.status for check in checks]
        failed = statuses.index(CheckStatus.FAILED)
        assert set(statuses[failed + 1 :]) <= {CheckStatus.SKIPPED}
        assert checks[failed].fields
        speak = translator("fa", strict=True).message
        assert_kept([repr(checks), *(speak(said) for check in checks for said in _said(check))])

    async def test_closing_twice_is_closing_once(self, connector: Connector):
        await connector.ping()
        await connector.close()
        await connector.close()

    async def test_closing_is_final_even_of_what_never_was_used(self, connector: Connector, good_params: Params):
        await connector.close()
        for call in (connector.ping(), connector.sample(good_params), connector.describe()):
            error = await error_of(call)
            assert (str(error), error.outcome) == ("source_unavailable.closed", Outcome.VOID)

    async def test_closing_ends_the_call_under_way(self, connector: Connector, slow_params: Params):
        call = await self.under_way(connector, slow_params)
        await connector.close()
        assert isinstance(await error_of(call), SourceError)
        await self.until_busy(False)

    async def test_who_leaves_a_call_ends_it_at_the_source(self, connector: Connector, slow_params: Params):
        call = await self.under_way(connector, slow_params)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await self.until_busy(False)
        assert (await connector.ping())[0]

    async def test_nothing_is_left_after_use(self, connector: Connector, good_params: Params):
        async with no_traces_of(connector):
            await asyncio.gather(*(connector.ping() for _ in range(6)))
            await connector.sample(good_params)
            await connector.describe()

    async def test_nothing_is_left_after_closing_while_busy(self, connector: Connector, slow_params: Params):
        async with no_traces_of(connector):
            call = await self.under_way(connector, slow_params)
            await connector.close()
            await error_of(call)

    async def test_closing_right_after_leaving_a_call_ends_it_too(self, connector: Connector, slow_params: Params):
        async with no_traces_of(connector):
            call = await self.under_way(connector, slow_params)
            call.cancel()
            await asyncio.wait([call])
            await connector.close()
            await self.until_busy(False)

    @pytest.mark.parametrize("config", ["refused_config", "unreachable_config", "silent_config"])
    async def test_nothing_is_left_after_a_failure(self, build: Build, config: str, request: pytest.FixtureRequest):
        async with no_traces_of(build(request.getfixturevalue(config) | {"timeout_s": LIMIT_S})) as connector:
            await error_of(connector.ping())

    @pytest.mark.parametrize("config", ["refused_config", "unreachable_config", "silent_config"])
    async def test_the_secret_is_kept(
        self, build: Build, config: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
    ):
        given = request.getfixturevalue(config) | {"timeout_s": LIMIT_S}
        model = forms.validate_config(self.connector_class.config_model, given)
        connector = build(given)
        with caplog.at_level(logging.DEBUG):
            await error_of(connector.ping())
        assert CANARY in repr(forms.plain_config(model))
        assert_kept([repr(model), str(model), model.model_dump_json(), repr(connector), str(connector), caplog.text])

    def test_the_secret_is_no_part_of_the_destination(self, refused_config: Config):
        model = forms.validate_config(self.connector_class.config_model, refused_config)
        assert_kept([repr(self.connector_class.destination(model))])


def _said(check: Check) -> list[Message]:
    return [said for said in (check.evidence, check.advice) if said]
