"""Infrared feature extraction and visual information preservation (IFEVIP).

Paper: Zhang, Zhang, Bai, Zhang, "Infrared and visual image fusion through infrared feature extraction and
visual information preservation", Infrared Physics & Technology 83, 2017; the authors' MATLAB code as in
VIFB. A smooth infrared background is built from Bezier patches on a quadtree; what stands out is added.
"""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.colour import gray8
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array, gaussian, u8
from tcmoa_bench.baselines.kernels.resize import resize

SIDE, SMALLEST_BLOCK = 512, 32
SPLIT_ABOVE = 51


def ifevip(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse a visible image (gray or colour) and an infrared one on 0..255, unrounded."""
    infrared = u8(gray8(b)).astype(np.float64)
    visible = u8(a).astype(np.float64)
    feature = np.maximum(infrared - u8(background(infrared)), 0)
    if visible.ndim == 3:
        infrared, feature = infrared[..., None], feature[..., None]
    richness = entropy(visible)
    added = feature + (infrared - visible) * (entropy(infrared) / richness if richness > 0 else 1.0)
    brightest = np.sort((np.maximum(added, 0) + visible).ravel())
    top = brightest[-max(1, int(0.001 * added.size + 0.5)) :].mean()
    ratio = min(255 / top, 0.8) if top > 0 else 0.8
    return visible + u8(ratio * added)


def background(infrared: Float64Array) -> Float64Array:
    """Smooth infrared background, unrounded; `H x W`, 0..255, in and out."""
    small = resize(infrared, (SIDE, SIDE), levels=True)
    lowest = cv2.erode(
        small,
        np.ones((32, 32), np.uint8),
        anchor=(15, 15),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=np.inf,
    )
    lowest = np.pad(lowest, (0, 1), mode="edge")
    surface = np.zeros_like(lowest)
    # Larger blocks first and column by column: a later block overwrites the border line it shares.
    for y, x, size in sorted(_quadtree(small, 0, 0, SIDE), key=lambda block: (-block[2], block[1], block[0])):
        window = np.s_[y : y + size + 1, x : x + size + 1]
        surface[window] = _bezier(lowest[window])
    smooth = resize(surface[:SIDE, :SIDE], infrared.shape)
    return gaussian(smooth, 9, 4.5, "zero")


def _quadtree(image: Float64Array, y: int, x: int, size: int) -> list[tuple[int, int, int]]:
    """Blocks (y, x, size) that are nearly uniform, or as small as allowed."""
    block = image[y : y + size, x : x + size]
    if size == SMALLEST_BLOCK or block.max() - block.min() <= SPLIT_ABOVE:
        return [(y, x, size)]
    half = size // 2
    return [leaf for dy in (0, half) for dx in (0, half) for leaf in _quadtree(image, y + dy, x + dx, half)]


def _bezier(patch: Float64Array) -> Float64Array:
    """Bicubic Bezier surface over 4x4 control points of a square patch."""
    size = len(patch) - 1
    control = np.array([0, size // 2 - 1, 3 * size // 4 - 1, size])
    u = np.arange(size + 1) / size
    basis = np.stack([(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3], axis=1)
    return basis @ patch[np.ix_(control, control)] @ basis.T


def entropy(x: Float64Array) -> float:
    """Entropy of the 256-level histogram over all values, in bits."""
    counts = np.bincount(x.astype(np.uint8).ravel(), minlength=256)
    p = counts[counts > 0] / x.size
    return float(-(p * np.log2(p)).sum())


build = on_images(ifevip)
