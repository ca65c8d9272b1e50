"""MEFB, the multi-exposure fusion benchmark (Zhang 2021): twenty metrics.

Colour images are scored channel by channel and averaged (`channels.mefb_triples`). Null, with the reason, is what
the reference gives no number for: sources and fused image that differ in their channels; NMI, Qncie and TE of
constant images; Qcb, Qcv, Qp of images without contrast; VIF under about 41 pixels; MEF_SSIM of gray images.
"""

from __future__ import annotations

import math

from tcmoa_bench.metrics.conventions import planewise
from tcmoa_bench.metrics.conventions.channels import Triple, fused_channels, mefb_triples, per_channel
from tcmoa_bench.metrics.core import Convention, Undefined
from tcmoa_bench.metrics.formulas import fmi, mef_ssim
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.mutual import nmi, qncie
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.tsallis import te
from tcmoa_bench.metrics.formulas.viff import viff
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Plane, Scene

MEFB = Convention(
    "mefb", "MEFB (Xingchen Zhang, github.com/xingchenzhang/MEFB), MATLAB, commit 9e185bf: mean over R, G, B"
)
_SETTING = {"colour": "mean-rgb", "in": "uint8"}

MEFB.metric(
    "CE",
    reference_name="Cross_entropy",
    higher_is_better=False,
    setting=_SETTING,
    source="metricsCross_entropy.m",
    difference="levels that one image lacks are left out: not a true divergence, can be negative",
)(per_channel(planewise.cross_entropy, mefb_triples))

MEFB.metric(
    "EN",
    reference_name="Entropy",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 8.0),
    source="metricsEntropy.m",
)(per_channel(planewise.entropy, mefb_triples))


@MEFB.metric(
    "FMI",
    higher_is_better=True,
    setting={**_SETTING, "feature": "edge", "window": "3"},
    ideal=1.0,
    min_size=3,
    source="Haghighat, Aghagolzadeh and Seyedarabi 2011; metricsFMI.m, fmi.m",
    difference="the default feature of fmi.m, edges",
)
def feature_mutual_information(scene: Scene) -> float:
    """Mean over 3 x 3 windows of the normalised mutual information of the edges of A and F, and of B and F."""
    return per_channel(_fmi, mefb_triples)(scene)


def _fmi(*planes: Plane) -> float:
    a, b, fused = (fmi.plane_feature_map(plane, "0..255", "edge") for plane in planes)
    return fmi.fmi_of_maps(a, b, fused)


MEFB.metric(
    "NMI",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 2.0),
    source="Hossny, Nahavandi and Creighton 2008; metricsNMI.m",
)(per_channel(nmi, mefb_triples))

MEFB.metric(
    "PSNR",
    reference_name="Psnr",
    higher_is_better=True,
    setting={**_SETTING, "error": "sqrt(sse)/n"},
    source="metricsPsnr.m",
    difference="the error is sqrt(sum of squares)/(h w), not a mean square: 50 to 60 dB, depends on the size",
)(per_channel(planewise.psnr, mefb_triples))

MEFB.metric(
    "Qncie",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 1.0),
    source="Wang, Shen and Jin 2005; metricsQncie.m",
)(per_channel(qncie, mefb_triples))

MEFB.metric(
    "TE",
    higher_is_better=True,
    setting={**_SETTING, "q": "1.85", "stretch": "0-255"},
    source="Cvejic, Canagarajah and Bull 2006; metricsTE.m",
    difference="the marginals are exchanged: values from below 0 to thousands",
)(per_channel(te, mefb_triples))


def _average_gradient_planes(scene: Scene) -> list[Triple]:
    if scene.fused.is_colour and not scene.a.is_colour:
        return [(scene.fused.luma,) * 3]
    return fused_channels(scene)


MEFB.metric(
    "AG",
    reference_name="Avg_gradient",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 4 * 255.0),  # h w differences over (h - 1)(w - 1): four times as many at 2 x 2
    source="metricsAvg_gradient.m",
)(per_channel(planewise.average_gradient, _average_gradient_planes))

MEFB.metric(
    "EI",
    reference_name="Edge_intensity",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 1020 * math.sqrt(2)),
    source="metricsEdge_intensity.m",
    difference="Sobel without the divisor 8",
)(per_channel(planewise.edge_intensity, fused_channels))

