"""Guided-filter fusion (GFF): saliency votes, smoothed by the sources themselves.

Paper: Li, Kang, Hu, "Image fusion with guided filtering", IEEE TIP 22(7), 2013; the authors' MATLAB code.
The last (infrared) source comes first, which shows where saliencies tie. The channels of a colour source share one weight
map. At least 91 pixels a side (window radius 45).
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from tcmoa_bench.baselines.kernels.colour import gray8
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.guided import guided_filter
from tcmoa_bench.baselines.kernels.numeric import Float64Array, gaussian, laplacian_magnitude, mean_filter, u8

BASE = (45, 0.3)
DETAIL = (7, 1e-6)


def gff(*images: Float64Array) -> Float64Array:
    """Fuse two or more images on 0..255, `H x W` or `H x W x 3`, unrounded."""
    sources = images[::-1]
    guides = [gray8(x) / 255 for x in sources]
    saliency = [gaussian(laplacian_magnitude(g), 11, 5, "replicate") + 1e-12 for g in guides]
    total = reduce(np.add, saliency)
    winner = np.argmax([x / total for x in saliency], axis=0)
    votes = [(winner == index).astype(np.float64) for index in range(len(sources))]
    fused = np.zeros_like(sources[0])
    planes = [x / 255 for x in sources]
    bases = [mean_filter(x, 31, "replicate") for x in planes]
    parts = (bases, [plane - base for plane, base in zip(planes, bases, strict=True)])
    for (radius, eps), part in zip((BASE, DETAIL), parts, strict=True):
        weights = [_quantise(guided_filter(g, v, radius, eps)) for g, v in zip(guides, votes, strict=True)]
        total = reduce(np.add, weights)
        for weight, image in zip(weights, part, strict=True):
            share = weight / total
            fused += (share[..., None] if image.ndim == 3 else share) * image
    return 255 * fused


def _quantise(weight: Float64Array) -> Float64Array:
    """Weight maps pass through `uint8` in the authors' code."""
    return u8(255 * weight) / 255 + 1e-12


build = on_images(gff, stacks=True)
