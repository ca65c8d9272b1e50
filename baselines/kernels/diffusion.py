"""Diffusion of an image in steps, each worked on strip by strip, so that intermediate results stay in cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.threads import each, strips


def diffuse(
    step: Callable[[Float64Array], Float64Array], x: Float64Array, reach: int, times: int
) -> Float64Array:
    """Apply a step to a plane again and again.

    Args:
        step: Gives the next state, of the same shape; sees a strip as if the image ended around it.
        x: The first state.
        reach: Rows around a pixel that have a say in its next state.
        times: Number of steps.
    """

    def work(rows: slice) -> None:
        top = max(rows.start - reach, 0)
        after[rows] = step(before[top : rows.stop + reach])[rows.start - top :][: rows.stop - rows.start]

    before, after = np.array(x), np.empty_like(x)
    for _ in range(times):
        each(work, strips(x.shape))
        before, after = after, before
    return before