MEFB.metric(
    "Qabf",
    higher_is_better=True,
    setting={**_SETTING, "equal": "gradient", "border": "zero"},
    bounds=(-0.001, 0.9754),
    source="Xydeas and Petrovic 2000; metricsQabf.m",
    difference="where both gradients are equal, the gradient itself stands for their ratio",
)(per_channel(planewise.qabf, mefb_triples))


MEFB.metric(
    "Qp",
    higher_is_better=True,
    setting=_SETTING,
    ideal=1.0,
    source="Zhao, Laganiere and Liu 2007; metricsQp.m",
)(per_channel(plane_qp, mefb_triples))

MEFB.metric(
    "SD",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 127.5),
    source="metricsSD.m",
)(per_channel(planewise.standard_deviation, mefb_triples))

MEFB.metric(
    "SF",
    reference_name="Spatial_frequency",
    higher_is_better=True,
    setting={**_SETTING, "divisor": "hw"},
    bounds=(0.0, 255 * math.sqrt(2)),
    source="Eskicioglu and Fisher 1995; metricsSpatial_frequency.m",
    difference="channel by channel, unlike VIFB",
)(per_channel(planewise.spatial_frequency, mefb_triples))


MEFB.metric(
    "Qc",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"window": "gaussian7", "share": "overwrite", "nan": "drop"},
    min_size=11,
    source="Cvejic, Loza, Bull and Canagarajah 2005; metricsQc.m",
    difference="flat windows are rounding noise over rounding noise: not reproducible on saturated images",
)(per_channel(qc, mefb_triples))

MEFB.metric(
    "Qw",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"window": "gaussian11", "add": "ssim", "weighted": True, "image": "prewitt"},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    source="Piella and Heijmans 2003; metricsQw.m (metricPeilla, sw = 3)",
    difference="the weighted index of the Prewitt edge images only, with SSIM instead of UIQI",
)(per_channel(qs, mefb_triples))

MEFB.metric(
    "Qy",
    higher_is_better=True,
    setting={**_SETTING, "window": "gaussian7"},
    arguments={"nan": "drop"},
    min_size=11,
    source="Yang, Zhang, Wang and Zhang 2008; metricsQy.m",
    difference="flat windows are rounding noise over rounding noise: not reproducible on saturated images",
)(per_channel(qy, mefb_triples))

MEFB.metric(
    "Qcb",
    higher_is_better=True,
    setting={**_SETTING, "stretch": "0-255"},
    arguments={"scale": "0..1"},
    ideal=1.0,
    bounds=(0.0, 1.0),
    source="Chen and Blum 2009; metricsQcb.m",
    difference="levels are divided by 255 before the stretch, so ties round differently than in VIFB",
)(per_channel(qcb, mefb_triples))

MEFB.metric(
    "Qcv",
    higher_is_better=False,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=0.0,
    bounds=(0.0, math.inf),
    source="Chen and Varshney 2007; metricsQcv.m",
)(per_channel(qcv, mefb_triples))

MEFB.metric(
    "VIFF",
    reference_name="VIF",
    higher_is_better=True,
    setting=_SETTING,
    source="Han, Cai, Cao and Xu 2013; metricsVIF.m",
    difference="VIFF, information fidelity for fusion, under the name VIF",
)(per_channel(viff, mefb_triples))


@MEFB.metric(
    "MEF-SSIM",
    reference_name="MEF_SSIM",
    higher_is_better=True,
    setting={"gray": "bt601-round", "in": "0..255", "scales": "3"},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    source="Ma, Zeng and Wang 2015; metricsMEF_SSIM.m, mef_ms_ssim.m",
)
def mef_similarity(scene: Scene) -> float:
    """Similarity of structure to an ideal patch made of both sources, at three scales, on gray levels."""
    if not (scene.a.is_colour and scene.b.is_colour and scene.fused.is_colour):
        raise Undefined("an image is gray: the reference calls rgb2gray on all three, which fails")
    a, b, fused = scene.gray("bt601-round")
    return mef_ssim.mef_ms_ssim(a, b, fused)
