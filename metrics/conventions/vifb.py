"""VIFB, the visible and infrared fusion benchmark (Zhang, Ye and Xiao, CVPRW 2020): thirteen metrics.

Colour results are scored channel by channel and averaged (`channels.vifb_triples`). A gray fused image of
colour sources is compared with rgb2gray of the sources, except by Qcb and Qcv, which fail there. Null, with
the reason, is what the reference gives no number for: a combination of channels that it cannot index, Qcb and
Qcv of constant images (0/0), the infinite Psnr of equal images.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.conventions import planewise
from tcmoa_bench.metrics.conventions.channels import Triple, fused_channels, per_channel, vifb_triples
from tcmoa_bench.metrics.core import Convention, Undefined
from tcmoa_bench.metrics.formulas.gradient import spatial_frequency
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.xydeas import Edges, edges
from tcmoa_bench.metrics.formulas.xydeas import qabf as preserved_edges
from tcmoa_bench.metrics.primitives import DIFFER, SMOOTH, conv2_in_matlab_order
from tcmoa_bench.metrics.scene import Picture, Scene

VIFB = Convention(
    "vifb", "VIFB (Xingchen Zhang, github.com/xingchenzhang/VIFB), MATLAB, commit 22b2ea9: mean over R, G, B"
)
_SETTING = {"colour": "mean-rgb", "in": "uint8"}
_QABF_SOURCE = "Xydeas and Petrovic 2000; metricsQabf.m"


def _like_sources(scene: Scene) -> list[Triple]:
    """VIFB's rule for formulas that never convert to gray."""
    if not scene.fused.is_colour and (scene.a.is_colour or scene.b.is_colour):
        raise Undefined("a source has three channels and the fused image one: VIFB's code fails on that")
    return vifb_triples(scene)


VIFB.metric(
    "CE",
    reference_name="Cross_entropy",
    higher_is_better=False,
    setting=_SETTING,
    source="metricsCross_entropy.m",
    difference="levels that one image lacks are left out: not a true divergence, can be negative",
)(per_channel(planewise.cross_entropy, vifb_triples))

VIFB.metric(
    "EN",
    reference_name="Entropy",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 8.0),
    source="metricsEntropy.m",
)(per_channel(planewise.entropy, vifb_triples))

VIFB.metric(
    "MI",
    reference_name="Mutinf",
    higher_is_better=True,
    setting={**_SETTING, "log": "e"},
    bounds=(0.0, 2 * math.log(256)),
    source="Qu, Zhang and Yan 2002; metricsMutinf.m",
    difference="in nats; a constant image contributes 0",
)(per_channel(planewise.mutual_information, vifb_triples))

VIFB.metric(
    "PSNR",
    reference_name="Psnr",
    higher_is_better=True,
    setting={**_SETTING, "error": "sqrt(sse)/n"},
    source="metricsPsnr.m",
    difference="the error is sqrt(sum of squares)/(h w), not a mean square: 50 to 60 dB, depends on the size",
)(per_channel(planewise.psnr, vifb_triples))

VIFB.metric(
    "AG",
    reference_name="Avg_gradient",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 4 * 255.0),  # h w differences over (h - 1)(w - 1): four times as many at 2 x 2
    source="metricsAvg_gradient.m",
)(per_channel(planewise.average_gradient, fused_channels))

VIFB.metric(
    "EI",
    reference_name="Edge_intensity",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 1020 * math.sqrt(2)),
    source="metricsEdge_intensity.m",
    difference="Sobel without the divisor 8",
)(per_channel(planewise.edge_intensity, fused_channels))


@VIFB.metric(
    "Qabf",
    higher_is_better=True,
    setting={**_SETTING, "equal": "gradient", "border": "zero"},
    ideal=0.9994 / (1 + math.exp(-7.5)) * 0.9879 / (1 + math.exp(-4.4)),
    source=_QABF_SOURCE,
    difference="where both gradients are equal, the gradient itself stands for their ratio",
)
def qabf(scene: Scene) -> float:
    """Edge preservation, sum(Q_AF g_A + Q_BF g_B) / sum(g_A + g_B), zero-padded Sobel."""
    if scene.fused.is_colour:
        return per_channel(planewise.qabf, vifb_triples)(scene)
    # The code converts to double before rgb2gray, which then does not round.
    a, b, fused = (_luma_edges(picture) for picture in (scene.a, scene.b, scene.fused))
    return preserved_edges(a, b, fused)


def _luma_edges(picture: Picture) -> Edges:
    def compute() -> Edges:
        across, down = (
            _conv2_in_octave_order(picture.gray_double, kernel) for kernel in (_ACROSS, -_ACROSS.T)
        )
        return edges(across, down)

    return picture.once("luma edges", compute)


_ACROSS = np.outer(SMOOTH, DIFFER)


def _conv2_in_octave_order(image: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Octave's `conv2(image, kernel, 'same')`: MATLAB's order but with the kernel's last column first.

    On unrounded gray levels the order decides which gradients are exactly equal or zero, and with that up to
    0.4 % of Qabf. The golden values were made with Octave.
    """
    mirrored = conv2_in_matlab_order(np.ascontiguousarray(image[:, ::-1]), kernel[:, ::-1])
    return mirrored[:, ::-1]


VIFB.metric(
    "SD",
    reference_name="Variance",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 127.5),
    source="metricsVariance.m",
    difference="a population standard deviation under the name Variance",
)(per_channel(planewise.standard_deviation, vifb_triples))


@VIFB.metric(
    "SF",
    reference_name="Spatial_frequency",
    higher_is_better=True,
    setting={**_SETTING, "colour": "side-by-side", "divisor": "hw"},
    bounds=(0.0, 255 * math.sqrt(2)),
    source="Eskicioglu and Fisher 1995; metricsSpatial_frequency.m",
    difference="the channels of a colour image lie side by side, so two jumps between channels count",
)
def side_by_side_frequency(scene: Scene) -> float:
    """sqrt(RF^2 + CF^2) of the channels laid side by side, both sums of squares divided by 3 h w."""
    fused = scene.fused
    wide = np.concatenate([fused.channel_plane(k).double for k in range(fused.planes)], axis=1)
    return spatial_frequency(wide, over_all=True)


VIFB.metric(
    "RMSE",
    reference_name="Rmse",
    higher_is_better=False,
    setting={**_SETTING, "error": "sqrt(sse)/n"},
    ideal=0.0,
    bounds=(0.0, 127.5),
    source="metricsRmse.m",
    difference="divides the root by h w instead of sqrt(h w)",
)(per_channel(planewise.rmse, vifb_triples))

VIFB.metric(
    "SSIM",
    reference_name="Ssim",
    higher_is_better=True,
    setting={**_SETTING, "L": "255", "border": "valid", "over": "sum"},
    ideal=2.0,
    bounds=(-2.0, 2.0),
    min_size=11,
    source="Wang et al. 2004; metricsSsim.m",
    difference="a sum over the sources, ideal 2",
)(per_channel(planewise.ssim, vifb_triples))

VIFB.metric(
    "Qcb",
    higher_is_better=True,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=1.0,
    bounds=(0.0, 1.0),
    source="Chen and Blum 2009; metricsQcb.m",
)(per_channel(qcb, _like_sources))

VIFB.metric(
    "Qcv",
    higher_is_better=False,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=0.0,
    bounds=(0.0, math.inf),
    source="Chen and Varshney 2007; metricsQcv.m",
)(per_channel(qcv, _like_sources))
