"""Nonsubsampled contourlet fusion (NSCT), and with its base fused by sparse representation (NSCT_SR).

Papers: da Cunha, Zhou, Do, "The nonsubsampled contourlet transform: theory, design, and applications",
IEEE TIP 15(10), 2006 (their toolbox's filters `pyrexc` and `vk`); Zhang, Guo, "Multifocus image fusion
using the nonsubsampled contourlet transform", Signal Processing 89(7), 2009; Liu, Liu, Wang, "A general
framework for image fusion based on multi-scale transform and sparse representation", Information
Fusion 24, 2015, whose toolbox sets 4, 8, 8 and 16 directions from coarse to fine (NSCT_SR: 4, one level).
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.polynomial import Polynomial

from tcmoa_bench.baselines.classical.nsct_directions import fuse_directions
from tcmoa_bench.baselines.classical.pyramid import BaseRule, mean_base
from tcmoa_bench.baselines.classical.sparse_base import base_rule
from tcmoa_bench.baselines.kernels.colour import Kernel, Pairs, jointly
from tcmoa_bench.baselines.kernels.fuser import KernelFuser, on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array, separable
from tcmoa_bench.baselines.kernels.threads import each, in_strips
from tcmoa_bench.types import FuserOptions, FuserRecord

#: Stages of directions from coarse to fine; n stages make 2**n directions.
STAGES = (2, 3, 3, 4)
STAGES_SR = (2,)

#: The pyramid's filters (`pyrexc`) as polynomials in the smoothing operator S, `[1 2 1]/4` along both axes
#: with holes; T is what S takes away. LOW * LOW_BACK + HIGH * HIGH_BACK = 1.
S = Polynomial([0, 1])
T = 1 - S
C = 2 * (2**0.5 - 1)
LOW, HIGH = S * (1 + C * T), T * (1 + C * S)
LOW_BACK = S * (1 + (2 - C) * T - 4 * (1 - C) * T**2)
HIGH_BACK = T * (1 + (2 - C) * S - 4 * (1 - C) * S**2)


def nsct_fusion(
    planes: list[Float64Array], pairs: Pairs, stages: tuple[int, ...], base: BaseRule = mean_base
) -> list[Float64Array]:
    """Fuse planes pairwise, level by level; nothing is decimated.

    Args:
        planes: `H x W` each, `float64`, 0..255.
        pairs: Which two of the planes are fused; coefficients of the second win ties.
        stages: Stages of directions per level, coarse to fine.
        base: How two low-pass images are fused.

    Returns:
        Unrounded results on about 0..255, one for each pair.
    """
    return _fuse(planes, pairs, stages, 1, base)


def _fuse(
    planes: list[Float64Array], pairs: Pairs, stages: tuple[int, ...], spacing: int, base: BaseRule
) -> list[Float64Array]:
    """Fuse from the level whose smoothing taps are `spacing` pixels apart downwards."""
    if not stages:
        return base(planes, pairs)
    lows, highs = zip(*each(lambda x: _split(x, spacing), planes), strict=True)
    high = fuse_directions(list(highs), pairs, stages[-1])
    low = _fuse(list(lows), pairs, stages[:-1], 2 * spacing, base)
    return each(lambda parts: _join(*parts, spacing), zip(low, high, strict=True))


def _split(x: Float64Array, spacing: int) -> tuple[Float64Array, Float64Array]:
    once = _smooth(x, spacing)
    twice = _smooth(once, spacing)

    def mix(side: Polynomial) -> Float64Array:
        c = side.coef
        return in_strips(
            lambda *powers: c[0] * powers[0] + c[1] * powers[1] + c[2] * powers[2], x, once, twice
        )

    return mix(LOW), mix(HIGH)


def _join(low: Float64Array, high: Float64Array, spacing: int) -> Float64Array:
    """Horner's scheme in S for the sum of both synthesis filters."""
    x = np.zeros_like(low)
    for for_low, for_high in zip(reversed(LOW_BACK.coef), reversed(HIGH_BACK.coef), strict=True):
        x = in_strips(partial(_add_mix, for_low=for_low, for_high=for_high), _smooth(x, spacing), low, high)
    return x


def _add_mix(
    x: Float64Array, low: Float64Array, high: Float64Array, for_low: float, for_high: float
) -> Float64Array:
    return x + for_low * low + for_high * high


def _smooth(x: Float64Array, spacing: int) -> Float64Array:
    taps = np.zeros(2 * spacing + 1)
    taps[::spacing] = 0.25, 0.5, 0.25
    return separable(x, taps, taps, "symmetric")


def _kernel(stages: tuple[int, ...], base: BaseRule = mean_base) -> Kernel:
    """Kernel for images; infrared comes first."""
    return jointly(lambda planes, pairs: nsct_fusion(planes, [(q, p) for p, q in pairs], stages, base))


build = on_images(_kernel(STAGES))


def build_sr(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """NSCT with sparse base; `Unavailable` without the user's dictionary file."""
    return on_images(_kernel(STAGES_SR, base_rule(record, options)))(record, options)
