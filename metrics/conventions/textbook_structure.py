"""`textbook`, second part: measures of local structure and of what the eye sees.

On the same rounded gray image, with the same rule: the paper's definition, the common bugs corrected.
"""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.metrics.conventions.channels import gray, per_channel
from tcmoa_bench.metrics.conventions.textbook import TEXTBOOK
from tcmoa_bench.metrics.formulas import mutual, piella, qsf, tsallis
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qm import EXPONENTS, qm
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.viff import viff
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Plane

SETTING = {"gray": "bt601-round", "in": "0..255"}
UIQI = {"window": "box8", "add": "uiqi"}


def tsallis_information(a: Plane, b: Plane, fused: Plane, *, q: float) -> float:
    """I(A, F) + I(B, F) with I = (1 - sum h^q / (px py)^(q - 1)) / (1 - q), q = 1.85."""
    return sum(_tsallis(fused.joint_counts(source) / fused.levels.size, q) for source in (a, b))


def _tsallis(h: np.ndarray, q: float) -> float:
    there = h > 0
    product = np.outer(h.sum(axis=1), h.sum(axis=0))[there]
    return float((1 - (h[there] ** q / product ** (q - 1)).sum()) / (1 - q)) + 0.0


TEXTBOOK.metric(
    "TE",
    higher_is_better=True,
    setting=SETTING,
    arguments={"q": tsallis.CVEJIC},
    bounds=(0.0, math.inf),
    source="Cvejic, Canagarajah and Bull 2006",
    difference="each level with its own marginal: MEFB, Liu and MFIF-Metrics exchange the two",
)(per_channel(tsallis_information, gray))

TEXTBOOK.metric(
    "Qncie",
    higher_is_better=True,
    setting=SETTING,
    bounds=(0.0, 1.0),
    source="Wang, Shen and Jin 2005",
    difference="null for constant images",
)(per_channel(mutual.qncie, gray))

TEXTBOOK.metric(
    "Qp",
    higher_is_better=True,
    setting=SETTING,
    arguments={"grid": "mfif"},
    bounds=(-1.0, 1.0),
    source="Zhao, Laganiere and Liu 2007",
    difference="the low-pass filter has its centre at frequency 0 on odd sizes too",
)(per_channel(plane_qp, gray))

TEXTBOOK.metric(
    "Qs",
    higher_is_better=True,
    setting=SETTING,
    arguments={**UIQI, "weighted": False},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=8,
    source="Piella and Heijmans 2003",
    difference="on UIQI, as the paper: Liu puts SSIM in its place",
)(per_channel(piella.qs, gray))

TEXTBOOK.metric(
    "Qw",
    higher_is_better=True,
    setting=SETTING,
    arguments={**UIQI, "weighted": True},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=8,
    source="Piella and Heijmans 2003",
    difference="on UIQI and levels: MEFB's Qw is the index of the edge images alone",
)(per_channel(piella.qs, gray))


def edge_dependent(a: Plane, b: Plane, fused: Plane, *, window: str, add: str) -> float:
    """Qw of the levels times Qw of the edge images."""
    levels, edges = (
        piella.qs(a, b, fused, window=window, add=add, weighted=True, image=image)
        for image in ("levels", "prewitt")
    )
    return levels * edges


TEXTBOOK.metric(
    "QE",
    higher_is_better=True,
    setting=SETTING,
    arguments=UIQI,
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=8,
    source="Piella and Heijmans 2003, alpha = 1",
    difference="Liu's code for it cannot run; MEFB's Qw is one of its two factors",
)(per_channel(edge_dependent, gray))

TEXTBOOK.metric(
    "Qc",
    higher_is_better=True,
    setting=SETTING,
    arguments={"window": "box8", "share": "clip", "nan": "drop"},
    ideal=1.0,
    min_size=8,
    source="Cvejic, Loza, Bull and Canagarajah 2005",
    difference="the share of a source is clipped to 0..1; Liu and MEFB overwrite the quality instead",
)(per_channel(qc, gray))

TEXTBOOK.metric(
    "Qy",
    higher_is_better=True,
    setting=SETTING,
    arguments={"nan": "half"},
    ideal=1.0,
    min_size=7,
    source="Yang, Zhang, Wang and Zhang 2008",
    difference="two flat sources count alike",
)(per_channel(qy, gray))

TEXTBOOK.metric(
    "Qcv",
    higher_is_better=False,
    setting={**SETTING, "stretch": "0-255"},
    ideal=0.0,
    bounds=(0.0, math.inf),
    source="Chen and Varshney 2007",
    difference="on gray: VIFB and MEFB average over R, G and B",
)(per_channel(qcv, gray))

TEXTBOOK.metric(
    "Qcb",
    higher_is_better=True,
    setting={**SETTING, "stretch": "0-255"},
    ideal=1.0,
    bounds=(0.0, 1.0),
    source="Chen and Blum 2009",
    difference="on gray: VIFB and MEFB average over R, G and B",
)(per_channel(qcb, gray))

TEXTBOOK.metric(
    "VIFF",
    higher_is_better=True,
    setting=SETTING,
    bounds=(0.0, math.inf),
    source="Han, Cai, Cao and Xu 2013",
    difference="on gray: MEFB averages over R, G and B and calls it VIF",
)(per_channel(viff, gray))


def wavelet_quality(a: Plane, b: Plane, fused: Plane) -> float:
    """Product over two Haar levels of the energy-weighted mean of exp(-|difference|), over three bands."""
    return qm(a, b, fused) / 3 ** sum(EXPONENTS)


TEXTBOOK.metric(
    "QM",
    higher_is_better=True,
    setting=SETTING,
    ideal=1.0,
    bounds=(0.0, 1.0),
    min_size=4,
    source="Wang and Liu 2008",
    difference="a mean over the three bands: Liu sums them, so that the ideal is 3",
)(per_channel(wavelet_quality, gray))

TEXTBOOK.metric(
    "QSF",
    higher_is_better=True,
    setting=SETTING,
    ideal=0.0,
    bounds=(-1.0, math.inf),
    source="Zheng, Essock, Hansen and Haun 2007",
)(per_channel(qsf.qsf, gray))
