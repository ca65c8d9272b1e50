"""`textbook`: each metric as its paper defines it, with the common bugs corrected; for new work.

All on MATLAB's rounded gray image (BT.601), levels 0..255, so that a picture scores the same from a gray and
from an RGB file. Full-reference measures are taken against each source; SSIM, MS-SSIM, CC and the errors are
means over the two, VIF, MI and SCD are sums, as their papers in fusion have it. A value that is 0/0 (CC of a
constant image) or infinite (PSNR of a fused image that equals both sources) is null with the reason.
"""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.metrics.core import Convention, Undefined
from tcmoa_bench.metrics.formulas import fmi, mef_ssim
from tcmoa_bench.metrics.formulas.correlation import pearson, scd
from tcmoa_bench.metrics.formulas.entropy import entropy, mutual_information
from tcmoa_bench.metrics.formulas.error import mean_squared_error, psnr
from tcmoa_bench.metrics.formulas.gradient import edge_intensity, spatial_frequency
from tcmoa_bench.metrics.formulas.nabf import nabf
from tcmoa_bench.metrics.formulas.ssim import MS_SSIM_MIN_SIZE, ms_ssim, ssim
from tcmoa_bench.metrics.formulas.vifp import vifp
from tcmoa_bench.metrics.formulas.xydeas import plane_edges, qabf
from tcmoa_bench.metrics.scene import Plane, Scene

TEXTBOOK = Convention(
    "textbook", "the definitions of the original papers, corrected: recommended for new work"
)

GRAY = {"gray": "bt601-round"}
LEVELS = {**GRAY, "in_": "0..255"}


@TEXTBOOK.metric("EN", higher_is_better=True, arguments=GRAY, bounds=(0.0, 8.0), source="Shannon 1948")
def en(scene: Scene, *, gray: str) -> float:
    """-sum p log2 p over the 256 levels of F, in bits."""
    return entropy(scene.gray(gray)[2].counts)


@TEXTBOOK.metric(
    "SD",
    higher_is_better=True,
    arguments=LEVELS,
    bounds=(0.0, 127.5),
    source="population standard deviation",
    difference="the true one: tang2022 lets uint8 arithmetic cut it, mfif averages the columns' deviations",
)
def sd(scene: Scene, *, gray: str, in_: str) -> float:
    """sqrt(mean((F - mean F)^2)) in levels."""
    return float(np.std(scene.gray(gray)[2].on(in_)))


@TEXTBOOK.metric(
    "SF",
    higher_is_better=True,
    arguments=GRAY,
    setting={"in": "0..255"},
    bounds=(0.0, 255 * math.sqrt(2)),
    source="Eskicioglu and Fisher 1995",
    difference="each mean over the differences there are; VIFB, MEFB and Liu divide by all pixels; tang2022 "
    "is on [0,1]",
)
def sf(scene: Scene, *, gray: str) -> float:
    """sqrt(mean squared row difference + mean squared column difference) of F, in levels."""
    return spatial_frequency(scene.gray(gray)[2].levels)


@TEXTBOOK.metric(
    "AG",
    higher_is_better=True,
    arguments=LEVELS,
    bounds=(0.0, 255.0),
    source="Cui, Feng, Xu, Li and Chen 2015",
    difference="forward differences, as many as the divisor says; Tang, VIFB and MEFB divide the sum of h w "
    "central differences by (h-1)(w-1)",
)
def ag(scene: Scene, *, gray: str, in_: str) -> float:
    """Mean of sqrt((dx^2 + dy^2) / 2) of F over (h-1)(w-1) pixels, forward differences, in levels."""
    image = scene.gray(gray)[2].on(in_)
    across, down = image[:-1, 1:] - image[:-1, :-1], image[1:, :-1] - image[:-1, :-1]
    return float(np.sqrt((across * across + down * down) / 2).mean())


@TEXTBOOK.metric(
    "EI",
    higher_is_better=True,
    arguments=GRAY,
    setting={"in": "0..255", "border": "replicate"},
    bounds=(0.0, 255 * 4 * math.sqrt(2)),
    source="Rajalingam and Priya 2018; VIFB's metricsEdge_intensity.m",
)
def ei(scene: Scene, *, gray: str) -> float:
    """Mean Sobel gradient magnitude of F, no divisor."""
    return edge_intensity(scene.gray(gray)[2].levels)


@TEXTBOOK.metric(
    "MI",
    higher_is_better=True,
    arguments=GRAY,
    bounds=(0.0, 16.0),
    source="Qu, Zhang and Yan 2002",
    difference="in bits, all 256 levels apart: Tang merges 254 and 255 in joint histograms, VIFB is in nats",
)
def mi(scene: Scene, *, gray: str) -> float:
    """I(A; F) + I(B; F) in bits."""
    a, b, fused = scene.gray(gray)
    return sum(max(mutual_information(fused.joint_counts(source)), 0.0) for source in (a, b))


