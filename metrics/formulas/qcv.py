"""Perceptual error Qcv (Chen and Varshney 2007; `metricChen.m` of Z. Liu, VIFB, MEFB, MFIF-Metrics)."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.formulas.levels import Stretch, stretched
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import sobel
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked

Array = NDArray[np.float64]

BLOCK = 16


def block_sums(image: Array) -> Array:
    """Sums over 16 x 16 blocks; blocks cut by the right or bottom border are filled up with zeros."""
    down, right = (-n % BLOCK for n in image.shape)
    if down or right:
        image = cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_CONSTANT, value=0.0)
    height, width = image.shape
    means = cv2.resize(image, (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA)
    return means * BLOCK**2


def saliency(image: Array) -> Array:
    """Sum of the fifth power of the Sobel magnitude in every block (zero border).

    Args:
        image: float64 `H x W` on 0..255, stretched to that range.
    """
    across, down = sobel(image)
    for rows in row_blocks(image.shape):
        square, other = across[rows], down[rows]
        square *= square
        other *= other
        square += other
        np.sqrt(square, out=other)
        square *= square
        square *= other
    return block_sums(across)


def visible_error(source: Array, fused: Array) -> Array:
    """Mean squared difference in every block, as the eye sees it.

    The difference passes the contrast sensitivity of Mannos and Sakrison, 2.6 (0.0192 + 0.144 r)
    exp(-(0.144 r)^1.1) with r in units of 8 pixels, with periodic borders.
    """
    spectrum = scipy.fft.rfft2(source - fused, workers=1)
    spectrum *= _sensitivity(*source.shape)
    seen = scipy.fft.irfft2(spectrum, s=source.shape, workers=1, overwrite_x=True)
    seen *= seen
    return block_sums(seen) / BLOCK**2


@lru_cache(maxsize=2)
def _sensitivity(height: int, width: int) -> Array:
    v = height / 8 * 2 * scipy.fft.fftfreq(height)[:, None]
    u = width / 8 * 2 * scipy.fft.rfftfreq(width)[None, :]
    radius = 0.144 * np.sqrt(u * u + v * v)
    return 2.6 * (0.0192 + radius) * np.exp(-(radius**1.1))


@checked
def qcv(a: Plane, b: Plane, fused: Plane, *, stretch: Stretch) -> float:
    """Visible error of all blocks against both sources, weighted by the sources' saliency.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        stretch: `0-255` (each image on its own, as in the references) or `none`.

    Returns:
        0 (ideal) upwards, in squared gray levels; NaN if no source has an edge or an image is constant (and
        not black).
    """
    weights, errors, result = 0.0, 0.0, stretched(fused, stretch)
    for source in (a, b):
        salient = _plane_saliency(source, stretch)
        errors += float((salient * visible_error(stretched(source, stretch), result)).sum())
        weights += float(salient.sum())
    return errors / weights if weights else math.nan


@once
def _plane_saliency(plane: Plane, stretch: Stretch) -> Array:
    return saliency(stretched(plane, stretch))
