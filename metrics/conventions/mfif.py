"""Yu Liu's MFIF-Metrics (2019 and 2024): multi-focus metrics with errors of earlier codes corrected, on gray.

Null, with the reason, is what the reference gives no number for: QMI, QTE, QNCIE of constant images; QCB, QCV, QP
of images without contrast; QSCD of constant sources; QVIFF under 41 pixels.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from tcmoa_bench.metrics.conventions import planewise as plane
from tcmoa_bench.metrics.core import Convention, gray_levels
from tcmoa_bench.metrics.formulas.correlation import scd
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.fmi import plane_fmi
from tcmoa_bench.metrics.formulas.lmi import lmi
from tcmoa_bench.metrics.formulas.mutual import nmi, qncie
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcb import qcb
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.qp import plane_qp
from tcmoa_bench.metrics.formulas.tsallis import CVEJIC, te
from tcmoa_bench.metrics.formulas.viff import viff
from tcmoa_bench.metrics.formulas.xydeas_liu import qg
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked
from tcmoa_bench.metrics.stacks import extends

MFIF = Convention(
    "mfif",
    "Yu Liu, MFIF-Metrics (github.com/yuliu316316/MFIF-Metrics), MATLAB, HEAD: gray",
    settings={"gray": "bt601-round", "in_": "0..255"},
)
STRETCH = {"stretch": "0-255"}
UIQI = {"window": "box8", "add": "uiqi"}


@checked
@extends("alone")
def sample_deviation(a: Plane, b: Plane, fused: Plane, *, over: Literal["columns", "image"]) -> float:
    r"""Mean over the columns of their sample standard deviation (n - 1).

    $$\frac{1}{w}\sum_{x}\sqrt{\frac{1}{h-1}\sum_{y}\left(F_{yx}-\overline{F}_x\right)^2}$$
    """
    return float(np.std(fused.values, axis=0 if over == "columns" else None, ddof=1).mean())


def scd_equal_is_zero(a: Plane, b: Plane, fused: Plane) -> float:
    r"""r(F - B, A) + r(F - A, B); 0 for a difference that vanishes.

    $$r(F-B,\,A)+r(F-A,\,B)$$
    """
    return scd(a, b, fused, equal=0.0)


MFIF.define(
    "AG",
    plane.average_gradient,
    {"difference": "forward"},
    code="AG.m",
    formula="Mean over h w of sqrt((dx^2 + dy^2) / 2), forward differences, 0 at the far border.",
    bounds=(0.0, 255.0),
    differs="forward differences, over h w",
)
MFIF.define("EI", plane.edge_intensity, code="EI.m", differs="Sobel without the divisor 8")
MFIF.define("EN", plane.entropy, code="EN.m")
MFIF.define(
    "SD",
    sample_deviation,
    {"over": "columns"},
    code="SD.m",
    bounds=(0.0, 255 / math.sqrt(2)),
    differs="std(image) of a matrix goes by columns: a mean of the columns' deviations, with n - 1",
)
MFIF.define("SF", plane.spatial_frequency, {"divisor": "hw"}, code="SF.m")
MFIF.define("NMI", nmi, view=gray_levels, version=2, spelled="QMI", code="QMI.m")
MFIF.define(
    "TE",
    te,
    {"q": CVEJIC, **STRETCH},
    spelled="QTE",
    code="QTE.m",
    differs="the marginals are exchanged: values from below 0 to thousands",
)
MFIF.define("Qncie", qncie, view=gray_levels, version=2, spelled="QNCIE", code="QNCIE.m")
MFIF.define(
    "Qabf",
    qg,
    {"slopes": "15,22", "over": "image"},
    spelled="QG",
    code="QG.m",
    differs="the paper's curves; flat pixels have orientation 0 and a gradient of 1e-5",
)
MFIF.define(
    "Qp",
    plane_qp,
    {"grid": "mfif"},
    spelled="QP",
    code="QP.m",
    differs="a low-pass filter whose centre is right on odd sizes",
)
MFIF.define("Qs", qs, {**UIQI, "weighted": False}, spelled="QS", code="QS.m", min_size=8)
MFIF.define("Qw", qs, {**UIQI, "weighted": True}, spelled="QW", code="QW.m", min_size=8)
MFIF.define(
    "Qc",
    qc,
    {"window": "box8", "share": "clip"},
    version=2,
    spelled="QC",
    code="QC.m",
    differs="the share of A is clipped to 0..1",
)
MFIF.define("Qy", qy, {"window": "gaussian7", "nan": "half"}, spelled="QY", code="QY.m")
MFIF.define("Qcv", qcv, STRETCH, spelled="QCV", code="QCV.m")
MFIF.define("Qcb", qcb, STRETCH, spelled="QCB", code="QCB.m")
MFIF.define("VIFF", viff, spelled="QVIFF", code="QVIFF.m")
MFIF.define(
    "SCD",
    scd_equal_is_zero,
    view=gray_levels,
    version=2,
    spelled="QSCD",
    code="QSCD.m",
    differs="a fused image that equals a source counts 0 for it instead of 0/0",
)
MFIF.define(
    "FMI",
    plane_fmi,
    {"feature": "edge"},
    spelled="QFMI",
    aliases=["Q_FMI"],
    code="fmi.m",
    differs="the default feature of fmi.m, edges",
)
MFIF.define("LMI", lmi, view=gray_levels, spelled="QLMI", aliases=["Q_LMI"], code="LMI.m")
MFIF.define(
    "Q_CNN",
    plane.unavailable("it needs the weights of a network that its authors do not publish"),
    view=plane.no_view,
    spelled="QCNN",
    code="QCNN-metric",
    formula="No value: the network is not public.",
)
