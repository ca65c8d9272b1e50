"""Linfeng Tang's Evaluation-for-Image-Fusion: `tang2022` (May 2022, saturating), `tang2023` (HEAD, float).

Everything is computed on MATLAB's rounded gray image. The two versions differ in what the functions are fed:
2022 hands them uint8 levels, whose arithmetic saturates at 0 and 255, or levels divided by 255; 2023 hands
them doubles on 0..255. What is 0/0 in the reference (CC, SCD, VIF of constant images) is null here, and so is
the infinite PSNR of a fused image that equals both sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas import fmi, mef_ssim
from tcmoa_bench.metrics.formulas.correlation import pearson, scd
from tcmoa_bench.metrics.formulas.entropy import entropy, merge_top_levels
from tcmoa_bench.metrics.formulas.error import mean_squared_error, psnr
from tcmoa_bench.metrics.formulas.gradient import average_gradient, spatial_frequency
from tcmoa_bench.metrics.formulas.nabf import nabf
from tcmoa_bench.metrics.formulas.ssim import ssim
from tcmoa_bench.metrics.formulas.vifp import vifp
from tcmoa_bench.metrics.formulas.xydeas import plane_edges, qabf
from tcmoa_bench.metrics.scene import Scene

TANG2022 = Convention(
    "tang2022", "Linfeng Tang, Evaluation-for-Image-Fusion (MATLAB), May 2022: gray, uint8 or [0,1]"
)
TANG2023 = Convention(
    "tang2023", "Linfeng Tang, Evaluation-for-Image-Fusion (MATLAB), since March 2023: gray, 0..255"
)

GRAY = {"gray": "bt601-round"}
UNIT = {"in_": "0..1"}
LEVELS = {"in_": "0..255"}
#: What a level is divided by to come to a scale.
FULL_SCALE = {"0..1": 255.0, "0..255": 1.0}

Function = Callable[..., float]


def _both(
    name: str,
    arguments_2022: Mapping[str, object],
    arguments_2023: Mapping[str, object],
    *,
    higher_is_better: bool = True,
    **facts,
) -> Callable[[Function], Function]:
    """Register one function in both versions, each with the arguments that its version stands for."""

    def register(function: Function) -> Function:
        for convention, arguments in ((TANG2022, arguments_2022), (TANG2023, arguments_2023)):
            bound = {**GRAY, **arguments}
            convention.metric(name, higher_is_better=higher_is_better, arguments=bound, **facts)(function)
        return function

    return register


@_both("EN", {}, {}, bounds=(0.0, 8.0), source="entropy.m (Shannon 1948)")
def en(scene: Scene, *, gray: str) -> float:
    """-sum p log2 p over the 256 levels of F, in bits."""
    return entropy(scene.gray(gray)[2].counts)


@_both(
    "MI",
    {"merge": "254+255"},
    {"merge": "254+255"},
    bounds=(-2.0, 16.0),
    source="MI_evaluation.m (Qu, Zhang and Yan 2002)",
    difference="levels 254 and 255 share a bin in the joint histograms only (uint8 index + 1 saturates)",
)
def mi(scene: Scene, *, gray: str, merge: str) -> float:
    """H(A) + H(F) - H(A, F) + H(B) + H(F) - H(B, F), in bits, joint histograms with 254 and 255 merged."""
    a, b, fused = scene.gray(gray)
    joined = {"254+255": merge_top_levels}[merge]
    return sum(
        entropy(source.counts) + entropy(fused.counts) - entropy(joined(fused.joint_counts(source)))
        for source in (a, b)
    )


@_both("MSE", UNIT, UNIT, higher_is_better=False, bounds=(0.0, 1.0), source="MSE_evaluation.m", ideal=0.0)
def mse(scene: Scene, *, gray: str, in_: str) -> float:
    """Mean over A and B of the mean squared difference to F, levels on [0, 1]."""
    a, b, fused = scene.gray(gray)
    return (mean_squared_error(a, fused) + mean_squared_error(b, fused)) / 2 / FULL_SCALE[in_] ** 2


@_both(
    "PSNR",
    {**UNIT, "peak": 255.0},
    {**UNIT, "peak": 255.0},
    source="PSNR_evaluation.m",
    difference="the MSE is on [0,1] but the peak is 255: 48.13 dB above the true PSNR",
)
def psnr_mixed(scene: Scene, *, gray: str, in_: str, peak: float) -> float:
    """20 log10(255 / sqrt(MSE)) in dB, the MSE taken on [0, 1]; infinite if F equals A and B."""
    return psnr(mse(scene, gray=gray, in_=in_), peak)


@_both("SF", UNIT, LEVELS, bounds=(0.0, 255 * 2**0.5), source="SF_evaluation.m (Eskicioglu and Fisher 1995)")
def sf(scene: Scene, *, gray: str, in_: str) -> float:
    """sqrt(mean squared row difference + mean squared column difference) of F."""
    return spatial_frequency(scene.gray(gray)[2].levels) / FULL_SCALE[in_]


@TANG2022.metric(
    "SD",
    higher_is_better=True,
    arguments={**GRAY, "in_": "uint8", "sat": True},
    bounds=(0.0, 255.0**0.5),
    source="SD_evaluation.m, fed uint8",
    difference="not a standard deviation: pixels darker than the mean count 0, squares above 255 count 255",
)
@TANG2023.metric(
    "SD",
    higher_is_better=True,
    arguments={**GRAY, **LEVELS, "sat": False},
    bounds=(0.0, 127.5),
    source="SD_evaluation.m, fed double",
    formula="sqrt(mean((F - mean F)^2)), the population standard deviation in levels",
)
def sd(scene: Scene, *, gray: str, in_: str, sat: bool) -> float:
    """sqrt(mean(min(max(round(F - mean F), 0)^2, 255))), what uint8 arithmetic makes of the deviation."""
    fused = scene.gray(gray)[2]
    levels = np.arange(256.0)
    pixels = fused.levels.size
    deviation = levels - float((fused.counts * levels).sum()) / pixels
    square = np.minimum(np.maximum(np.floor(deviation + 0.5), 0.0) ** 2, 255.0) if sat else deviation**2
    return float(np.sqrt((fused.counts * square).sum() / pixels))


@_both(
    "VIF",
    {"in_": "uint8", "sat": True},
    {**LEVELS, "sat": False},
    ideal=2.0,
    source="VIF_evaluation.m, vifp_mscale.m (Sheikh and Bovik 2006)",
    difference="sum over the sources; 2022: products at the finest scale saturate at 255",
)
def vif(scene: Scene, *, gray: str, in_: str, sat: bool) -> float:
    """VIFp(A, F) + VIFp(B, F)."""
    a, b, fused = scene.gray(gray)
    return vifp(a, fused, sat) + vifp(b, fused, sat)


@_both(
    "AG",
    LEVELS,
    LEVELS,
    source="AG_evaluation.m (Cui, Feng, Xu, Li and Chen 2015)",
    bounds=(0.0, 4 * 255.0),  # h w differences over (h - 1)(w - 1): four times as many at 2 x 2
)
def ag(scene: Scene, *, gray: str, in_: str) -> float:
    """Sum sqrt((gx^2 + gy^2) / 2) / ((h-1)(w-1)) of F, central differences, one-sided at the borders."""
    return average_gradient(scene.gray(gray)[2].on(in_))


@_both("CC", UNIT, LEVELS, ideal=1.0, bounds=(-1.0, 1.0), source="CC_evaluation.m")
def cc(scene: Scene, *, gray: str, in_: str) -> float:
    """Mean of the Pearson correlations of F with A and with B."""
    a, b, fused = scene.gray(gray)
    return (pearson(a, fused) + pearson(b, fused)) / 2


@_both(
    "SCD",
    {**UNIT, "flat": 0.0},
    {**LEVELS, "flat": math.nan},
    ideal=2.0,
    bounds=(-2.0, 2.0),
    source="analysis_SCD.m (Aslantas and Bendes 2015)",
    difference="free of scale; but on [0,1] the deviation of a constant source is rounding noise, which correlates "
    "with nothing, so 2022 gives 0 for it where 2023 gives 0/0",
)
def sum_of_correlations_of_differences(scene: Scene, *, gray: str, in_: str, flat: float) -> float:
    """r(F - B, A) + r(F - A, B)."""
    return scd(*scene.gray(gray), flat=flat)


@_both(
    "Qabf",
    UNIT,
    LEVELS,
    bounds=(-0.001, 0.9754),
    source="Qabf.m (Xydeas and Petrovic 2000)",
    difference="where the gradients of source and F are equal, their ratio is the gradient itself, not 1: "
    "the value depends on the scale of the levels",
)
def edge_preservation(scene: Scene, *, gray: str, in_: str) -> float:
    """Sum (Q_AF g_A + Q_BF g_B) / sum (g_A + g_B), zero-padded Sobel."""
    a, b, fused = (plane_edges(plane, in_) for plane in scene.gray(gray))
    return qabf(a, b, fused, equality_bug=True)


NABF = "Nabf.m (Shreyamsha Kumar 2013)"


@TANG2022.metric(
    "Nabf",
    higher_is_better=False,
    arguments={**GRAY, **UNIT, "order": "F,A,B"},
    ideal=0.0,
    bounds=(0.0, 1.0),
    source=NABF,
    difference="on [0,1] no gradient reaches the noise threshold of 2, so all weights are equal",
)
@TANG2023.metric(
    "Nabf",
    higher_is_better=False,
    arguments={**GRAY, **LEVELS, "order": "A,B,F"},
    ideal=0.0,
    bounds=(0.0, 1.0),
    source=NABF,
    difference="called with its arguments in the wrong order: source A is taken for the fused image",
)
@TANG2023.metric(
    "Nabf_fixed",
    higher_is_better=False,
    arguments={**GRAY, **LEVELS, "order": "F,A,B"},
    ideal=0.0,
    bounds=(0.0, 1.0),
    source=NABF,
    difference="Nabf with its arguments in the right order",
)
def artefacts(scene: Scene, *, gray: str, in_: str, order: str) -> float:
    """Share of edge weight lost where the fused image's gradient exceeds both sources'."""
    planes = dict(zip("ABF", scene.gray(gray), strict=True))
    taken_for_fused, first, second = (planes[letter] for letter in order.split(","))
    return nabf(taken_for_fused, first, second, in_)


@TANG2023.metric(
    "SSIM",
    higher_is_better=True,
    arguments={**GRAY, **LEVELS, "peak": 1.0, "border": "replicate"},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    source="MATLAB ssim on doubles 0..255, without DynamicRange",
    difference="dynamic range 1 for levels 0..255: values come out low",
)
@TANG2023.metric(
    "SSIM_L255",
    higher_is_better=True,
    arguments={**GRAY, **LEVELS, "peak": 255.0, "border": "replicate"},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    source="MATLAB ssim on uint8",
    difference="SSIM with the right dynamic range",
)
def structural_similarity(scene: Scene, *, gray: str, in_: str, peak: float, border: str) -> float:
    """Mean of SSIM(A, F) and SSIM(B, F), 11x11 Gaussian window of sigma 1.5."""
    a, b, fused = scene.gray(gray)
    return (ssim(a, fused, peak=peak, border=border) + ssim(b, fused, peak=peak, border=border)) / 2


@TANG2022.metric(
    "SSIM",
    higher_is_better=True,
    arguments={**GRAY, **LEVELS, "scales": 1},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    source="mef_ssim.m (Ma, Zeng and Wang 2015)",
    difference="MEF-SSIM at one scale, against an ideal patch made of both sources: not Wang's SSIM",
)
@_both(
    "MS-SSIM",
    {**LEVELS, "scales": 3},
    {**LEVELS, "scales": 3},
    reference_name="MS_SSIM",
    ideal=1.0,
    bounds=(-1.0, 1.0),
    source="analysis_ms_ssim.m, mef_ms_ssim.m (Ma, Zeng and Wang 2015)",
    difference="MEF-SSIM at three scales: not Wang's MS-SSIM",
)
def exposure_fusion_similarity(scene: Scene, *, gray: str, in_: str, scales: int) -> float:
    """Structural similarity of F to the patches that an ideal exposure fusion would show."""
    a, b, fused = scene.gray(gray)
    return {1: mef_ssim.mef_ssim, 3: mef_ssim.mef_ms_ssim}[scales](a, b, fused)


def _fmi_metric(name: str, feature: fmi.Feature, **facts) -> None:
    _both(
        name,
        {**UNIT, "feature": feature},
        {**LEVELS, "feature": feature},
        ideal=1.0,
        min_size=3,
        source="analysis_fmi.m (Haghighat, Aghagolzadeh and Seyedarabi 2011)",
        **facts,
    )(feature_mutual_information)


def feature_mutual_information(scene: Scene, *, gray: str, in_: str, feature: fmi.Feature) -> float:
    """Mean over 3x3 windows of the normalised mutual information of a feature of A and F, and of B and F."""
    return fmi.plane_fmi(*scene.gray(gray), in_, feature)


_fmi_metric("FMI_pixel", "edge", difference="named pixel, but called without a feature: the default is edge")
_fmi_metric("FMI_dct", "dct")
_fmi_metric("FMI_wavelet", "wavelet", reference_name="FMI_w")
