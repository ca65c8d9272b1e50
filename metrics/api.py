"""The two calls that users make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.labels import Labels
from tcmoa_bench.metrics.area import Area
from tcmoa_bench.metrics.core import Metric, Score
from tcmoa_bench.metrics.lookup import resolve
from tcmoa_bench.metrics.scene import Scene, Sources

Key = TypeVar("Key")


def score(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    fused: NDArray[np.uint8],
    metrics: str | Sequence[str | Metric],
    *,
    convention: str | None = None,
    reference: NDArray[np.uint8] | None = None,
    labels: Labels | None = None,
    border: int = 0,
    mask: NDArray[np.bool_] | None = None,
    further: Sequence[NDArray[np.uint8]] = (),
) -> dict[str, Score]:
    """Score one fused image.

    Args:
        a: Source A (visible, under-exposed, near), `uint8`, `H x W` or `H x W x 3` RGB.
        b: Source B (infrared, over-exposed, far), same size.
        fused: Fused image, same size.
        metrics: A convention or profile (`"vifb"`), or qualified names.
        convention: Convention of bare names.
        reference: Ground truth for metrics that need one.
        labels: Boxes or class map for metrics of labelled objects.
        border: Pixels left out along each side.
        mask: `bool`, `H x W`: the largest rectangle that is all True is measured.
        further: Sources after B, of a stack of more than two; metrics that are defined for two only are null then.

    Returns:
        Scores by qualified name, in the order asked for.

    Raises:
        ValueError: An image has another dtype, shape or size than expected.
        BenchError: A metric is not known.
    """
    scores = score_many(
        a,
        b,
        {"": fused},
        metrics,
        convention=convention,
        reference=reference,
        labels=labels,
        border=border,
        mask=mask,
        further=further,
    )
    return scores[""]


def score_many(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    fused: Mapping[Key, NDArray[np.uint8]],
    metrics: str | Sequence[str | Metric],
    *,
    convention: str | None = None,
    reference: NDArray[np.uint8] | None = None,
    labels: Labels | None = None,
    border: int = 0,
    mask: NDArray[np.bool_] | None = None,
    further: Sequence[NDArray[np.uint8]] = (),
) -> dict[Key, dict[str, Score]]:
    """Score many fused images of one pair or stack; what depends on the sources alone is computed once.

    Arguments, results and errors as `score`, with fused images and results by the caller's keys.
    """
    wanted = [metric.for_sources(2 + len(further)) for metric in chosen(metrics, convention)]
    if area := Area(border, mask is not None):
        wanted = [replace(metric, area=area) for metric in wanted]
    sources = Sources(a, b, reference, lambda size: labels, lambda: mask, further)
    return {key: score_scene(Scene(sources, image), wanted) for key, image in fused.items()}


def score_scene(scene: Scene, metrics: Sequence[Metric]) -> dict[str, Score]:
    """Evaluate metrics on a scene, each value as it would be alone."""
    return {metric.qualified: metric.score(scene) for metric in metrics}


def chosen(metrics: str | Sequence[str | Metric], convention: str | None) -> list[Metric]:
    """The metrics that `score`'s arguments name, each once."""
    if isinstance(metrics, str):
        return resolve(metrics.split(","), convention)
    found: dict[str, Metric] = {}
    for item in metrics:
        for metric in [item] if isinstance(item, Metric) else resolve(item, convention):
            found.setdefault(metric.qualified, metric)
    return list(found.values())
