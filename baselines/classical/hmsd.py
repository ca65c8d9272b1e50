"""Hybrid multi-scale decompositions and their perceptual combination: Hybrid_MSD, HMSD_GF and GFCE.

Papers: Zhou, Wang, Li, Dong, "Perceptual fusion of infrared and visible images through a hybrid
multi-scale decomposition with Gaussian and bilateral filters", Information Fusion 30, 2016; Zhou, Dong,
Xie, Gao, "Fusion of infrared and visible images for night-vision context enhancement", Applied Optics
55(23), 2016; the authors' MATLAB code as in VIFB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import scipy.fft

from tcmoa_bench.baselines.kernels.bilateral_grid import fast_bilateral
from tcmoa_bench.baselines.kernels.cumulative import self_guided
from tcmoa_bench.baselines.kernels.enhance import enhance_visible
from tcmoa_bench.baselines.kernels.fuser import on_parts
from tcmoa_bench.baselines.kernels.numeric import NEGLIGIBLE, Float64Array, gaussian, gaussian_taps, stretch
from tcmoa_bench.baselines.kernels.perceptual import perceptual_saliency
from tcmoa_bench.baselines.kernels.threads import in_strips

RADII = (2, 4, 8, 16)


@dataclass(frozen=True)
class Decomposition:
    """Texture details D and edges E of one image, finest level first, and its base."""

    details: list[Float64Array]
    edges: list[Float64Array]
    base: Float64Array


@dataclass(frozen=True)
class Rated:
    """A decomposition and the perceptual saliency of its plane."""

    parts: Decomposition
    saliency: float


def fuse_hybrid_msd(visible: Decomposition, infrared: Decomposition) -> Float64Array:
    """Hybrid_MSD from two decompositions by Gaussian and bilateral filters; 0..255, unrounded."""
    return combine(visible, infrared, strength=30.0, smooth_finest=False)


def fuse_hmsd_gf(visible: Rated, infrared: Rated) -> Float64Array:
    """HMSD_GF from two decompositions by guided filters; 0..255 but brightened by 275/255, unrounded."""
    strength = _strength(visible.saliency, infrared.saliency)
    return 275 * combine(visible.parts, infrared.parts, strength=strength, smooth_finest=True)


def rate(x: Float64Array) -> Rated:
    """HMSD_GF's analysis of a plane on 0..255."""
    return Rated(decompose_guided(x / 255), perceptual_saliency(x))


def rate_enhanced(x: Float64Array) -> Rated:
    """GFCE's analysis of a visible plane."""
    return rate(enhance_visible(x))


def rate_stretched(x: Float64Array) -> Rated:
    """GFCE's analysis of an infrared plane."""
    return rate(255 * stretch(x))


def decompose_bilateral(x: Float64Array) -> Decomposition:
    """Gaussian and fast bilateral filters of growing width, on 0..255."""

    def coarser(smooth: Float64Array, kept: Float64Array, level: int) -> tuple[Float64Array, Float64Array]:
        radius = RADII[level]
        blurred = gaussian(smooth, 6 * radius + 1, radius, "symmetric")
        return blurred, 255 * fast_bilateral(kept / 255, radius, 0.05 / 2**level)

    return _decompose(x, coarser)


def decompose_guided(x: Float64Array) -> Decomposition:
    """Guided filters of growing width, on 0..1: one nearly without edges, one that keeps them."""

    def coarser(smooth: Float64Array, kept: Float64Array, level: int) -> tuple[Float64Array, Float64Array]:
        radius, eps = RADII[level], (0.1 / 2**level) ** 2
        if kept is smooth:
            smooth, kept = self_guided(x, radius, (1e4, eps))
            return smooth, kept
        return self_guided(smooth, radius, (1e4,))[0], self_guided(kept, radius, (eps,))[0]

    return _decompose(x, coarser)


