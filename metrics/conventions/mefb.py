"""MEFB, the multi-exposure fusion benchmark (Zhang 2021): twenty metrics.

Colour images are scored channel by channel and averaged (`channels.mefb_channels`). Null, with the reason, is what the
reference gives no number for: sources and fused image that differ in their channels; NMI, Qncie and TE of constant
images; Qcb, Qcv, Qp of images without contrast; VIF under 41 pixels; MEF_SSIM of gray images.
"""

from __future__ import annotations

from tcmoa_bench.metrics.conventions import planewise as plane
from tcmoa_bench.metrics.conventions.channels import (
    gray_of_colour,
    mefb_channels,
    mefb_fused_channels,
    mefb_fused_unrounded,
    on_any_scale,
)
from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.fmi import plane_fmi
from tcmoa_bench.metrics.formulas.mutual import nmi, qncie
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.tsallis import CVEJIC, te
from tcmoa_bench.metrics.formulas.viff import viff
from tcmoa_bench.metrics.formulas.yang import qy

MEFB = Convention(
    "mefb",
    "MEFB (Xingchen Zhang, github.com/xingchenzhang/MEFB), MATLAB, commit 9e185bf: mean over R, G, B",
    view=mefb_channels,
    settings={"colour": "mean-rgb", "in_": "uint8"},
)
STRETCH = {"stretch": "0-255"}
NOISE = "flat windows are rounding noise over rounding noise: not reproducible on saturated images"

MEFB.define(
    "CE",
    plane.cross_entropy,
    spelled="Cross_entropy",
    code="metricsCross_entropy.m",
    differs="levels that one image lacks are left out: not a true divergence, can be negative",
)
MEFB.define("EN", plane.entropy, spelled="Entropy", code="metricsEntropy.m")
MEFB.define(
    "FMI",
    plane_fmi,
    {"feature": "edge", "window": 3},
    code="metricsFMI.m, fmi.m",
    differs="the default feature of fmi.m, edges",
)
MEFB.define("NMI", nmi, view=on_any_scale(mefb_channels), code="metricsNMI.m", version=2)
MEFB.define(
    "PSNR",
    plane.psnr_benchmark,
    {"error": "sqrt(sse)/n"},
    spelled="Psnr",
    code="metricsPsnr.m",
    differs="the error is sqrt(sum of squares)/(h w), not a mean square: 50 to 60 dB, depends on the size",
)
MEFB.define("Qncie", qncie, view=on_any_scale(mefb_channels), code="metricsQncie.m", version=2)
MEFB.define(
    "TE",
    te,
    {"q": CVEJIC, **STRETCH},
    code="metricsTE.m",
    differs="the marginals are exchanged: values from below 0 to thousands",
)
MEFB.define(
    "AG",
    plane.average_gradient,
    view=mefb_fused_unrounded,
    spelled="Avg_gradient",
    code="metricsAvg_gradient.m",
    version=2,
)
MEFB.define(
    "EI",
    plane.edge_intensity,
    view=mefb_fused_channels,
    spelled="Edge_intensity",
    code="metricsEdge_intensity.m",
    differs="Sobel without the divisor 8",
    version=2,
)
MEFB.define(
    "Qabf",
    plane.qabf,
    {"equal": "full", "border": "zero"},
    code="metricsQabf.m",
    version=2,
    differs="where both gradients are equal, their ratio counts in full: its curve at infinity, not at 1",
)
MEFB.define("Qp", plane_qp, code="metricsQp.m")
MEFB.define("SD", plane.standard_deviation, code="metricsSD.m")
MEFB.define(
    "SF",
    plane.spatial_frequency,
    {"divisor": "hw"},
    spelled="Spatial_frequency",
    code="metricsSpatial_frequency.m",
    differs="channel by channel, unlike VIFB",
)
MEFB.define(
    "Qc",
    qc,
    {"window": "gaussian7", "share": "overwrite", "nan": "drop"},
    code="metricsQc.m",
    differs=NOISE,
)
MEFB.define(
    "Qw",
    qs,
    {"window": "gaussian11", "add": "ssim", "weighted": True, "image": "prewitt"},
    code="metricsQw.m (metricPeilla, sw = 3)",
    differs="the weighted index of the Prewitt edge images only, with SSIM instead of UIQI",
)
MEFB.define("Qy", qy, {"window": "gaussian7", "nan": "drop"}, code="metricsQy.m", differs=NOISE)
MEFB.define(
    "Qcb",
    qcb,
    {**STRETCH, "scale": "0..1"},
    code="metricsQcb.m",
    differs="levels are divided by 255 before the stretch, so ties round differently than in VIFB",
)
MEFB.define("Qcv", qcv, STRETCH, code="metricsQcv.m")
MEFB.define(
    "VIFF",
    viff,
    spelled="VIF",
    code="metricsVIF.m",
    differs="VIFF, information fidelity for fusion, under the name VIF",
)
MEFB.define(
    "MEF-SSIM",
    plane.exposure_fusion_similarity,
    {"gray": "bt601-round", "in_": "0..255", "scales": 3},
    view=gray_of_colour,
    spelled="MEF_SSIM",
    code="metricsMEF_SSIM.m, mef_ms_ssim.m",
)
