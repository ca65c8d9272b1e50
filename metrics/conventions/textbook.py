"""`textbook`: each metric as its paper defines it, with the common bugs corrected; for new work.

All on MATLAB's rounded gray image (BT.601), levels 0..255, so that a picture scores the same from a gray and
from an RGB file. Full-reference measures are taken against each source; SSIM, MS-SSIM, CC and the errors are
means over the two, VIF, MI and SCD are sums, as their papers in fusion have it. A value that is 0/0 (CC of a
constant image) or infinite (PSNR of a fused image that equals both sources) is null with the reason.
"""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.metrics.conventions import planewise as plane
from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.formulas.correlation import scd
from tcmoa_bench.metrics.formulas.entropy import entropy, mutual_information
from tcmoa_bench.metrics.formulas.fmi import plane_fmi
from tcmoa_bench.metrics.formulas.ssim import MS_SSIM_MIN_SIZE, Negative, ms_ssim
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.stacks import extends

TEXTBOOK = Convention(
    "textbook",
    "the definitions of the original papers, corrected: recommended for new work",
    settings={"gray": "bt601-round"},
)
LEVELS = {"in_": "0..255"}


@extends("alone")
def sd(a: Plane, b: Plane, fused: Plane) -> float:
    r"""sqrt(mean((F - mean F)^2)) in levels.

    $$\sqrt{\frac{1}{hw}\sum_{x,y}\left(F-\overline{F}\right)^2}$$
    """
    return float(np.std(fused.values))


@extends("alone")
def ag(a: Plane, b: Plane, fused: Plane) -> float:
    r"""Mean of sqrt((dx^2 + dy^2) / 2) of F over (h-1)(w-1) pixels, forward differences, in levels.

    $$\frac{1}{(h-1)(w-1)}\sum_{x,y}\sqrt{\frac{1}{2}\left((\Delta_x F)^2+(\Delta_y F)^2\right)}$$
    """
    image = fused.values
    across, down = image[:-1, 1:] - image[:-1, :-1], image[1:, :-1] - image[:-1, :-1]
    return float(np.sqrt((across * across + down * down) / 2).mean())


@extends("sum")
def mi(a: Plane, b: Plane, fused: Plane) -> float:
    r"""I(A; F) + I(B; F) in bits.

    $$I(A,F)+I(B,F)$$
    $$I(S,F)=H(S)+H(F)-H(S,F)$$
    """
    return sum(_shared(source, fused) for source in (a, b))


@extends("sum")
def nmi(a: Plane, b: Plane, fused: Plane) -> float:
    r"""2 [I(A; F) / (H(A) + H(F)) + I(B; F) / (H(B) + H(F))]; 0/0 for a constant source and fused image.

    $$\frac{2\,I(A,F)}{H(A)+H(F)}+\frac{2\,I(B,F)}{H(B)+H(F)}$$
    """

    def share(source: Plane) -> float:
        total = entropy(source.counts) + entropy(fused.counts)
        if not total:
            raise Undefined("a source and the fused image are constant: there is no information to share")
        return _shared(source, fused) / total

    return 2 * (share(a) + share(b))


def _shared(source: Plane, fused: Plane) -> float:
    return max(mutual_information(fused.joint_counts(source)), 0.0)


@extends("mean")
def ce(a: Plane, b: Plane, fused: Plane) -> float:
    r"""Mean over A and B of sum p log2(p / p_F) in bits, p and p_F renormalised over the common levels.

    $$\frac{1}{2}\sum_{S\in\{A,B\}}\sum_{k} p_S(k)\log_2\frac{p_S(k)}{p_F(k)}$$
    """
    return (_divergence(a, fused) + _divergence(b, fused)) / 2


def _divergence(source: Plane, fused: Plane) -> float:
    both = (source.counts > 0) & (fused.counts > 0)
    if not both.any():
        raise Undefined("a source and the fused image have no level in common")
    p, q = source.counts[both], fused.counts[both]
    p, q = p / p.sum(), q / q.sum()
    return max(float((p * np.log2(p / q)).sum()), 0.0)


@extends("rms")
def rmse(a: Plane, b: Plane, fused: Plane) -> float:
    r"""Sqrt of the mean over A and B of the mean squared difference to F, in levels.

    $$\sqrt{\frac{1}{2hw}\sum_{S\in\{A,B\}}\sum_{x,y}(F-S)^2}$$
    """
    return math.sqrt(plane.mse(a, b, fused))


def sum_of_correlations_of_differences(a: Plane, b: Plane, fused: Plane) -> float:
    r"""r(F - B, A) + r(F - A, B); 0/0 if F equals a source up to a constant.

    $$r(F-B,\,A)+r(F-A,\,B)$$
    """
    return scd(a, b, fused)


@extends("mean")
def multi_scale_similarity(a: Plane, b: Plane, fused: Plane, *, negative: Negative) -> float:
    """Mean of MS-SSIM(A, F) and MS-SSIM(B, F), five scales, L = 255; a negative mean similarity counts as 0."""
    return (ms_ssim(a, fused, negative=negative) + ms_ssim(b, fused, negative=negative)) / 2


