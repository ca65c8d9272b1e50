"""`textbook`, second part: measures of local structure and of what the eye sees.

On the same rounded gray image, with the same rule: the paper's definition, the common bugs corrected.
"""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.metrics.conventions.textbook import LEVELS, TEXTBOOK
from tcmoa_bench.metrics.formulas import mutual, piella
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.local import Add, Window
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qm import EXPONENTS, qm
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.qsf import qsf
from tcmoa_bench.metrics.formulas.tsallis import CVEJIC
from tcmoa_bench.metrics.formulas.viff import viff
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked
from tcmoa_bench.metrics.stacks import extends

UIQI = {**LEVELS, "window": "box8", "add": "uiqi"}
STRETCH = {**LEVELS, "stretch": "0-255"}


@extends("sum")
def tsallis_information(a: Plane, b: Plane, fused: Plane, *, q: float) -> float:
    r"""I(A, F) + I(B, F) with I = (1 - sum h^q / (px py)^(q - 1)) / (1 - q).

    $$I(A,F)+I(B,F)$$
    $$I(S,F)=\frac{1}{1-q}\left(1-\sum_{i,j}\frac{h(i,j)^q}{\left(p_S(i)\,p_F(j)\right)^{q-1}}\right)$$
    """
    return sum(_tsallis(fused.joint_counts(source) / fused.levels.size, q) for source in (a, b))


def _tsallis(h: np.ndarray, q: float) -> float:
    there = h > 0
    product = np.outer(h.sum(axis=1), h.sum(axis=0))[there]
    return float((1 - (h[there] ** q / product ** (q - 1)).sum()) / (1 - q)) + 0.0


@checked
def edge_dependent(a: Plane, b: Plane, fused: Plane, *, window: Window, add: Add) -> float:
    """Qw of the levels times Qw of the edge images."""
    levels = piella.qs(a, b, fused, window=window, add=add, weighted=True, image="levels")
    return levels * piella.qs(a, b, fused, window=window, add=add, weighted=True, image="prewitt")


def wavelet_quality(a: Plane, b: Plane, fused: Plane) -> float:
    """Product over two Haar levels of the energy-weighted mean of exp(-|difference|), over three bands."""
    return qm(a, b, fused) / 3 ** sum(EXPONENTS)


TEXTBOOK.define(
    "TE",
    tsallis_information,
    {"q": CVEJIC},
    version=2,
    bounds=(0.0, math.inf),
    differs="each level with its own marginal: MEFB, Liu and MFIF-Metrics exchange the two",
)
TEXTBOOK.define("Qncie", mutual.qncie, version=2, differs="null for constant images")
TEXTBOOK.define(
    "Qp",
    plane_qp,
    {**LEVELS, "grid": "mfif"},
    ideal=None,
    bounds=(-1.0, 1.0),
    differs="the low-pass filter has its centre at frequency 0 on odd sizes too",
)
TEXTBOOK.define(
    "Qs",
    piella.qs,
    {**UIQI, "weighted": False},
    min_size=8,
    differs="on UIQI, as the paper: Liu puts SSIM in its place",
)
TEXTBOOK.define(
    "Qw",
    piella.qs,
    {**UIQI, "weighted": True},
    min_size=8,
    differs="on UIQI and levels: MEFB's Qw is the index of the edge images alone",
)
TEXTBOOK.define(
    "QE",
    edge_dependent,
    UIQI,
    code="alpha = 1",
    differs="Liu's code for it cannot run; MEFB's Qw is one of its two factors",
)
TEXTBOOK.define(
    "Qc",
    qc,
    {**LEVELS, "window": "box8", "share": "clip"},
    version=2,
    ideal=1.0,
    min_size=8,
    differs="the share of a source is clipped to 0..1; Liu and MEFB overwrite the quality instead",
)
TEXTBOOK.define(
    "Qy", qy, {**LEVELS, "nan": "half"}, ideal=1.0, min_size=7, differs="two flat sources count alike"
)
TEXTBOOK.define("Qcv", qcv, STRETCH, differs="on gray: VIFB and MEFB average over R, G and B")
TEXTBOOK.define("Qcb", qcb, STRETCH, differs="on gray: VIFB and MEFB average over R, G and B")
TEXTBOOK.define("VIFF", viff, LEVELS, differs="on gray: MEFB averages over R, G and B and calls it VIF")
TEXTBOOK.define(
    "QM",
    wavelet_quality,
    LEVELS,
    differs="a mean over the three bands: Liu sums them, so that the ideal is 3",
)
TEXTBOOK.define("QSF", qsf, LEVELS)
