"""The Python evaluators that most papers since 2023 are measured with: `cddfuse`, `tangpy`, `ivif_zoo`.

Each image is gray first: OpenCV's BGR2GRAY of float32 (`cddfuse`) or Pillow's `convert("L")` (the others). Most of what
follows is in float32, which moves digits from the seventh on, and more where that is said. Null, with the reason, is
what the codes give no finite number for, or end in an error.
"""

from __future__ import annotations

from tcmoa_bench.metrics.conventions import planewise, pythonwise
from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas.evaluators import edges, information, perception

SINGLE, DOUBLE = {"arithmetic": "float32"}, {"arithmetic": "float64"}

CDDFUSE = Convention(
    "cddfuse",
    "CDDFuse's Evaluator.py (Python, commit 40de058), carried by some thirty fusion projects (SIMFusion, PFCFuse, Diff-IF, "
    "IF-FILM ...): OpenCV's gray, 0..255",
    settings={"gray": "opencv", **SINGLE},
    code="utils/Evaluator.py",
)
TANGPY = Convention(
    "tangpy",
    "Linfeng Tang's evaluation in Python (vif_benchmark, commit 71558c9), also in DTPF and Img_Reg_Fus_Metrics: Pillow's "
    "gray, 0..255",
    settings={"gray": "pillow", **SINGLE},
    code="Metric_Python",
)
IVIF_ZOO = Convention(
    "ivif_zoo",
    "IVIF_ZOO's Metric_torch.py (Python, commit 61b0a44), of the survey of infrared-visible fusion: Pillow's gray, 0..255",
    settings={"gray": "pillow", **SINGLE},
    code="Metric_torch.py",
)
LEVELS, UNIT = {"in_": "0..255"}, {"in_": "0..1"}
#: A correlation in float32 passes 1 by rounding.
CC_BOUNDS, SCD_BOUNDS = (-1 - 1e-6, 1 + 1e-6), (-2 - 2e-6, 2 + 2e-6)
MIXED_PEAK = "the error is on [0,1] but the peak is 255: 48.13 dB above the true PSNR"

# What CDDFuse's scripts print, then what else the file computes.
CDDFUSE.define("EN", planewise.entropy)
CDDFUSE.define("SD", pythonwise.standard_deviation, LEVELS)
CDDFUSE.define("SF", pythonwise.spatial_frequency, LEVELS)
CDDFUSE.define("MI", pythonwise.mutual_information, {"log": "e"}, differs="in nats")
CDDFUSE.define("SCD", pythonwise.scd, bounds=SCD_BOUNDS)
CDDFUSE.define(
    "VIF",
    pythonwise.vif,
    {"flat": "1"},
    spelled="VIFF",
    min_size=2,
    differs="Tang's VIF under the name of Han's VIFF; a constant source counts 1",
)
CDDFUSE.define("Qabf", edges.qabf, {**LEVELS, "angles": "float32"})
for suffix, arithmetic, release in (("", "float32", "0.19"), ("_sk018", "float64", "0.16 to 0.18")):
    for option, peak, what in (
        ("", 2.0, "without a data range, which scikit-image takes for 2"),
        ("_dr255", 255.0, "with data range 255, as in IF-FILM, SPFusion and others"),
        ("_dr1", 1.0, "with data range 1, as in CrossFuse"),
    ):
        CDDFUSE.define(
            f"SSIM{option}{suffix}",
            pythonwise.box_ssim,
            {"L": peak, "over": "sum", "arithmetic": arithmetic},
            ideal=2.0,
            bounds=(-2.0, 2.0),
            min_size=7,
            differs=f"a sum over the sources, {what}; scikit-image {release}",
        )
CDDFUSE.define(
    "AG",
    pythonwise.average_gradient,
    {**LEVELS, "divisor": "hw"},
    differs="the sum is divided by h w, not (h-1)(w-1)",
)
CDDFUSE.define("MSE", pythonwise.mse, LEVELS)
CDDFUSE.define("CC", pythonwise.correlation, bounds=CC_BOUNDS)
CDDFUSE.define(
    "PSNR",
    pythonwise.psnr,
    {**LEVELS, "peak": "max(F)"},
    differs="the peak is the largest level of F",
)

