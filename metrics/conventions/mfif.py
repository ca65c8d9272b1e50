"""Yu Liu's MFIF-Metrics (2019 and 2024): multi-focus metrics with errors of earlier codes corrected, on gray.

Null, with the reason, is what the reference gives no number for: QMI, QTE, QNCIE of constant images; QCB, QCV, QP
of images without contrast; QSCD of constant sources; QVIFF under about 41 pixels.
"""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.metrics.conventions import planewise
from tcmoa_bench.metrics.conventions.channels import gray, per_channel
from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas.correlation import scd
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.mutual import nmi, qncie
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.tsallis import te
from tcmoa_bench.metrics.formulas.viff import viff
from tcmoa_bench.metrics.formulas.xydeas_liu import qg_mfif
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Plane

MFIF = Convention("mfif", "Yu Liu, MFIF-Metrics (github.com/yuliu316316/MFIF-Metrics), MATLAB, HEAD: gray")
_SETTING = {"gray": "bt601-round", "in": "0..255"}


def _average_gradient(a: Plane, b: Plane, fused: Plane) -> float:
    """Mean over h w of sqrt((dx^2 + dy^2) / 2), forward differences, 0 at the far border."""
    image = fused.double
    across, down = np.zeros_like(image), np.zeros_like(image)
    across[:, :-1] = image[:, 1:] - image[:, :-1]
    down[:-1] = image[1:] - image[:-1]
    return float(np.sqrt((across * across + down * down) / 2).mean())


MFIF.metric(
    "AG",
    higher_is_better=True,
    setting={**_SETTING, "difference": "forward"},
    bounds=(0.0, 255.0),
    source="AG.m",
    difference="forward differences, over h w",
)(per_channel(_average_gradient, gray))

MFIF.metric(
    "EI",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 1020 * math.sqrt(2)),
    source="EI.m",
    difference="Sobel without the divisor 8",
)(per_channel(planewise.edge_intensity, gray))

MFIF.metric("EN", higher_is_better=True, setting=_SETTING, bounds=(0.0, 8.0), source="EN.m")(
    per_channel(planewise.entropy, gray)
)


def _column_deviation(a: Plane, b: Plane, fused: Plane) -> float:
    """Mean over the columns of their sample standard deviation (n - 1)."""
    return float(np.std(fused.double, axis=0, ddof=1).mean())


MFIF.metric(
    "SD",
    higher_is_better=True,
    setting={**_SETTING, "over": "columns"},
    bounds=(0.0, 255 / math.sqrt(2)),
    source="SD.m",
    difference="std(image) of a matrix goes by columns: a mean of the columns' deviations, with n - 1",
)(per_channel(_column_deviation, gray))

MFIF.metric(
    "SF",
    higher_is_better=True,
    setting={**_SETTING, "divisor": "hw"},
    bounds=(0.0, 255 * math.sqrt(2)),
    source="Eskicioglu and Fisher 1995; SF.m",
)(per_channel(planewise.spatial_frequency, gray))

MFIF.metric(
    "NMI",
    reference_name="QMI",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 2.0),
    source="Hossny, Nahavandi and Creighton 2008; QMI.m",
)(per_channel(nmi, gray))

MFIF.metric(
    "TE",
    reference_name="QTE",
    higher_is_better=True,
    setting={**_SETTING, "q": "1.85", "stretch": "0-255"},
    source="Cvejic, Canagarajah and Bull 2006; QTE.m",
    difference="the marginals are exchanged: values from below 0 to thousands",
)(per_channel(te, gray))

MFIF.metric(
    "Qncie",
    reference_name="QNCIE",
    higher_is_better=True,
    setting=_SETTING,
    bounds=(0.0, 1.0),
    source="Wang, Shen and Jin 2005; QNCIE.m",
)(per_channel(qncie, gray))

MFIF.metric(
    "Qabf",
    reference_name="QG",
    higher_is_better=True,
    setting={**_SETTING, "slopes": "15,22", "over": "image"},
    bounds=(0.0, 0.9754),
    source="Xydeas and Petrovic 2000; QG.m",
    difference="the paper's curves; flat pixels have orientation 0 and a gradient of 1e-5",
)(per_channel(qg_mfif, gray))

MFIF.metric(
    "Qp",
    reference_name="QP",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"grid": "mfif"},
    ideal=1.0,
    source="Zhao, Laganiere and Liu 2007; QP.m",
    difference="a low-pass filter whose centre is right on odd sizes",
)(per_channel(plane_qp, gray))

MFIF.metric(
    "Qs",
    reference_name="QS",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"window": "box8", "add": "uiqi", "weighted": False},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=8,
    source="Piella and Heijmans 2003; QS.m",
)(per_channel(qs, gray))

MFIF.metric(
    "Qw",
    reference_name="QW",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"window": "box8", "add": "uiqi", "weighted": True},
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=8,
    source="Piella and Heijmans 2003; QW.m",
)(per_channel(qs, gray))

MFIF.metric(
    "Qc",
    reference_name="QC",
    higher_is_better=True,
    setting=_SETTING,
    arguments={"window": "box8", "share": "clip", "nan": "keep"},
    min_size=11,
    source="Cvejic, Loza, Bull and Canagarajah 2005; QC.m",
    difference="the share of A is clipped to 0..1",
)(per_channel(qc, gray))

MFIF.metric(
    "Qy",
    reference_name="QY",
    higher_is_better=True,
    setting={**_SETTING, "window": "gaussian7"},
    arguments={"nan": "half"},
    min_size=11,
    source="Yang, Zhang, Wang and Zhang 2008; QY.m",
)(per_channel(qy, gray))

MFIF.metric(
    "Qcv",
    reference_name="QCV",
    higher_is_better=False,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=0.0,
    bounds=(0.0, math.inf),
    source="Chen and Varshney 2007; QCV.m",
)(per_channel(qcv, gray))

MFIF.metric(
    "Qcb",
    reference_name="QCB",
    higher_is_better=True,
    setting={**_SETTING, "stretch": "0-255"},
    ideal=1.0,
    bounds=(0.0, 1.0),
    source="Chen and Blum 2009; QCB.m",
)(per_channel(qcb, gray))

MFIF.metric(
    "VIFF",
    reference_name="QVIFF",
    higher_is_better=True,
    setting=_SETTING,
    source="Han, Cai, Cao and Xu 2013; QVIFF.m",
)(per_channel(viff, gray))


def _scd(a: Plane, b: Plane, fused: Plane) -> float:
    """r(F - B, A) + r(F - A, B); 0 for a difference that vanishes."""
    return scd(a, b, fused, equal=0.0)


MFIF.metric(
    "SCD",
    reference_name="QSCD",
    higher_is_better=True,
    setting=_SETTING,
    ideal=2.0,
    bounds=(-2.0, 2.0),
    source="Aslantas and Bendes 2015; QSCD.m",
    difference="a fused image that equals a source counts 0 for it instead of 0/0",
)(per_channel(_scd, gray))
