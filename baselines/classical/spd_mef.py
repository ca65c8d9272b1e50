"""Structural patch decomposition for multi-exposure pairs and brackets (SPD_MEF).

Paper: Ma, Li, Yong, Wang, Meng, Zhang, "Robust multi-exposure image fusion: a structural patch
decomposition approach", IEEE TIP 26(5), 2017; the authors' MATLAB code v1.0 with its defaults. Patches of
21x21 pixels are split into strength, structure and mean; a pseudo exposure for each source but the reference (the
reference made as bright as that source) stands in where the scene moved.

A fused patch is linear in the sources' pixels once its coefficients are known, so the sum over all
patches that cover a pixel is a box sum of coefficient maps: no patch is ever formed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array, u8

WINDOW, STEP, POWER = 21, 2, 4
SIGMA_GLOBAL, SIGMA_LOCAL = 0.2, 0.5
STABILITY = 0.03**2 / 2
DARK, BRIGHT = 0.01, 0.99
CONSISTENT, SAME_STRUCTURE = 0.1, 0.8
VALUES = WINDOW * WINDOW * 3


def spd_mef(*sources: Float64Array) -> Float64Array:
    """Fuse two images or more on 0..255, unrounded; gray ones count as three equal channels."""
    if sources[0].ndim == 2:
        return spd_mef(*(np.repeat(x[..., None], 3, axis=2) for x in sources))[..., 0]
    ordered = sorted((x / 255 for x in sources), key=lambda x: float(x.sum()))
    reference = int(np.argmin([_badly_exposed(x) for x in ordered]))
    fixed = ordered.pop(reference)
    # Order from here on: reference, other sources, pseudo exposures of these.
    images = [fixed, *ordered, *(_pseudo_exposure(fixed, other) for other in ordered)]
    count = len(sources)
    means = [_patch_mean(x) for x in images]
    variances = [_patch_mean(x * x) - m * m for x, m in zip(images, means, strict=True)]
    deviations = [np.sqrt(np.maximum(v, 0)) for v in variances]
    strengths = [s * np.sqrt(VALUES) + 0.001 for s in deviations]
    consistent = [_consistency(*([x[0], x[k]] for x in (images, means, deviations))) for k in range(1, count)]
    masks = [np.ones_like(consistent[0]), *consistent, *(1 - c for c in consistent)]

    level = _normalise([_exposedness(x, m) * c for x, m, c in zip(images, means, masks, strict=True)])
    share = _normalise([s**POWER * c + 0.001 for s, c in zip(strengths, masks, strict=True)])
    strength = np.maximum.reduce([s * c for s, c in zip(strengths, masks, strict=True)])
    base = np.asarray(sum(w * m for w, m in zip(level, means, strict=True)))

    # Structure: b = sum of g_k (x_k - l_k), where x_k is the pseudo exposure at inconsistent places but l_k and g_k stay
    # those of the source, as in the authors' code.
    gains = [share[k] / strengths[k] for k in range(count)]
    offset = np.asarray(sum(g * m for g, m in zip(gains, means[:count], strict=True)))

    def taken(of: Callable[[int], Float64Array], k: int) -> Float64Array:
        """What holds of the image that stands in source k's place: itself, or its pseudo exposure."""
        return of(k) if k == 0 else np.where(masks[k] > 0, of(k), of(k + count - 1))

    def product(j: int, k: int) -> Float64Array:
        return taken(lambda i: taken(lambda n: _patch_mean(images[i] * images[n]), k), j)

    energy = np.asarray(
        sum(gains[k] ** 2 * taken(lambda i: variances[i] + means[i] ** 2, k) for k in range(count))
    )
    for j, k in combinations(range(count), 2):
        energy = energy + 2 * gains[j] * gains[k] * product(j, k)
    energy = (
        energy - 2 * offset * sum(gains[k] * taken(means.__getitem__, k) for k in range(count)) + offset**2
    )
    norm = np.sqrt(np.maximum(VALUES * energy, 0))
    scale = np.divide(strength, norm, out=np.zeros_like(norm), where=norm > 0)

    visited = _grid(scale.shape)
    fused = _spread(visited * (base - scale * offset))[..., None] * np.ones(3)
    for image, gain, mask in zip(images, [*gains, *gains[1:]], masks, strict=True):
        fused += _spread(visited * (scale * gain * mask))[..., None] * image
    return 255 * np.clip(fused / _spread(visited)[..., None], 0, 1)


def _pseudo_exposure(fixed: Float64Array, other: Float64Array) -> Float64Array:
    """The reference made as bright as another source."""
    matched = np.stack([match_histogram(fixed[..., c], other[..., c]) for c in range(3)], axis=2)
    return np.clip(matched, 0, 1)


