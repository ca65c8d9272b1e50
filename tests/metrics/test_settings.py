"""What a signature says is what the computation reads: a changed setting changes a value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tcmoa_bench.labels import Box, Labels
from tcmoa_bench.metrics import CONVENTIONS, Metric, Score
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.metrics.settings import choices

Image = NDArray[np.uint8]
#: One object of each class that a metric may be asked for, and one of another.
LABELS = Labels((Box("person", 5, 5, 20, 30), Box("car", 25, 20, 45, 40), Box("bus", 2, 35, 20, 48)))
METRICS = [metric for convention in CONVENTIONS.values() for metric in convention.values()]


def texture(seed: int, size: tuple[int, int] = (165, 171), least: int = 0, most: int = 255) -> Image:
    """Colour noise on waves, with a flat and a saturated corner, from `least` to `most` in each channel."""
    random = np.random.default_rng(seed)
    y, x = np.indices(size)
    waves = np.stack([np.sin(x / (3 + k) + seed) + np.cos(y / (5 + k)) for k in range(3)], axis=-1)
    levels = waves * 50 + random.normal(110, 25, (*size, 3))
    levels[:30, :30] = (least + most) // 2
    levels[-30:, -30:] = most
    levels[0, 0] = least
    return np.clip(levels, least, most).astype(np.uint8)


def scenes() -> list[Scene]:
    """Colour and gray triples, among them the few on which a rare setting counts."""
    a, b = texture(1), texture(2)
    fused = ((a.astype(int) + 2 * b) // 3).astype(np.uint8)
    fused[5, 5], fused[40:60, 40:60] = 255, a[40:60, 40:60]
    flat = np.full_like(a, 100)
    one_channel = [np.ascontiguousarray(x[..., 0]) for x in (a, b)]
    #: Stretched to 0..255, every odd level falls half-way between two.
    halves = [texture(seed, least=10, most=180)[..., 0] for seed in (3, 4, 5)]
    nearly_white = [np.random.default_rng(k).integers(250, 256, (50, 51), dtype=np.uint8) for k in range(3)]
    #: Slopes with many equal gradients, which rounding on 0..1 makes unequal.
    y, x = np.indices((50, 51))
    slopes = [((k * x + (4 - k) * y) % 97 + 40).astype(np.uint8) for k in (1, 2, 3)]
    #: Three levels whose middle one goes to 127 in F and to 128 in A and B if they are divided by 255 first.
    thirds = [
        (3 * (np.indices((50, 51)).sum(axis=0) // k % 3) + low).astype(np.uint8)
        for k, low in ((1, 0), (2, 3), (3, 27))
    ]
    triples = [
        (a, b, fused),
        (a, b, b),
        (a, a, 255 - a),
        (flat, b, fused),
        (*one_channel, fused),
        tuple(np.ascontiguousarray(image) for image in halves),
        tuple(nearly_white),
        tuple(slopes),
        tuple(thirds),
        tuple(np.dstack([image] * 3) for image in slopes),
        tuple(np.dstack([image] * 3) for image in halves),
    ]
    return [Scene(Sources(a, b, a, lambda size: LABELS), f) for a, b, f in triples]


@pytest.fixture(scope="module")
def drawn() -> list[Scene]:
    return scenes()


def others(metric: Metric, name: str) -> Iterator[object]:
    """What else a setting could be."""
    value = metric.settings[name]
    allowed = next(
        (choices(part)[name] for part in (metric.view, metric.function) if name in choices(part)), None
    )
    if allowed is not None:
        yield from (other for other in allowed if other != value)
    elif isinstance(value, int):
        yield value + 2
    elif isinstance(value, float):
        yield 0.5 if math.isnan(value) or value == 0 else value * 1.25
    else:
        yield f"not {value}"


def moves(metric: Metric, name: str, drawn: list[Scene]) -> bool:
    changed = [replace(metric, settings={**metric.settings, name: other}) for other in others(metric, name)]
    return any(answer(one.score(scene)) != answer(metric.score(scene)) for scene in drawn for one in changed)


def answer(score: Score) -> tuple[float | None, str | None]:
    return score.value, score.reason


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.qualified)
def test_every_setting_is_read(metric: Metric, drawn: list[Scene]) -> None:
    idle = {name for name in metric.settings if not moves(metric, name, drawn)}
    assert idle == set()