@TEXTBOOK.metric(
    "NMI",
    higher_is_better=True,
    arguments=GRAY,
    ideal=2.0,
    bounds=(0.0, 2.0),
    source="Hossny, Nahavandi and Creighton 2008",
    difference="on the levels as they are: MEFB and Liu stretch each image first and fail on constant ones",
)
def nmi(scene: Scene, *, gray: str) -> float:
    """2 [I(A; F) / (H(A) + H(F)) + I(B; F) / (H(B) + H(F))]; 0/0 for a constant source and fused image."""
    a, b, fused = scene.gray(gray)
    return 2 * (_normalised(a, fused) + _normalised(b, fused))


def _normalised(source: Plane, fused: Plane) -> float:
    total = entropy(source.counts) + entropy(fused.counts)
    if not total:
        raise Undefined("a source and the fused image are constant: there is no information to share")
    return max(mutual_information(fused.joint_counts(source)), 0.0) / total


@TEXTBOOK.metric(
    "CE",
    higher_is_better=False,
    arguments=GRAY,
    ideal=0.0,
    bounds=(0.0, math.inf),
    source="Kullback and Leibler 1951; Bulanon, Burks and Alchanatis 2009",
    difference="a true divergence, never negative: VIFB and MEFB do not renormalise over the common levels",
)
def ce(scene: Scene, *, gray: str) -> float:
    """Mean over A and B of sum p log2(p / p_F) in bits, p and p_F renormalised over the common levels."""
    a, b, fused = scene.gray(gray)
    return (_divergence(a, fused) + _divergence(b, fused)) / 2


def _divergence(source: Plane, fused: Plane) -> float:
    both = (source.counts > 0) & (fused.counts > 0)
    if not both.any():
        raise Undefined("a source and the fused image have no level in common")
    p, q = source.counts[both], fused.counts[both]
    p, q = p / p.sum(), q / q.sum()
    return max(float((p * np.log2(p / q)).sum()), 0.0)


@TEXTBOOK.metric(
    "MSE",
    higher_is_better=False,
    arguments=GRAY,
    setting={"in": "0..255"},
    ideal=0.0,
    bounds=(0.0, 65025.0),
    source="mean squared error",
    difference="in squared levels; Tang's is on [0,1]",
)
def mse(scene: Scene, *, gray: str) -> float:
    """Mean over A and B of the mean squared difference to F."""
    a, b, fused = scene.gray(gray)
    return (mean_squared_error(a, fused) + mean_squared_error(b, fused)) / 2


@TEXTBOOK.metric(
    "RMSE",
    higher_is_better=False,
    arguments=GRAY,
    setting={"in": "0..255"},
    ideal=0.0,
    bounds=(0.0, 255.0),
    source="root mean squared error",
    difference="of the mean of the two MSEs; VIFB's is sqrt(SSE)/(h w), smaller by sqrt(h w)",
)
def rmse(scene: Scene, *, gray: str) -> float:
    """Sqrt of the mean over A and B of the mean squared difference to F, in levels."""
    return math.sqrt(mse(scene, gray=gray))


@TEXTBOOK.metric(
    "PSNR",
    higher_is_better=True,
    arguments={**GRAY, "peak": 255.0},
    setting={"in": "0..255"},
    bounds=(0.0, math.inf),
    source="peak signal-to-noise ratio",
    difference="peak and MSE on one scale: Tang's is 48.13 dB higher, VIFB's MSE is sqrt(SSE)/(h w)",
)
def peak_signal_to_noise(scene: Scene, *, gray: str, peak: float) -> float:
    """10 log10(255^2 / MSE) in dB, the MSE being the mean over A and B; infinite if F equals both."""
    return psnr(mse(scene, gray=gray), peak)


@TEXTBOOK.metric(
    "CC", higher_is_better=True, arguments=LEVELS, ideal=1.0, bounds=(-1.0, 1.0), source="Pearson correlation"
)
def cc(scene: Scene, *, gray: str, in_: str) -> float:
    """Mean of the Pearson correlations of F with A and with B; 0/0 if one is constant."""
    a, b, fused = scene.gray(gray)
    return (pearson(a, fused) + pearson(b, fused)) / 2


@TEXTBOOK.metric(
    "SCD",
    higher_is_better=True,
    arguments=LEVELS,
    ideal=2.0,
    bounds=(-2.0, 2.0),
    source="Aslantas and Bendes 2015",
)
def sum_of_correlations_of_differences(scene: Scene, *, gray: str, in_: str) -> float:
    """r(F - B, A) + r(F - A, B); 0/0 if F equals a source up to a constant."""
    return scd(*scene.gray(gray))


@TEXTBOOK.metric(
    "VIF",
    higher_is_better=True,
    arguments=LEVELS,
    ideal=2.0,
    bounds=(0.0, math.inf),
    source="Sheikh and Bovik 2006, pixel domain",
    difference="floating point at every scale, tang2022 saturates the finest; MEFB's VIF is VIFF (Han 2013)",
)
def vif(scene: Scene, *, gray: str, in_: str) -> float:
    """VIFp(A, F) + VIFp(B, F); 0/0 if a source is constant."""
    a, b, fused = scene.gray(gray)
    return vifp(a, fused) + vifp(b, fused)


