"""Exposure fusion: contrast, saturation and well-exposedness blended over full-depth pyramids.

Paper: Mertens, Kautz, Van Reeth, "Exposure fusion", Pacific Graphics 2007; the author's MATLAB code with
parameters [1 1 1]. `mertens_opencv` is OpenCV's version: float32, and other pyramid depth and borders.
"""

from __future__ import annotations

import itertools
from functools import reduce
from math import floor, log2

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.colour import gray
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array, laplacian_magnitude, separable

SIGMA = 0.2
TAPS = np.array([1.0, 4, 6, 4, 1]) / 16


def exposure_fusion(*images: Float64Array) -> Float64Array:
    """Author's exposure fusion of two or more images on 0..255; gray images have no saturation term."""
    sources = [image / 255 for image in images]
    weights = [quality(x) + 1e-12 for x in sources]
    total = reduce(np.add, weights)
    levels = floor(log2(min(images[0].shape[:2])))
    blended: list[Float64Array] = [np.zeros(0)] * levels
    for index, (source, weight) in enumerate(zip(sources, weights, strict=True)):
        for level, (detail, share) in enumerate(
            zip(_laplacian(source, levels), _gaussian(weight / total, levels), strict=True)
        ):
            term = detail * (share[..., None] if source.ndim == 3 else share)
            blended[level] = term if index == 0 else blended[level] + term
    fused = blended[-1]
    for detail in reversed(blended[:-1]):
        fused = _expand(fused, detail.shape[:2]) + detail
    return 255 * fused


def quality(x: Float64Array) -> Float64Array:
    """Contrast x saturation x well-exposedness of an image on 0..1, `H x W`."""
    contrast = laplacian_magnitude(gray(x))
    exposedness = np.exp(-0.5 * (x - 0.5) ** 2 / SIGMA**2)
    if x.ndim == 2:
        return contrast * exposedness
    return contrast * x.std(axis=2) * exposedness.prod(axis=2)


def _gaussian(x: Float64Array, levels: int) -> list[Float64Array]:
    pyramid = [x]
    for _ in range(levels - 1):
        pyramid.append(np.ascontiguousarray(separable(pyramid[-1], TAPS, TAPS, "symmetric")[::2, ::2]))
    return pyramid


def _laplacian(x: Float64Array, levels: int) -> list[Float64Array]:
    pyramid = _gaussian(x, levels)
    return [fine - _expand(coarse, fine.shape[:2]) for fine, coarse in itertools.pairwise(pyramid)] + pyramid[
        -1:
    ]


def _expand(x: Float64Array, size: tuple[int, ...]) -> Float64Array:
    padded = cv2.copyMakeBorder(x, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    spread = np.zeros((2 * padded.shape[0], 2 * padded.shape[1], *x.shape[2:]))
    spread[::2, ::2] = 4 * padded
    smooth = separable(spread, TAPS, TAPS, "zero")
    return smooth[2 : 2 + size[0], 2 : 2 + size[1]]


def exposure_fusion_opencv(*images: Float64Array) -> Float64Array:
    """OpenCV's MergeMertens with its default parameters, on 0..255."""
    return (
        cv2.createMergeMertens().process([image.astype(np.uint8) for image in images]).astype(np.float64)
        * 255
    )


build = on_images(exposure_fusion, stacks=True)
build_opencv = on_images(exposure_fusion_opencv, policies=("rgb",), half_away=False, stacks=True)
