"""Z. Liu's twelve metrics (TPAMI 2012), on gray levels.

Null, with the reason, is what the reference gives no number for: QE (its code is incomplete); QMI, QTE, QNCIE of
constant images; QC and QY with a flat window in both sources (0/0); QCB, QCV, QP of images without contrast;
QM and QSF of flat sources; QS, QW, QC, QY under 11 pixels.
"""

from __future__ import annotations

import math

from tcmoa_bench.metrics.conventions import planewise as plane
from tcmoa_bench.metrics.core import Convention, gray_levels
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.mutual import nmi, qncie
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qm import qm
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.qsf import qsf
from tcmoa_bench.metrics.formulas.tsallis import CVEJIC, NAVA, te, te_nava
from tcmoa_bench.metrics.formulas.xydeas_liu import qg
from tcmoa_bench.metrics.formulas.yang import qy

LIU = Convention(
    "liu",
    "Z. Liu et al., TPAMI 2012 (github.com/zhengliu6699/imageFusionMetrics), MATLAB, commit d6f7f1a: gray",
    settings={"gray": "bt601-round", "in_": "0..255"},
)
STRETCH = {"stretch": "0-255"}
SSIM = {"window": "gaussian11", "add": "ssim"}
NOISE = "flat windows are rounding noise over rounding noise: not reproducible on saturated images"
NO_UIQI = "SSIM in Gaussian windows instead of UIQI in 8 x 8 windows"

LIU.define("NMI", nmi, view=gray_levels, version=2, spelled="QMI", code="metricMI.m (sw = 1)")
LIU.define(
    "TE",
    te,
    {"q": CVEJIC, **STRETCH},
    spelled="QTE_Cvejic",
    code="metricMI.m (sw = 2)",
    differs="the marginals are exchanged: values from below 0 to thousands",
)
LIU.define(
    "TE_Nava",
    te_nava,
    {"q": NAVA, **STRETCH},
    spelled="QTE",
    code="metricMI.m (sw = 3)",
    differs="normalised, and of another order than what MEFB and MFIF-Metrics call TE; marginals exchanged",
)
LIU.define("Qncie", qncie, view=gray_levels, version=2, spelled="QNCIE", code="metricWang_NCIE.m")
LIU.define(
    "Qabf",
    qg,
    {"slopes": "10,20", "over": "pixels"},
    spelled="QG",
    code="metricXydeas.m",
    bounds=(0.0, 1.0),
    differs="other curves, opposite orientations agree, and the mean of the pixels' ratios",
)
LIU.define("QM", qm, code="metricWang.m", ideal=3.0, bounds=(0.0, 3.0))
LIU.define("QSF", qsf, code="metricZheng.m", differs="0 is ideal: smoother below, sharper above")
LIU.define("Qp", plane_qp, spelled="QP", code="metricZhao.m")
LIU.define(
    "Qs", qs, {**SSIM, "weighted": False}, spelled="QS", code="metricPeilla.m (sw = 1)", differs=NO_UIQI
)
LIU.define(
    "Qw", qs, {**SSIM, "weighted": True}, spelled="QW", code="metricPeilla.m (sw = 2)", differs=NO_UIQI
)
LIU.define(
    "QE",
    plane.unavailable("the reference's code is incomplete: metricPeilla.m (sw = 3) reads Q before it is set"),
    view=plane.no_view,
    version=2,
    code="metricPeilla.m (sw = 3)",
    formula="No value: the code reads a variable that it never sets.",
    ideal=None,
    bounds=(-math.inf, math.inf),
    min_size=2,
)
LIU.define(
    "Qc",
    qc,
    {"window": "gaussian7", "share": "overwrite", "nan": "keep"},
    spelled="QC",
    code="metricCvejic.m",
    differs=NOISE,
)
LIU.define("Qy", qy, {"window": "gaussian7", "nan": "keep"}, spelled="QY", code="metricYang.m", differs=NOISE)
LIU.define("Qcv", qcv, STRETCH, spelled="QCV", code="metricChen.m")
LIU.define("Qcb", qcb, STRETCH, spelled="QCB", code="metricChenBlum.m")