def _decompose(
    x: Float64Array, coarser: Callable[[Float64Array, Float64Array, int], tuple[Float64Array, Float64Array]]
) -> Decomposition:
    smooth = kept = x
    details, edges = [], []
    for level in range(len(RADII)):
        finer = smooth
        smooth, kept = coarser(smooth, kept, level)
        details.append(finer - kept)
        edges.append(kept - smooth)
    return Decomposition(details, edges, smooth)


def combine(
    visible: Decomposition, infrared: Decomposition, *, strength: float, smooth_finest: bool
) -> Float64Array:
    """Fuse two decompositions: infrared enters where its edges are stronger, by `strength`.

    Args:
        visible: Decomposition of the visible plane.
        infrared: Decomposition of the infrared plane, same shape and scale.
        strength: Steepness of the arc tangent that turns edge differences into weights.
        smooth_finest: Smooth the finest level's choice of edges.
    """
    fused = np.zeros_like(visible.base)
    for level in (3, 2, 1):
        excess = in_strips(
            lambda e, f: np.maximum(np.abs(e) - np.abs(f), 0), infrared.edges[level], visible.edges[level]
        )
        peak = excess.max()
        scale = strength if peak > NEGLIGIBLE else 0.0
        weight = in_strips(
            partial(_steep, strength=scale, full=np.arctan(strength), peak=max(peak, NEGLIGIBLE)),
            excess,
            out=excess,
        )
        if level == 3:
            in_strips(_add_mix, fused, _wide_gaussian(weight), visible.base, infrared.base, out=fused)
        weight = gaussian(weight, 7, 1, "symmetric")
        for parts_v, parts_i in ((visible.edges, infrared.edges), (visible.details, infrared.details)):
            in_strips(_add_mix, fused, weight, parts_v[level], parts_i[level], out=fused)
    choice = (np.abs(visible.edges[0]) < np.abs(infrared.edges[0])).astype(np.float64)
    if smooth_finest:
        choice = gaussian(choice, 7, 1, "symmetric")
    in_strips(_add_mix, fused, choice, visible.edges[0], infrared.edges[0], out=fused)
    return in_strips(_add_stronger, fused, visible.details[0], infrared.details[0], out=fused)


def _steep(excess: Float64Array, strength: float, full: float, peak: float) -> Float64Array:
    """Weights from 0 to 1 that rise steeply, by the arc tangent."""
    return np.arctan(strength * (excess / peak)) / full


def _add_mix(
    fused: Float64Array, weight: Float64Array, visible: Float64Array, infrared: Float64Array
) -> Float64Array:
    return fused + (weight * infrared + (1 - weight) * visible)


def _add_stronger(fused: Float64Array, visible: Float64Array, infrared: Float64Array) -> Float64Array:
    return fused + np.where(np.abs(visible) < np.abs(infrared), infrared, visible)


def _wide_gaussian(x: Float64Array) -> Float64Array:
    """385x385 Gaussian with sigma 64 and symmetric border, as a product in the cosine domain."""
    spectrum = scipy.fft.dctn(x)
    spectrum *= _wide_response(len(x))[:, None]
    spectrum *= _wide_response(x.shape[1])
    return scipy.fft.idctn(spectrum, overwrite_x=True)


@cache
def _wide_response(n: int) -> Float64Array:
    """Gain of the wide Gaussian on the cosines of a symmetric extension of n samples."""
    offsets = np.arange(385) - 192
    return np.cos(np.pi / n * np.outer(np.arange(n), offsets)) @ gaussian_taps(385, 64)


def _strength(visible: float, infrared: float) -> float:
    """HMSD_GF's lambda, from how salient the infrared plane is beside the visible one."""
    relative = infrared / visible if visible > 0 else (np.inf if infrared > 0 else 0.0)
    if relative < 0.8:
        return 100.0
    return 2000.0 if relative > 1.6 else 2500 * relative - 1900


build_hybrid_msd = on_parts(decompose_bilateral, decompose_bilateral, fuse_hybrid_msd)
build_hmsd_gf = on_parts(rate, rate, fuse_hmsd_gf)
build_gfce = on_parts(rate_enhanced, rate_stretched, fuse_hmsd_gf)
