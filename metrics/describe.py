"""What a metric's name means in each convention, and what each makes of one triple."""

from __future__ import annotations

import inspect
import math
import re

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.core import CONVENTIONS, Metric, Score
from tcmoa_bench.metrics.lookup import load_installed
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.registry import unknown


def describe(name: str) -> list[dict[str, object]]:
    """The facts about a metric in every convention that has it.

    Args:
        name: Canonical name (`SD`) or a reference's spelling of it (`Variance`).

    Returns:
        One dictionary for each metric of `meanings(name)`: `qualified`, `name`, `convention`,
        `higher_is_better`, `meaning`, `toolbox`, `reference_name`, `formula`, `source`, `ideal` (None if there is
        none), `range` (empty if unbounded), `least_size`, `needs_reference`, `difference`, `signature`.

    Raises:
        BenchError: No convention has such a metric.
    """
    return [_facts(metric) for metric in meanings(name)]


def side_by_side(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    fused: NDArray[np.uint8],
    name: str,
    *,
    reference: NDArray[np.uint8] | None = None,
) -> list[Score]:
    """One triple's value in every convention that has the metric.

    Args:
        a: Source A, `uint8`, `H x W` or `H x W x 3` RGB.
        b: Source B, same height and width.
        fused: Fused image, same height and width.
        name: As in `describe`.
        reference: Ground truth; metrics that need one are null without it.

    Returns:
        Scores in the order of `meanings(name)`.

    Raises:
        BenchError: No convention has such a metric.
        ValueError: An image has another dtype, shape or size than expected.
    """
    scene = Scene(Sources(a, b, reference), fused)
    return [metric.score(scene) for metric in meanings(name)]


def meanings(name: str) -> list[Metric]:
    """Every metric that shares a canonical name with what `name` stands for in some convention.

    `Variance` is VIFB's spelling of `SD` and gives all metrics `SD`; `VIF` gives Tang's metrics of that name
    and then `VIFF`, which MEFB calls VIF.

    Raises:
        BenchError: No convention has such a metric (with the nearest known names).
    """
    load_installed()
    named = {c[name].name for c in CONVENTIONS.values() if name in c}
    if not named:
        raise unknown("metric", name, {metric for c in CONVENTIONS.values() for metric in c})
    order = sorted(named, key=lambda canonical: (canonical.lower() != name.lower(), canonical))
    return [c[canonical] for canonical in order for c in CONVENTIONS.values() if canonical in list(c)]


def _facts(metric: Metric) -> dict[str, object]:
    return {
        "qualified": metric.qualified,
        "name": metric.name,
        "convention": metric.convention,
        "higher_is_better": metric.higher_is_better,
        "meaning": metric.facts.meaning,
        "toolbox": CONVENTIONS[metric.convention].title,
        "reference_name": metric.reference_name,
        "formula": metric.formula,
        "source": metric.source,
        "ideal": metric.ideal,
        "range": _range(*metric.bounds),
        "least_size": f"{metric.min_size}x{metric.min_size}",
        "needs_reference": metric.needs_reference or None,
        "difference": metric.difference,
        "signature": metric.signature(),
    }


def _range(least: float, most: float) -> str:
    if math.isfinite(least) and math.isfinite(most):
        return f"{least:.6g} to {most:.6g}"
    if math.isfinite(least):
        return f"at least {least:.6g}"
    return f"at most {most:.6g}" if math.isfinite(most) else ""


def symbols(metric: Metric) -> list[str]:
    """The formula in LaTeX, as the docstring of its function states it between `$$`; empty where words must do.

    They must where a toolbox computes with saturating integers: its numbers are not those of the formula.
    """
    if "|sat:yes" in metric.signature():
        return []
    return re.findall(r"\$\$(.+?)\$\$", inspect.getdoc(metric.function) or "")
