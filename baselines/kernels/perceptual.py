"""Perceptual saliency of an image: contrast-sensitivity-weighted energy of its blocks.

Paper: Zhou, Dong, Xie, Gao, Applied Optics 55(23), 2016; contrast sensitivity of Mannos and Sakrison 1974.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import scipy.fft

from tcmoa_bench.baselines.kernels.numeric import Float64Array

BLOCK = 40


def perceptual_saliency(x: Float64Array) -> float:
    """Mean block energy weighted by gradient energy; 0 for an image without gradients.

    Args:
        x: `H x W`, `float64`, 0..255, at least 3 pixels a side.
    """
    gradients = [cv2.Sobel(x, cv2.CV_64F, *order)[1:-1, 1:-1] for order in ((1, 0), (0, 1))]
    squared = gradients[0] ** 2 + gradients[1] ** 2
    inner = x[1:-1, 1:-1]
    weighted = total = 0.0
    for top in range(0, inner.shape[0], BLOCK):
        row = inner[top : top + BLOCK]
        whole = row.shape[1] - row.shape[1] % BLOCK
        blocks = row[:, :whole].reshape(len(row), -1, BLOCK).swapaxes(0, 1)
        energies = [*_energies(blocks), *(_energies(row[None, :, whole:]) if whole < row.shape[1] else ())]
        for index, energy in enumerate(energies):
            window = np.s_[top : top + BLOCK, BLOCK * index : BLOCK * (index + 1)]
            weight = float(squared[window].sum())
            weighted += float(energy) * weight
            total += weight
    return weighted / total if total > 0 else 0.0


def _energies(blocks: Float64Array) -> Float64Array:
    """Root of each block's weighted spectral energy over its size, from `N x H x W` blocks."""
    spectrum = np.abs(scipy.fft.fft2(blocks))
    spectrum *= _sensitivity(*blocks.shape[1:])
    return np.sqrt((spectrum**2).sum(axis=(1, 2))) / (blocks.shape[1] * blocks.shape[2])


@cache
def _sensitivity(height: int, width: int) -> Float64Array:
    """Contrast sensitivity at each frequency of a block's spectrum."""
    v, u = ((np.arange(n) - n // 2) * 2 / n for n in (height, width))
    frequency = 0.114 * 16 * np.hypot(u, v[:, None])
    return np.fft.ifftshift(2.6 * (0.0192 + frequency) * np.exp(-(frequency**1.1)))