@TEXTBOOK.metric(
    "SSIM",
    higher_is_better=True,
    arguments={**LEVELS, "peak": 255.0, "border": "valid"},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    source="Wang, Bovik, Sheikh and Simoncelli 2004",
    difference="mean over the sources with L = 255: tang2023 takes L = 1, VIFB the sum, tang2022 MEF-SSIM",
)
def structural_similarity(scene: Scene, *, gray: str, in_: str, peak: float, border: str) -> float:
    """Mean of SSIM(A, F) and SSIM(B, F): 11x11 Gaussian window of sigma 1.5, K = 0.01 and 0.03."""
    a, b, fused = scene.gray(gray)
    return (ssim(a, fused, peak=peak, border=border) + ssim(b, fused, peak=peak, border=border)) / 2


@TEXTBOOK.metric(
    "MS-SSIM",
    higher_is_better=True,
    aliases=["MS_SSIM"],
    arguments=LEVELS,
    ideal=1.0,
    bounds=(0.0, 1.0),
    min_size=11,
    source="Wang, Simoncelli and Bovik 2003",
    difference="Wang's, against each source; what Tang and the TC-MoA paper call MS-SSIM is MEF-SSIM",
)
def multi_scale_structural_similarity(scene: Scene, *, gray: str, in_: str) -> float:
    """Mean of MS-SSIM(A, F) and MS-SSIM(B, F), five scales, L = 255; null under 161x161 pixels."""
    if min(scene.shape) < MS_SSIM_MIN_SIZE:
        height, width = scene.shape
        least = f"{MS_SSIM_MIN_SIZE}x{MS_SSIM_MIN_SIZE}"
        raise Undefined(
            f"MS-SSIM@textbook needs at least {least} pixels for its five scales, not {height}x{width}"
        )
    a, b, fused = scene.gray(gray)
    return (ms_ssim(a, fused) + ms_ssim(b, fused)) / 2


@TEXTBOOK.metric(
    "MEF-SSIM",
    higher_is_better=True,
    aliases=["MEF_SSIM"],
    arguments=GRAY,
    setting={"in": "0..255", "scales": 3},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    source="Ma, Zeng and Wang 2015",
    difference="as the authors' code; null instead of minus infinity for images under 44x44",
)
def exposure_fusion_similarity(scene: Scene, *, gray: str) -> float:
    """Structural similarity of F to the patches of an ideal exposure fusion, three scales."""
    if min(scene.shape) < mef_ssim.MIN_SIZE:
        height, width = scene.shape
        least = f"{mef_ssim.MIN_SIZE}x{mef_ssim.MIN_SIZE}"
        raise Undefined(
            f"MEF-SSIM@textbook needs at least {least} pixels for its scales, not {height}x{width}"
        )
    a, b, fused = scene.gray(gray)
    return mef_ssim.mef_ms_ssim(a, b, fused)


@TEXTBOOK.metric(
    "Qabf",
    higher_is_better=True,
    arguments={**LEVELS, "equality_bug": False},
    ideal=0.9748,
    bounds=(0.0, 0.9754),
    source="Xydeas and Petrovic 2000",
    difference="equal gradients have ratio 1: Tang, VIFB and MEFB put the gradient itself there",
)
def edge_preservation(scene: Scene, *, gray: str, in_: str, equality_bug: bool) -> float:
    """Sum (Q_AF g_A + Q_BF g_B) / sum (g_A + g_B), zero-padded Sobel; 0/0 if no source has an edge."""
    a, b, fused = (plane_edges(plane, in_) for plane in scene.gray(gray))
    return qabf(a, b, fused, equality_bug)


@TEXTBOOK.metric(
    "Nabf",
    higher_is_better=False,
    arguments=LEVELS,
    ideal=0.0,
    bounds=(0.0, 1.0),
    source="Shreyamsha Kumar 2013",
    difference="F, A, B in order on 0..255: tang2023 takes A for F, tang2022's [0,1] misses the threshold",
)
def artefacts(scene: Scene, *, gray: str, in_: str) -> float:
    """Share of edge weight lost where F's gradient exceeds both sources'."""
    a, b, fused = scene.gray(gray)
    return nabf(fused, a, b, in_)


def feature_mutual_information(
    scene: Scene, *, gray: str, in_: str, feature: fmi.Feature, overwrite: bool
) -> float:
    """Mean over 3x3 windows of the normalised mutual information of a feature of A and F, and of B and F."""
    return fmi.plane_fmi(*scene.gray(gray), in_, feature, overwrite)


for _name, _feature in {
    "FMI_pixel": "none",
    "FMI_gradient": "gradient",
    "FMI_edge": "edge",
    "FMI_dct": "dct",
    "FMI_wavelet": "wavelet",
}.items():
    TEXTBOOK.metric(
        _name,
        higher_is_better=True,
        arguments={**LEVELS, "feature": _feature, "overwrite": False},
        ideal=1.0,
        min_size=3,
        source="Haghighat, Aghagolzadeh and Seyedarabi 2011, 2014",
        difference="the feature is what the name says (Tang's FMI_pixel and MEFB's FMI are edge FMI), and windows "
        "where F equals B are recognised as those where it equals A",
    )(feature_mutual_information)
