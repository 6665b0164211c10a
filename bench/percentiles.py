"""How far off the histogram's 95th percentile is, against numpy's over a million draws of three shapes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.measure import Contest, Goal, Measures, Workload
from core.metrics.histogram import RELATIVE_ERROR, Histogram

DRAWS = 1_000_000
Draws = NDArray[np.float64]
Shape = Callable[[np.random.Generator], Draws]


def uniform(chance: np.random.Generator) -> Draws:
    return chance.uniform(1, 500, DRAWS)


def bimodal(chance: np.random.Generator) -> Draws:
    fast, slow = chance.normal(20, 2, DRAWS), chance.normal(900, 40, DRAWS)
    return np.where(chance.random(DRAWS) < 0.9, fast, slow).clip(0.1)


def heavy_tailed(chance: np.random.Generator) -> Draws:
    return (chance.pareto(1.5, DRAWS) + 1) * 10


def off_by(shape: Shape) -> Measures:
    """In per cent of the true value."""
    draws = shape(np.random.default_rng(20260321))
    histogram = Histogram()
    for latency in draws.tolist():
        histogram.add(latency)
    true, ours = float(np.quantile(draws, 0.95)), histogram.quantile(0.95)
    assert ours is not None
    return {"off": abs(ours - true) / true * 100}


@contextmanager
def measured(shape: Shape) -> Iterator[tuple[Workload, None]]:
    yield partial(off_by, shape), None


CONTESTS = tuple(
    Contest(
        (
            Goal(
                "p95",
                f"histogram against numpy, {DRAWS:,} draws, {shape.__name__}",
                "off",
                RELATIVE_ERROR * 100,
                "alone",
                "%",
            ),
        ),
        partial(measured, shape),
        rounds=1,
        warms_up=False,
    )
    for shape in (uniform, bimodal, heavy_tailed)
)
