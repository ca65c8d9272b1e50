"""The references' golden values as data: rows, images, and how near a value must come.

Two sets: the project's own drawn images (committed here) and real crops in the shared folder.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import read_image
from tests.conftest import SHARED

HERE = Path(__file__).resolve().parent

#: Folders of golden sets: `golden.csv`, `cases/cases.csv`, `cases/open/*`.
SETS: dict[str, Path] = {"drawn": HERE / "synthetic"}
#: Values of the MATLAB toolboxes and of the Python evaluators, on the same cases.
VALUES: dict[str, tuple[Path, ...]] = {
    "drawn": (HERE / "synthetic" / "golden.csv", HERE / "synthetic" / "golden-python.csv")
}
#: Values that the Python evaluators' SSIM would have in float64: their own digits are not reproducible.
DOUBLE: dict[str, Path] = {"drawn": HERE / "synthetic" / "float64-python.csv"}
if SHARED is not None:
    SETS["real"] = SHARED / "metrics" / "golden"
    VALUES["real"] = (SETS["real"] / "golden.csv", SETS["real"] / "python" / "golden-real.csv")
    DOUBLE["real"] = SETS["real"] / "python" / "float64.csv"

#: The golden files' name of a toolbox -> the convention's name here.
CONVENTION_OF = {"zliu": "liu", "mfm": "mfif"}

PYTHON = ("cddfuse", "tangpy", "ivif_zoo")
RELATIVE = 1e-9
#: Golden values of this size are rounding noise around zero (the smallest that is not is 2e-8).
ABSOLUTE = 1e-15


@dataclass(frozen=True)
class Row:
    """One golden value; `value` is NaN, infinite, or None where the reference fails."""

    set: str
    toolbox: str
    metric: str
    case: str
    tier: str
    files: tuple[str, str, str]
    value: float | None
    noise: float
    note: str

    @property
    def convention(self) -> str:
        return CONVENTION_OF.get(self.toolbox, self.toolbox)


#: tang2022 compares gradients on [0,1] exactly. Its `noise` is what another order of summation gives;
#: in MATLAB's order, which the convention uses, the values are exact, so no noise is allowed.
EXACT = {("tang2022", "Qabf"), ("tang2022", "Nabf"), ("tang2022", "FMI_pixel")}

#: Equal to the last digits: what stands for the ratio of two equal gradients shows from 1e-13 to 1e-7.
LAST_DIGITS = {("vifb", "Qabf"), ("mefb", "Qabf")}

#: (toolbox, metric, case) -> absolute bound, where the golden file's noise is too small or missing, and
#: two correct builds differ by the order of summation. `inf`: informational (evaluated, not compared).
BOUNDS: dict[tuple[str, str, str], float] = {
    # Windows of a saturated area have no variance: rounding noise divided by rounding noise.
    ("mefb", "Qc", "smef06"): math.inf,
    ("mefb", "Qy", "smef06"): math.inf,
    ("zliu", "QY", "smef06"): math.inf,
    ("mfm", "QY", "smef06"): math.inf,
    ("zliu", "QC", "smff04"): math.inf,  # NaN or 0.8047
    ("mefb", "Qc", "smff00"): 3e-4,
    ("mefb", "Qc", "smef01"): 7e-3,
    ("mefb", "Qc", "smef02"): 7e-3,
    ("mefb", "Qc", "mef02"): math.inf,
    ("mefb", "Qy", "mef02"): math.inf,
    # Saturated areas lie at the 1e-10 thresholds of vifp; the reference's own filter2 (direct or separable)
    # moves VIF by up to 2e-7 there.
    ("tang2022", "VIF", "mef15"): 4e-7,
    ("tang2023", "VIF", "mef15"): 1e-7,
    # With dynamic range 1, C2 is 9e-4 and the rounding of E[x^2] - E[x]^2 (1e-11) shows in flat areas.
    ("tang2023", "SSIM", "deg06"): 2e-11,
    ("tang2023", "SSIM", "vif19"): 5e-9,
    # The C library's atanf rounds otherwise in places; on small images a single angle shows.
    **{
        (tool, "Qabf", case): 2e-9
        for tool in ("tangpy", "ivif_zoo")
        for case in ("sdeg05", "sdeg08", "deg04", "deg19")
    },
    # Sums of torch's float32 convolutions beside the thresholds of vifp.
    ("ivif_zoo", "VIF", "sdeg01"): 2e-8,
    ("ivif_zoo", "VIF", "sdeg04"): 4e-6,
    ("ivif_zoo", "VIF", "deg06"): 4e-5,
    # Two entropies of 4 bits in float32, one ulp apart.
    ("ivif_zoo", "TE", "deg09"): 5e-7,
    # The filter without torch's own sqrt and exp (METRICS section 11.5).
    ("ivif_zoo", "Qcb", "deg19"): 1e-5,
    # An eigenvalue of two equal images is 0 or rounding noise: a number or NaN.
    ("ivif_zoo", "QNCIE", "sdeg01"): math.inf,
    # Levels times 255 in one row of flat images: variances are differences of squares of 4e9.
    ("tangpy", "SSIM", "deg06"): 1e-11,
    ("ivif_zoo", "SSIM", "deg06"): 1e-11,
    # VIFF adds 1e-7 per pixel where a saturated area carries no information.
    ("mefb", "VIF", "smef02"): 2.6e-6,
}


def tolerance(row: Row) -> float:
    """Allowed absolute difference; infinite for rows that are informational by nature (METRICS section 8)."""
    assert row.value is not None
    size = abs(row.value)
    key = (row.toolbox, row.metric, row.case)
    if key in BOUNDS:
        return BOUNDS[key]
    if (row.toolbox, row.metric) in LAST_DIGITS:
        return max(1e-14 * size, ABSOLUTE)
    if (row.toolbox, row.metric) in EXACT:
        return max(RELATIVE * size, ABSOLUTE)
    if math.isinf(row.noise):
        return math.inf
    if (row.toolbox, row.metric) == ("ivif_zoo", "Qcb"):
        return 1e-6 * size
    if row.toolbox in PYTHON:
        return max(RELATIVE * size, 4 * row.noise, 1e-12)
    if row.metric in ("QC", "QY", "Qc", "Qy") and (row.noise > 1e-6 * size or row.tier == "deg"):
        return math.inf
    if row.toolbox == "tang2022" and row.metric == "CC" and row.tier == "deg":
        return math.inf  # constant images on [0,1]: 1 or NaN by the last bit of the mean
    return max(RELATIVE * size, 4 * row.noise, ABSOLUTE)


def informational(row: Row) -> bool:
    """Whether the row's value is not reproducible even between two correct builds of the same code."""
    if row.value is None:
        return False
    if not math.isfinite(row.value):
        return math.isinf(row.noise) or tolerance(Row(**{**row.__dict__, "value": 1.0})) == math.inf
    return math.isinf(tolerance(row))


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _reference(line: dict[str, str], doubles: dict[tuple[str, str, str], str]) -> tuple[str, float]:
    """Value and noise of a line; of torch's Gaussian SSIM the value in float64, which is what the conventions give."""
    if line["toolbox"] in ("tangpy", "ivif_zoo") and line["metric"].startswith(("SSIM", "MS_SSIM")):
        # IVIF_ZOO carries Tang's file unchanged; the fixed copies are its own.
        owner = "ivif_zoo" if line["metric"].endswith("_fixed") else "tangpy"
        return doubles[owner, line["metric"], line["case"]], 0.0
    return line["value"], float(line["noise"] or 0)


@lru_cache
def rows() -> dict[tuple[str, str, str, str], list[Row]]:
    """All golden rows, grouped by set, toolbox, metric and tier."""
    groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for name, files in VALUES.items():
        doubles = {(x["toolbox"], x["metric"], x["case"]): x["value_float64"] for x in _lines(DOUBLE[name])}
        for line in (line for path in files for line in _lines(path)):
            value, noise = _reference(line, doubles)
            row = Row(
                name,
                line["toolbox"],
                line["metric"],
                line["case"],
                line["tier"],
                (line["file_A"], line["file_B"], line["file_F"]),
                None if value.startswith("ERROR") else float(value),
                noise,
                line["note"],
            )
            groups[name, row.convention, row.metric, row.tier].append(row)
    return dict(groups)


@lru_cache(maxsize=12)
def images(row_set: str, files: tuple[str, str, str]) -> tuple[NDArray[np.uint8], ...]:
    """A, B and F of a case."""
    return tuple(read_image(SETS[row_set] / "cases" / file) for file in files)


def cases(row_set: str) -> list[dict[str, str]]:
    """The set's table of cases."""
    return _lines(SETS[row_set] / "cases" / "cases.csv")


def digest(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 of the decoded array in C order, as `cases.csv` gives it."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
