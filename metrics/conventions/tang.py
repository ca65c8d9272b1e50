"""Linfeng Tang's Evaluation-for-Image-Fusion: `tang2022` (May 2022, saturating), `tang2023` (HEAD, float).

Everything is computed on MATLAB's rounded gray image. The two versions differ in what the functions are fed:
2022 hands them uint8 levels, whose arithmetic saturates at 0 and 255, or levels divided by 255; 2023 hands
them doubles on 0..255. What is 0/0 in the reference (CC, SCD, VIF of constant images) is null here, and so is
the infinite PSNR of a fused image that equals both sources.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tcmoa_bench.metrics.conventions import planewise as plane
from tcmoa_bench.metrics.core import Convention, Formula
from tcmoa_bench.metrics.formulas.correlation import scd
from tcmoa_bench.metrics.formulas.fmi import plane_fmi
from tcmoa_bench.metrics.scene import Plane

GRAY = {"gray": "bt601-round"}
TANG2022 = Convention(
    "tang2022",
    "Linfeng Tang, Evaluation-for-Image-Fusion (MATLAB), May 2022: gray, uint8 or [0,1]",
    settings=GRAY,
)
TANG2023 = Convention(
    "tang2023",
    "Linfeng Tang, Evaluation-for-Image-Fusion (MATLAB), since March 2023: gray, 0..255",
    settings=GRAY,
)

UINT8, UNIT, LEVELS = {"in_": "uint8"}, {"in_": "0..1"}, {"in_": "0..255"}


def both(
    name: str,
    function: Formula,
    of_2022: Mapping[str, object],
    of_2023: Mapping[str, object],
    **facts: Any,
) -> None:
    """Define one formula in both versions, each with its settings."""
    for convention, settings in ((TANG2022, of_2022), (TANG2023, of_2023)):
        convention.define(name, function, settings, **facts)


def scd_flat(a: Plane, b: Plane, fused: Plane, *, flat: float) -> float:
    r"""r(F - B, A) + r(F - A, B).

    $$r(F-B,\,A)+r(F-A,\,B)$$
    """
    return scd(a, b, fused, flat=flat)


both("EN", plane.entropy, {}, {}, code="entropy.m")
both(
    "MI",
    plane.mutual_information,
    {"merge": "254+255"},
    {"merge": "254+255"},
    code="MI_evaluation.m",
    formula="H(A) + H(F) - H(A, F) + H(B) + H(F) - H(B, F), in bits, joint histograms with 254 and 255 merged.",
    bounds=(0.0, 2 * math.log2(258)),  # where merging loses most: 254 and 255 take a share of 1/64.5
    differs="levels 254 and 255 share a bin in the joint histograms only (uint8 index + 1 saturates)",
)
both("MSE", plane.mse, UNIT, UNIT, code="MSE_evaluation.m", bounds=(0.0, 1.0))
both(
    "PSNR",
    plane.psnr,
    {**UNIT, "peak": 255.0},
    {**UNIT, "peak": 255.0},
    code="PSNR_evaluation.m",
    formula="20 log10(255 / sqrt(MSE)) in dB, the MSE taken on [0, 1]; infinite if F equals A and B.",
    differs="the MSE is on [0,1] but the peak is 255: 48.13 dB above the true PSNR",
)
both("SF", plane.spatial_frequency, UNIT, LEVELS, code="SF_evaluation.m")
TANG2022.define(
    "SD",
    plane.standard_deviation,
    {**UINT8, "sat": True},
    code="SD_evaluation.m, fed uint8",
    formula="sqrt(mean(min(max(round(F - mean F), 0)^2, 255))), what uint8 arithmetic makes of the deviation.",
    bounds=(0.0, 255.0**0.5),
    differs="not a standard deviation: pixels darker than the mean count 0, squares above 255 count 255",
)
TANG2023.define("SD", plane.standard_deviation, {**LEVELS, "sat": False}, code="SD_evaluation.m, fed double")
both(
    "VIF",
    plane.vif,
    {**UINT8, "sat": True},
    {**LEVELS, "sat": False},
    code="VIF_evaluation.m, vifp_mscale.m",
    differs="sum over the sources; 2022: products at the finest scale saturate at 255",
)
both("AG", plane.average_gradient, LEVELS, LEVELS, code="AG_evaluation.m")
both("CC", plane.correlation, {}, {}, code="CC_evaluation.m", version=2)
both(
    "SCD",
    scd_flat,
    {"flat": 0.0},
    {"flat": math.nan},
    version=2,
    code="analysis_SCD.m",
    differs="free of scale; but on [0,1] the deviation of a constant source is rounding noise, which correlates "
    "with nothing, so 2022 gives 0 for it where 2023 gives 0/0",
)
both(
    "Qabf",
    plane.qabf,
    UNIT,
    LEVELS,
    code="Qabf.m",
    bounds=(-0.001, 0.9754),
    differs="where the gradients of source and F are equal, their ratio is the gradient itself, not 1: "
    "the value depends on the scale of the levels",
)
TANG2022.define(
    "Nabf",
    plane.nabf,
    {**UNIT, "order": "F,A,B"},
    code="Nabf.m",
    differs="on [0,1] no gradient reaches the noise threshold of 2, so all weights are equal",
)
TANG2023.define(
    "Nabf_fixed",
    plane.nabf,
    {**LEVELS, "order": "F,A,B"},
    code="Nabf.m",
    differs="Nabf with its arguments in the right order",
)
TANG2023.define(
    "Nabf",
    plane.nabf,
    {**LEVELS, "order": "A,B,F"},
    code="Nabf.m",
    differs="called with its arguments in the wrong order: source A is taken for the fused image",
)
TANG2023.define(
    "SSIM_L255",
    plane.ssim,
    {**LEVELS, "peak": 255.0, "border": "replicate"},
    code="MATLAB ssim on uint8",
    differs="SSIM with the right dynamic range",
)
TANG2023.define(
    "SSIM",
    plane.ssim,
    {**LEVELS, "peak": 1.0, "border": "replicate"},
    code="MATLAB ssim on doubles 0..255, without DynamicRange",
    differs="dynamic range 1 for levels 0..255: values come out low",
)
both(
    "MS-SSIM",
    plane.exposure_fusion_similarity,
    {**LEVELS, "scales": 3},
    {**LEVELS, "scales": 3},
    spelled="MS_SSIM",
    code="analysis_ms_ssim.m, mef_ms_ssim.m",
    paper="Ma, Zeng and Wang 2015",
    bounds=(-math.inf, math.inf),
    min_size=44,
    differs="MEF-SSIM at three scales: not Wang's MS-SSIM",
)
TANG2022.define(
    "SSIM",
    plane.exposure_fusion_similarity,
    {**LEVELS, "scales": 1},
    code="mef_ssim.m",
    paper="Ma, Zeng and Wang 2015",
    bounds=(-math.inf, math.inf),
    min_size=11,
    differs="MEF-SSIM at one scale, against an ideal patch made of both sources: not Wang's SSIM",
)
for name, feature, facts in (
    ("FMI_pixel", "edge", {"differs": "named pixel, but called without a feature: the default is edge"}),
    ("FMI_dct", "dct", {}),
    ("FMI_wavelet", "wavelet", {"spelled": "FMI_w"}),
):
    both(
        name,
        plane_fmi,
        {**UNIT, "feature": feature},
        {**LEVELS, "feature": feature},
        code="analysis_fmi.m",
        **facts,
    )