@extends("joint")
def edge_preservation(*planes: Plane, equality_bug: bool) -> float:
    r"""Sum (Q_AF g_A + Q_BF g_B) / sum (g_A + g_B), zero-padded Sobel; 0/0 if no source has an edge.

    $$\frac{\sum_{x,y}\left(Q_{AF}\,g_A+Q_{BF}\,g_B\right)}{\sum_{x,y}\left(g_A+g_B\right)}$$
    """
    return plane.qabf(*planes, equal="gradient" if equality_bug else "one")


TEXTBOOK.define("EN", plane.entropy)
TEXTBOOK.define(
    "SD",
    sd,
    LEVELS,
    paper="population standard deviation",
    differs="the true one: tang2022 lets uint8 arithmetic cut it, mfif averages the columns' deviations",
)
TEXTBOOK.define(
    "SF",
    plane.spatial_frequency,
    LEVELS,
    differs="each mean over the differences there are; VIFB, MEFB and Liu divide by all pixels; tang2022 is on [0,1]",
)
TEXTBOOK.define(
    "AG",
    ag,
    LEVELS,
    bounds=(0.0, 255.0),
    differs="forward differences, as many as the divisor says; Tang, VIFB and MEFB divide the sum of h w "
    "central differences by (h-1)(w-1)",
)
TEXTBOOK.define(
    "EI", plane.edge_intensity, {**LEVELS, "border": "replicate"}, code="VIFB's metricsEdge_intensity.m"
)
TEXTBOOK.define(
    "MI",
    mi,
    bounds=(0.0, 16.0),
    differs="in bits, all 256 levels apart: Tang merges 254 and 255 in joint histograms, VIFB is in nats",
)
TEXTBOOK.define(
    "NMI",
    nmi,
    ideal=2.0,
    differs="on the levels as they are: MEFB and Liu stretch each image first and fail on constant ones",
)
TEXTBOOK.define(
    "CE",
    ce,
    paper="Kullback and Leibler 1951; Bulanon, Burks and Alchanatis 2009",
    ideal=0.0,
    bounds=(0.0, math.inf),
    differs="a true divergence, never negative: VIFB and MEFB do not renormalise over the common levels",
)
TEXTBOOK.define(
    "MSE",
    plane.mse,
    LEVELS,
    paper="mean squared error",
    bounds=(0.0, 65025.0),
    differs="in squared levels; Tang's is on [0,1]",
)
TEXTBOOK.define(
    "RMSE",
    rmse,
    LEVELS,
    paper="root mean squared error",
    bounds=(0.0, 255.0),
    differs="of the mean of the two MSEs; VIFB's is sqrt(SSE)/(h w), smaller by sqrt(h w)",
)
TEXTBOOK.define(
    "PSNR",
    plane.psnr,
    {**LEVELS, "peak": 255.0},
    paper="peak signal-to-noise ratio",
    bounds=(0.0, math.inf),
    differs="peak and MSE on one scale: Tang's is 48.13 dB higher, VIFB's MSE is sqrt(SSE)/(h w)",
)
TEXTBOOK.define("CC", plane.correlation, version=2)
TEXTBOOK.define("SCD", sum_of_correlations_of_differences, version=2)
TEXTBOOK.define(
    "VIF",
    plane.vif,
    LEVELS,
    code="pixel domain",
    differs="floating point at every scale, tang2022 saturates the finest; MEFB's VIF is VIFF (Han 2013)",
)
TEXTBOOK.define(
    "SSIM",
    plane.ssim,
    {**LEVELS, "peak": 255.0, "border": "valid"},
    min_size=11,
    differs="mean over the sources with L = 255: tang2023 takes L = 1, VIFB the sum, tang2022 MEF-SSIM",
)
TEXTBOOK.define(
    "MS-SSIM",
    multi_scale_similarity,
    {**LEVELS, "negative": "zero"},
    version=2,
    aliases=["MS_SSIM"],
    min_size=MS_SSIM_MIN_SIZE,
    differs="Wang's, against each source, with 0 for the complex power of a negative; what Tang and the TC-MoA paper "
    "call MS-SSIM is MEF-SSIM",
)
TEXTBOOK.define(
    "MEF-SSIM",
    plane.exposure_fusion_similarity,
    {**LEVELS, "scales": 3},
    aliases=["MEF_SSIM"],
    differs="as the authors' code; null instead of minus infinity for images under 44x44",
)
TEXTBOOK.define(
    "Qabf",
    edge_preservation,
    {**LEVELS, "equality_bug": False},
    ideal=0.9748,
    differs="equal gradients have ratio 1: Tang, VIFB and MEFB put the gradient itself there",
)
TEXTBOOK.define(
    "Nabf",
    plane.nabf,
    LEVELS,
    differs="F, A, B in order on 0..255: tang2023 takes A for F, tang2022's [0,1] misses the threshold",
)
for name, feature in (
    ("FMI_pixel", "none"),
    ("FMI_gradient", "gradient"),
    ("FMI_edge", "edge"),
    ("FMI_dct", "dct"),
    ("FMI_wavelet", "wavelet"),
):
    TEXTBOOK.define(
        name,
        plane_fmi,
        # Edge maps have but two values: a window equals its scaled copy, and overwriting changes nothing.
        {**LEVELS, "feature": feature, **({} if feature == "edge" else {"overwrite": False})},
        version=2 if feature == "edge" else 1,
        differs="the feature is what the name says (Tang's FMI_pixel and MEFB's FMI are edge FMI), and windows "
        "where F equals B are recognised as those where it equals A",
    )
