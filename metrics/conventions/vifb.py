"""VIFB, the visible and infrared fusion benchmark (Zhang, Ye and Xiao, CVPRW 2020): thirteen metrics.

Colour results are scored channel by channel and averaged (`channels.vifb_channels`). A gray fused image of colour sources
is compared with rgb2gray of the sources, except by Qcb and Qcv, which fail there. Null, with the reason, is what the
reference gives no number for: a combination of channels that it cannot index, Qcb and Qcv of constant images (0/0), the
infinite Psnr of equal images.
"""

from __future__ import annotations

import math
from typing import Literal

from tcmoa_bench.metrics.conventions import planewise as plane
from tcmoa_bench.metrics.conventions.channels import (
    fused_channels,
    on_any_scale,
    vifb_channels,
    vifb_like_sources,
    vifb_unrounded,
)
from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas import ssim as similarity
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked
from tcmoa_bench.metrics.stacks import extends

VIFB = Convention(
    "vifb",
    "VIFB (Xingchen Zhang, github.com/xingchenzhang/VIFB), MATLAB, commit 22b2ea9: mean over R, G, B",
    view=vifb_channels,
    settings={"colour": "mean-rgb", "in_": "uint8"},
)


@checked
@extends("over")
def ssim(
    a: Plane,
    b: Plane,
    fused: Plane,
    *,
    L: float,
    border: similarity.ValidOrReplicate,
    over: Literal["sum", "mean"],
) -> float:
    r"""SSIM(A, F) + SSIM(B, F): 11 x 11 Gaussian of sigma 1.5 without border, K = 0.01 and 0.03, L = 255.

    $$\mathrm{SSIM}(A,F)+\mathrm{SSIM}(B,F)$$
    $$\mathrm{SSIM}(S,F)=\overline{\frac{(2\mu_S\mu_F+c_1)(2\sigma_{SF}+c_2)}{(\mu_S^2+\mu_F^2+c_1)(\sigma_S^2+\sigma_F^2+c_2)}}$$
    """
    mean = plane.ssim(a, b, fused, peak=L, border=border)
    return 2 * mean if over == "sum" else mean


SQRT_SSE = {"error": "sqrt(sse)/n"}
STRETCH = {"stretch": "0-255"}

VIFB.define(
    "CE",
    plane.cross_entropy,
    spelled="Cross_entropy",
    code="metricsCross_entropy.m",
    differs="levels that one image lacks are left out: not a true divergence, can be negative",
)
VIFB.define("EN", plane.entropy, spelled="Entropy", code="metricsEntropy.m")
VIFB.define(
    "MI",
    plane.mutual_information,
    {"log": "e"},
    view=on_any_scale(vifb_channels),
    spelled="Mutinf",
    version=2,
    code="metricsMutinf.m",
    bounds=(0.0, 2 * math.log(256)),
    differs="in nats; a constant image contributes 0",
)
VIFB.define(
    "PSNR",
    plane.psnr_benchmark,
    SQRT_SSE,
    spelled="Psnr",
    code="metricsPsnr.m",
    differs="the error is sqrt(sum of squares)/(h w), not a mean square: 50 to 60 dB, depends on the size",
)
VIFB.define(
    "AG", plane.average_gradient, view=fused_channels, spelled="Avg_gradient", code="metricsAvg_gradient.m"
)
VIFB.define(
    "EI",
    plane.edge_intensity,
    view=fused_channels,
    spelled="Edge_intensity",
    code="metricsEdge_intensity.m",
    differs="Sobel without the divisor 8",
)
VIFB.define(
    "Qabf",
    plane.qabf,
    {"equal": "full", "border": "zero"},
    view=vifb_unrounded,
    code="metricsQabf.m",
    ideal=0.9994 * 0.9879 / (1 + math.exp(-4.4)),
    version=2,
    differs="where both gradients are equal, their ratio counts in full: its curve at infinity, not at 1",
)
VIFB.define(
    "SD",
    plane.standard_deviation,
    spelled="Variance",
    code="metricsVariance.m",
    differs="a population standard deviation under the name Variance",
)
VIFB.define(
    "SF",
    plane.spatial_frequency,
    {"colour": "side-by-side", "divisor": "hw"},
    view=fused_channels,
    spelled="Spatial_frequency",
    code="metricsSpatial_frequency.m",
    differs="the channels of a colour image lie side by side, so two jumps between channels count",
)
VIFB.define(
    "RMSE",
    plane.rmse_benchmark,
    SQRT_SSE,
    spelled="Rmse",
    code="metricsRmse.m",
    bounds=(0.0, 127.5),
    differs="divides the root by h w instead of sqrt(h w)",
)
VIFB.define(
    "SSIM",
    ssim,
    {"L": 255.0, "border": "valid", "over": "sum"},
    spelled="Ssim",
    code="metricsSsim.m",
    ideal=2.0,
    bounds=(-2.0, 2.0),
    min_size=11,
    differs="a sum over the sources, ideal 2",
)
VIFB.define("Qcb", qcb, STRETCH, view=vifb_like_sources, code="metricsQcb.m")
VIFB.define("Qcv", qcv, STRETCH, view=vifb_like_sources, code="metricsQcv.m")
