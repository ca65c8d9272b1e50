"""Z. Liu's twelve metrics (TPAMI 2012), on gray levels.

Null, with the reason, is what the reference gives no number for: QE (its code is incomplete); QMI, QTE, QNCIE of
constant images; QC and QY with a flat window in both sources (0/0); QCB, QCV, QP of images without contrast;
QM and QSF of flat sources; QS, QW, QC, QY under 11 pixels.
"""

from __future__ import annotations

import math

from tcmoa_bench.metrics.conventions.channels import gray, per_channel
from tcmoa_bench.metrics.core import Convention, Undefined
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.mutual import nmi, qncie
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qm import qm
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.qsf import qsf
from tcmoa_bench.metrics.formulas.tsallis import te, te_nava
from tcmoa_bench.metrics.formulas.xydeas_liu import qg_liu
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Scene

LIU = Convention(
    "liu",
    "Z. Liu et al., TPAMI 2012 (github.com/zhengliu6699/imageFusionMetrics), MATLAB, commit d6f7f1a: gray",
)
_SETTING = {"gray": "bt601-round", "in": "0..255"}
_SSIM = {"window": "gaussian11", "add": "ssim"}
_NOISE = "flat windows are rounding noise over rounding noise: not reproducible on saturated images"

LIU.metric(
    "NMI",
    reference_name="QMI",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 2.0),
    source="Hossny, Nahavandi and Creighton 2008; metricMI.m (sw = 1)",
)(per_channel(nmi, gray))

LIU.metric(
    "TE",
    reference_name="QTE_Cvejic",
    higher_is_better=True,
    setting={**_SETTING, "q": "1.85", "stretch": "0-255"},
    source="Cvejic, Canagarajah and Bull 2006; metricMI.m (sw = 2)",
    difference="the marginals are exchanged: values from below 0 to thousands",
)(per_channel(te, gray))

LIU.metric(
    "TE_Nava",
    reference_name="QTE",
    higher_is_better=True,
    setting={**_SETTING, "q": "0.43137", "stretch": "0-255"},
    source="Nava, Cristobal and Escalante-Ramirez 2007; metricMI.m (sw = 3)",
    difference="normalised, and of another order than what MEFB and MFIF-Metrics call TE; marginals exchanged",
)(per_channel(te_nava, gray))

LIU.metric(
    "Qncie",
    reference_name="QNCIE",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 1.0),
    source="Wang, Shen and Jin 2005; metricWang_NCIE.m",
)(per_channel(qncie, gray))

LIU.metric(
    "Qabf",
    reference_name="QG",
    higher_is_better=True,
    setting={**_SETTING, "slopes": "10,20", "over": "pixels"},
    bounds=(0.0, 1.0),
    source="Xydeas and Petrovic 2000; metricXydeas.m",
    difference="other curves, opposite orientations agree, and the mean of the pixels' ratios",
)(per_channel(qg_liu, gray))

LIU.metric(
    "QM",
    higher_is_better=True,
    setting=_SETTING,
    ideal=3.0,
    bounds=(0.0, 3.0),
    min_size=4,
    source="Wang and Liu 2008; metricWang.m",
)(per_channel(qm, gray))

LIU.metric(
    "QSF",
    higher_is_better=True,
    setting=_SETTING,
    ideal=0.0,
    bounds=(-1.0, math.inf),
    source="Zheng, Essock, Hansen and Haun 2007; metricZheng.m",
    difference="0 is ideal: smoother below, sharper above",
)(per_channel(qsf, gray))

LIU.metric(
    "Qp",
    reference_name="QP",
    higher_is_better=True,
    setting=_SETTING,
    ideal=1.0,
    source="Zhao, Laganiere and Liu 2007; metricZhao.m",
)(per_channel(plane_qp, gray))

LIU.metric(
    "Qs",
    reference_name="QS",
    higher_is_better=True,
    setting=_SETTING,
    arguments={**_SSIM, "weighted": False},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    source="Piella and Heijmans 2003; metricPeilla.m (sw = 1)",
    difference="SSIM in Gaussian windows instead of UIQI in 8 x 8 windows",
)(per_channel(qs, gray))

LIU.metric(
    "Qw",
    reference_name="QW",
    higher_is_better=True,
    setting=_SETTING,
    arguments={**_SSIM, "weighted": True},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    source="Piella and Heijmans 2003; metricPeilla.m (sw = 2)",
    difference="SSIM in Gaussian windows instead of UIQI in 8 x 8 windows",
)(per_channel(qs, gray))


@LIU.metric(
    "QE",
    higher_is_better=True,
    setting=_SETTING,
    source="Piella and Heijmans 2003; metricPeilla.m (sw = 3)",
)
def edge_dependent_quality(scene: Scene) -> float:
    """No value: the code reads a variable that it never sets."""
    raise Undefined("the reference's code is incomplete: metricPeilla.m (sw = 3) reads Q before it is set")


LIU.metric(
    "Qc",
    reference_name="QC",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"window": "gaussian7", "share": "overwrite", "nan": "keep"},
    min_size=11,
    source="Cvejic, Loza, Bull and Canagarajah 2005; metricCvejic.m",
    difference=_NOISE,
)(per_channel(qc, gray))

LIU.metric(
    "Qy",
    reference_name="QY",
    higher_is_better=True,
    setting={**_SETTING, "window": "gaussian7"},
    arguments={"nan": "keep"},
    min_size=11,
    source="Yang, Zhang, Wang and Zhang 2008; metricYang.m",
    difference=_NOISE,
)(per_channel(qy, gray))

LIU.metric(
    "Qcv",
    reference_name="QCV",
    higher_is_better=False,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=0.0,
    bounds=(0.0, math.inf),
    source="Chen and Varshney 2007; metricChen.m",
)(per_channel(qcv, gray))

LIU.metric(
    "Qcb",
    reference_name="QCB",
    higher_is_better=True,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=1.0,
    bounds=(0.0, 1.0),
    source="Chen and Blum 2009; metricChenBlum.m",
)(per_channel(qcb, gray))