def _badly_exposed(x: Float64Array) -> int:
    """Number of 3x3x3 means that are too dark or too bright."""
    mean = cv2.blur(x.mean(axis=2), (3, 3))[1:-1, 1:-1]
    return int(((mean < DARK) | (mean > BRIGHT)).sum())


def _patch_mean(x: Float64Array) -> Float64Array:
    """Mean over 21x21 windows and all channels, at every place where the window fits."""
    radius = WINDOW // 2
    return cv2.blur(x.mean(axis=2), (WINDOW, WINDOW))[radius:-radius, radius:-radius]


def _normalise(weights: list[Float64Array]) -> list[Float64Array]:
    total = np.asarray(sum(weights))
    return [w / total for w in weights]


def _exposedness(image: Float64Array, mean: Float64Array) -> Float64Array:
    far_global = (image.mean() - 0.5) ** 2 / SIGMA_GLOBAL**2
    return np.exp(-0.5 * (far_global + (mean - 0.5) ** 2 / SIGMA_LOCAL**2))


def _consistency(
    images: list[Float64Array], means: list[Float64Array], deviations: list[Float64Array]
) -> Float64Array:
    """1 where the other source shows the reference's scene, else 0."""
    covariance = _patch_mean(images[0] * images[1]) - means[0] * means[1]
    structure = (covariance + STABILITY) / (deviations[0] * deviations[1] + STABILITY) > SAME_STRUCTURE
    structure |= (means[0] < DARK) | (means[0] > BRIGHT)
    intensity = np.abs(match_histogram(means[1], means[0]) - means[0]) <= CONSISTENT
    return (open_with_disk(structure) & intensity).astype(np.float64)


def match_histogram(x: Float64Array, target: Float64Array) -> Float64Array:
    """Give an image the 256-bin histogram of another (MATLAB's histeq with a target), on 0..1."""
    levels = u8(255 * x)
    counts = np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    wanted = np.bincount(u8(255 * target).ravel(), minlength=256)
    tolerance = np.minimum(np.append(counts[:-1], 0), np.append(0, counts[1:])) / 2
    cumulative = np.cumsum(wanted * (x.size / target.size))
    excess = cumulative[:, None] - np.cumsum(counts) + tolerance
    excess[excess < -x.size * np.sqrt(np.finfo(float).eps)] = x.size
    return np.argmin(excess, axis=0)[levels] / 255


def open_with_disk(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Opening with MATLAB's disk of radius 21, built from lines; outside the image is neutral."""
    lines = _disk_lines(WINDOW)
    reach = WINDOW
    padded = np.pad(mask.astype(np.uint8), reach, constant_values=1)
    for line in lines:
        padded = cv2.erode(padded, line)
    padded = np.pad(padded[reach:-reach, reach:-reach], reach)
    for line in lines:
        padded = cv2.dilate(padded, line)
    return padded[reach:-reach, reach:-reach] > 0


def _disk_lines(radius: int) -> list[NDArray[np.uint8]]:
    """Lines whose dilation is MATLAB's default approximation of a disk (Adams 1993)."""
    unit = 2 * radius / (1 / np.tan(np.pi / 8) + 1 / np.sin(np.pi / 8))
    straight, diagonal = 2 * int(unit) + 1, 2 * int(unit / np.sqrt(2)) + 1
    slant = np.eye(diagonal, dtype=np.uint8)
    lines = [np.ones((1, straight), np.uint8), np.ones((straight, 1), np.uint8), slant, slant[::-1].copy()]
    missing = 2 * (radius - (straight // 2 + 2 * (diagonal // 2)) - 1) + 1
    if missing >= 3:
        lines += [np.ones((1, missing), np.uint8), np.ones((missing, 1), np.uint8)]
    return lines


def _grid(shape: tuple[int, ...]) -> Float64Array:
    """1 at the places where a patch is taken: every second one and the last, along both axes."""
    rows, columns = (((np.arange(n) % STEP == 0) | (np.arange(n) == n - 1)).astype(np.float64) for n in shape)
    return rows[:, None] * columns


def _spread(x: Float64Array) -> Float64Array:
    """Sum over all patches that cover a pixel, from a value at each patch's top-left corner."""
    padded = np.pad(x, ((0, WINDOW - 1), (0, WINDOW - 1)))
    last = (WINDOW - 1, WINDOW - 1)
    return cv2.boxFilter(
        padded, cv2.CV_64F, (WINDOW, WINDOW), anchor=last, normalize=False, borderType=cv2.BORDER_CONSTANT
    )


build = on_images(spd_mef, stacks=True)
