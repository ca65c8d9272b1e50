"""Self-guided filter with box means by cumulative sums, down first: the authors' order of rounding.

Paper: He, Sun, Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. HMSD_GF's choices between nearly
equal edges give the authors' pixels only with this order; otherwise `guided.py` is faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.guided import window_counts
from tcmoa_bench.baselines.kernels.numeric import Float64Array

#: Rows of a strip: its arrays stay in a core's cache.
ROWS = 16

#: Two planes as real and imaginary parts: each sum waits for the one before it, so two wait together.
Pair: TypeAlias = NDArray[np.complex128]


def self_guided(x: Float64Array, radius: int, epsilons: Sequence[float]) -> list[Float64Array]:
    """Guided filters of a plane by itself, which share its moments.

    Strips of rows run through all steps: box means of the moments, local models, box means of the models.

    Args:
        x: `H x W`, any scale.
        radius: Window radius in pixels.
        epsilons: Regularisation of each filter, in the plane's unit squared.
    """
    width = x.shape[1]
    results = [np.empty_like(x) for _ in epsilons]
    moments, *models = (_BoxMeans(x.shape, radius) for _ in range(1 + len(epsilons)))
    for top in range(0, len(x), ROWS):
        strip = x[top : top + ROWS]
        for _, mean, square in moments.feed(_pair(strip, strip * strip)):
            variance = square - mean * mean
            for eps, model, result in zip(epsilons, models, results, strict=True):
                slope = variance / (variance + eps)
                for rows, mean_slope, mean_offset in model.feed(_pair(slope, mean - slope * mean)):
                    filtered = mean_slope[:, :width].copy()
                    filtered *= x[rows]
                    filtered += mean_offset[:, :width].copy()
                    result[rows] = filtered
    return results


def _pair(real: Float64Array, imaginary: Float64Array) -> Pair:
    pair = np.empty(real.shape, np.complex128)
    pair.real, pair.imag = real, imaginary
    return pair


class _BoxMeans:
    """Means of two planes over the part of `(2r+1) x (2r+1)` windows inside the image, strip by strip.

    With zeros around the image every window's sum is the difference of two totals that lie 2r + 1 apart.
    """

    def __init__(self, shape: tuple[int, ...], radius: int) -> None:
        self.height, self.width = shape
        self.size = 2 * radius + 1
        nothing = np.zeros(self.width, np.complex128)
        self.below = [nothing] * radius
        self.totals = deque([nothing] * self.size, maxlen=self.size)
        # Zeros lie left and right of the rows as well; the means there are 0.
        self.windows = np.zeros((ROWS, self.width + self.size), np.complex128)
        self.rows = list(self.windows[:, radius + 1 : -radius])
        self.down, across = (window_counts(length, radius) for length in shape)
        self.across = np.append(across, np.full(self.size, np.inf))
        self.complete, self.given = -radius, 0

    def feed(self, strip: Pair) -> Iterator[tuple[slice, Float64Array, Float64Array]]:
        """Take the next rows of the planes; give their means in rows whose windows are complete by now.

        Means have 2r + 1 columns of zeros more than the image, and so may strips: NumPy is slow on parts of rows.
        """
        is_last = self.complete + len(strip) + len(self.below) == self.height
        for row in chain(strip[:, : self.width], self.below if is_last else ()):
            total = self.totals[-1] + row
            number = self.complete - self.given
            if number >= 0:
                np.subtract(total, self.totals[0], out=self.rows[number])
            self.totals.append(total)
            self.complete += 1
            if number + 1 == ROWS or self.complete == self.height:
                yield self._means()

    def _means(self) -> tuple[slice, Float64Array, Float64Array]:
        rows = slice(self.given, self.complete)
        self.given = self.complete
        windows = self.windows[: rows.stop - rows.start]
        totals = np.empty(windows.size + self.size, np.complex128)
        totals[windows.size :] = 0
        np.cumsum(windows, axis=1, out=totals[: windows.size].reshape(windows.shape))
        area = self.down[rows, None] * self.across
        real, imaginary = (
            np.reshape(part[self.size :] - part[: -self.size], windows.shape)
            for part in (totals.real, totals.imag)
        )
        real /= area
        imaginary /= area
        return rows, real, imaginary