for convention in (TANGPY, IVIF_ZOO):
    own = convention is TANGPY
    convention.define(
        "EN",
        pythonwise.entropy,
        {"guard": 1e-7, "arithmetic": "float64" if own else "float32"},
        bounds=(-1e-6, 8.0),
        differs="1e-7 is added to every probability inside the logarithm: a few 1e-5 below the entropy",
    )
    convention.define("MI", pythonwise.mutual_information, {"log": "2"})
    convention.define("SF", pythonwise.rooted_spatial_frequency, LEVELS)
    convention.define("SD", pythonwise.standard_deviation, LEVELS)
    convention.define(
        "AG",
        pythonwise.average_gradient,
        {**LEVELS, "divisor": "(h-1)(w-1)" if own else "hw"},
        differs="" if own else "the sum is divided by h w, not (h-1)(w-1)",
    )
    convention.define("MSE", pythonwise.mse, UNIT, bounds=(0.0, 1.0))
    convention.define("PSNR", pythonwise.psnr, {**UNIT, "peak": "255"}, differs=MIXED_PEAK)
    convention.define("CC", pythonwise.correlation, bounds=CC_BOUNDS)
    convention.define("SCD", pythonwise.scd, bounds=SCD_BOUNDS)
    convention.define("Qabf", edges.qabf, {**LEVELS, "angles": "float64"})
    convention.define(
        "Nabf",
        edges.nabf,
        min_size=3,
        differs="gradients below 2 levels weigh nothing, flat pixels have angle 0; arguments in the right order",
    )
    convention.define(
        "SSIM",
        pythonwise.gaussian_ssim,
        {**DOUBLE, "L": 1.0, "over": "sum"},
        ideal=2.0,
        bounds=(-2.0, 2.0),
        differs="a sum over the sources, with range 1 on levels 0..255; " + pythonwise.float64_note("SSIM"),
    )
    convention.define(
        "MS-SSIM",
        pythonwise.gaussian_ms_ssim,
        {**DOUBLE, "L": 1.0, "over": "sum"},
        spelled="MS_SSIM",
        ideal=2.0,
        bounds=(0.0, 2.0),
        min_size=161,
        differs="a sum over the sources, with range 1 on levels 0..255; "
        + pythonwise.float64_note("MS-SSIM"),
    )
TANGPY.define("VIF", pythonwise.vif, {"flat": "null"}, min_size=2)

IVIF_ZOO.define(
    "VIF",
    pythonwise.off_centre_vif,
    min_size=2,
    differs="windows that are off their centre and a zero border: another number than all other conventions'",
)
IVIF_ZOO.define(
    "CE",
    information.sigmoid_cross_entropy,
    bounds=(0.0, 17.0),
    differs="binary cross entropy of sigmoids of levels: only pixels darker than 16 count; no fusion CE",
)
IVIF_ZOO.define(
    "NMI",
    information.normalised_mutual_information,
    bounds=(0.0, 2.0 + 1e-7),
    differs="over the sources' entropies only",
)
IVIF_ZOO.define(
    "Qncie",
    information.linear_information,
    spelled="QNCIE",
    differs="of linear correlations instead of nonlinear ones; two equal images have no value",
)
IVIF_ZOO.define(
    "TE",
    information.shannon_total,
    bounds=(-8.0, 16.0),
    differs="H(A) + H(B) - H(F) of Shannon entropies (q = 1): larger where the fused image holds less",
)
IVIF_ZOO.define("EI", pythonwise.edge_intensity, LEVELS, bounds=(0.0, 1443.0), differs="zero border")
IVIF_ZOO.define(
    "Qy",
    perception.qy,
    bounds=(-1000.0, 1000.0),
    min_size=2,
    differs="the window's rows are all one Gaussian, so that it sums to 7; values near 1, above it as well",
)
IVIF_ZOO.define(
    "Qcb", perception.qcb, ideal=None, differs="the contrast filter takes cycles per pixel: it is nearly flat"
)
IVIF_ZOO.define(
    "PSNR_fixed", pythonwise.psnr, {**UNIT, "peak": "1"}, differs="UniFusion's copy: peak and error on [0,1]"
)
IVIF_ZOO.define(
    "SSIM_fixed",
    pythonwise.gaussian_ssim,
    {**DOUBLE, "L": 255.0, "over": "mean"},
    bounds=(-1.0, 1.0),
    differs="UniFusion's copy: range 255, mean over the sources; in float64",
)
IVIF_ZOO.define(
    "MS-SSIM_fixed",
    pythonwise.gaussian_ms_ssim,
    {**DOUBLE, "L": 255.0, "over": "mean"},
    spelled="MS_SSIM_fixed",
    min_size=2,
    differs="UniFusion's copy: range 255, mean over the sources, any size; in float64",
)
