"""Dense SIFT: orientation histograms around every pixel, without keypoints.

Source: Liu, Liu, Wang, Information Fusion 23, 2015, whose MATLAB code derives from Lazebnik, Schmid, Ponce,
"Beyond bags of features", CVPR 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.numeric import Float64Array, gaussian_taps
from tcmoa_bench.baselines.kernels.threads import each, in_strips

ANGLES = 8
#: Pixels that are described, or matched, at a time: their descriptors stay in a core's cache.
PIXELS = 1024


@dataclass(frozen=True)
class DenseSift:
    """Smoothed orientation images of one gray image and where its descriptors sample them.

    Attributes:
        energies: 8 orientation images of the padded image, smoothed, `float32`.
        starts: Rows (and columns) of the padded image where the samples of pixel 0 lie.
        size: Height and width of the image.
    """

    energies: NDArray[np.float32]
    starts: tuple[int, ...]
    size: tuple[int, int]

    def activity(self) -> Float64Array:
        """Sum of all values of each pixel's descriptor, `H x W`."""
        total = self.energies.sum(axis=0, dtype=np.float64)
        height, width = self.size
        return sum(total[y : y + height, x : x + width] for y in self.starts for x in self.starts)

    def descriptors(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Normalised descriptors of some pixels, `N x (bins^2 * 8)`: to length 1, cut at 0.2, to length 1.

        Descriptors shorter than 1 stay as they are.
        """
        width = self.energies.shape[2]
        energies = np.moveaxis(self.energies, 0, -1).copy().reshape(-1, ANGLES)
        samples = np.array([y * width + x for y in self.starts for x in self.starts])
        pixels = rows * width + columns
        table = np.empty((len(pixels), len(samples) * ANGLES), np.float32)

        def describe(start: int) -> None:
            part = slice(start, start + PIXELS)
            raw = energies.take(pixels[part, None] + samples, axis=0).reshape(-1, table.shape[1])
            length = np.linalg.norm(raw, axis=1, keepdims=True)
            cut = np.minimum(raw / np.maximum(length, 1), 0.2)
            cut /= np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), np.finfo(np.float32).tiny)
            table[part] = np.where(length > 1, cut, raw)

        each(describe, range(0, len(pixels), PIXELS))
        return table


def dense_sift(x: Float64Array, patch: int, bins: int) -> DenseSift:
    """Dense SIFT of a gray image.

    Args:
        x: `H x W`, any scale (it is divided by its maximum).
        patch: Width of the descriptor's window in pixels.
        bins: Spatial bins along each axis, 2 or 4.
    """
    padding = patch // 2 - 1
    offset = patch // 2 if bins == 4 else patch // 4 + 1
    starts = tuple(padding + 1 + k * patch // bins - offset for k in range(bins))
    padded = np.pad(x / max(x.max(), np.finfo(float).tiny), padding)
    kernel_y, kernel_x = np.gradient(np.outer(gaussian_taps(5, 1), gaussian_taps(5, 1)))
    response_x, response_y = (
        cv2.filter2D(padded, cv2.CV_64F, 2 * k / np.abs(k).sum(), borderType=cv2.BORDER_CONSTANT)
        for k in (kernel_x, kernel_y)
    )
    position = np.arange(1, patch + 1)
    taps = np.maximum(0, 1 - np.abs(position - (patch / 2 - 0.5)) / (patch / bins))[::-1].astype(np.float32)
    anchor = (patch // 2 - 1, patch // 2 - 1)

    def oriented(k: int) -> list[NDArray[np.float32]]:
        """Energies of one direction and of its opposite."""
        energy = in_strips(partial(_directed, angle=k * np.pi / 4), response_x, response_y)
        return [
            cv2.sepFilter2D(
                np.maximum(part, 0).astype(np.float32),
                cv2.CV_32F,
                taps,
                taps,
                anchor=anchor,
                borderType=cv2.BORDER_CONSTANT,
            )
            for part in (energy, -energy)
        ]

    ahead, behind = zip(*each(oriented, range(ANGLES // 2)), strict=True)
    return DenseSift(np.stack([*ahead, *behind]), starts, (x.shape[0], x.shape[1]))


def _directed(x: Float64Array, y: Float64Array, angle: float) -> Float64Array:
    """A gradient's length times the 9th power of its cosine towards an angle; odd, so the opposite is negative."""
    along = x * np.cos(angle) + y * np.sin(angle)
    power = along / np.maximum(np.sqrt(x * x + y * y), np.finfo(np.float64).tiny)
    for _ in range(3):
        power *= power
    return power * along
