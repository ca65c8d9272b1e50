"""Perceptual saliency of an image: contrast-sensitivity-weighted energy of its blocks.

Paper: Zhou, Dong, Xie, Gao, Applied Optics 55(23), 2016; contrast sensitivity of Mannos and Sakrison 1974.
"""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.baselines.colour import Plane

BLOCK = 40


def perceptual_saliency(x: Plane) -> float:
    """Mean block energy weighted by gradient energy; 0 for an image without gradients.

    Args:
        x: `H x W`, `float64`, 0..255, at least 3 pixels a side.
    """
    gradients = [cv2.Sobel(x, cv2.CV_64F, *order)[1:-1, 1:-1] for order in ((1, 0), (0, 1))]
    squared = gradients[0] ** 2 + gradients[1] ** 2
    inner = x[1:-1, 1:-1]
    weighted = total = 0.0
    for top in range(0, inner.shape[0], BLOCK):
        for left in range(0, inner.shape[1], BLOCK):
            window = np.s_[top : top + BLOCK, left : left + BLOCK]
            weight = float(squared[window].sum())
            weighted += _energy(inner[window]) * weight
            total += weight
    return weighted / total if total > 0 else 0.0


def _energy(block: Plane) -> float:
    spectrum = np.fft.fftshift(np.fft.fft2(block))
    v, u = ((np.arange(n) - n // 2) * 2 / n for n in block.shape)
    frequency = 0.114 * 16 * np.hypot(u, v[:, None])
    sensitivity = 2.6 * (0.0192 + frequency) * np.exp(-(frequency**1.1))
    return float(np.sqrt((np.abs(spectrum * sensitivity) ** 2).sum()) / block.size)
