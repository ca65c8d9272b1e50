"""The Python evaluators: gray planes, the fragile SSIM, and what stands beside it."""

import csv
import hashlib

import numpy as np
import pytest

from tcmoa_bench.gray import gray_opencv, gray_pillow
from tcmoa_bench.images import read_image
from tcmoa_bench.metrics import CONVENTIONS, score
from tests.metrics import golden

#: Saturated, flat or smooth bright areas, where the code's own float32 value is no reproducible number.
FRAGILE = [
    "mef01",
    "mef15",
    "mef16",
    "vif19",
    "deg06",
    "deg07",
    "deg09",
    "mff15",
    "smff04",
    "smff05",
    "smef00",
    "smef02",
    "smef06",
]


def _grays():
    for name, folder in golden.SETS.items():
        file = folder / "gray-python.csv" if name == "drawn" else folder / "python" / "gray.csv"
        with file.open(newline="") as lines:
            for line in csv.DictReader(lines):
                if line["case"].startswith("s") == (name == "drawn"):
                    yield name, line


@pytest.mark.parametrize("row_set", golden.SETS)
def test_gray_planes(row_set):
    wrong = []
    for name, line in _grays():
        if name == row_set:
            (file,) = (golden.SETS[name] / "cases" / "open").glob(f"{line['case']}_{line['image']}.*")
            image = read_image(file)
            of_pillow = line["sha256_gray_pil"].replace("same", line["sha256_gray_cv2"])
            for gray, digest in ((gray_opencv, line["sha256_gray_cv2"]), (gray_pillow, of_pillow)):
                if hashlib.sha256(np.ascontiguousarray(gray(image)).tobytes()).hexdigest() != digest:
                    wrong.append((line["case"], line["image"], gray.__name__))
    assert wrong == []


@pytest.mark.parametrize("row_set", golden.SETS)
@pytest.mark.parametrize("name", ["SSIM", "MS_SSIM"])
def test_the_codes_own_float32_value_is_near(row_set, name):
    """The convention gives the float64 value; the code's digits are met within 1e-4 but for fragile images."""
    metric = CONVENTIONS["tangpy"][name]
    far = {}
    for path in golden.VALUES[row_set]:
        with path.open(newline="") as lines:
            for line in csv.DictReader(lines):
                if (line["toolbox"], line["metric"]) == ("tangpy", name) and not line["value"].startswith(
                    "E"
                ):
                    images = golden.images(row_set, (line["file_A"], line["file_B"], line["file_F"]))
                    value = score(*images, [metric])[metric.qualified].value
                    if abs(value - float(line["value"])) > 1e-4:
                        far[line["case"]] = value
    assert far.keys() <= set(FRAGILE)


@pytest.mark.parametrize("qualified", ["SSIM@tangpy", "MS-SSIM@ivif_zoo"])
def test_show_says_that_the_number_is_not_reproducible(qualified):
    name, _, convention = qualified.partition("@")
    assert "no reproducible number" in CONVENTIONS[convention][name].difference


def test_variants_are_named_settings():
    assert CONVENTIONS["cddfuse"]["SSIM"].signature() != CONVENTIONS["cddfuse"]["SSIM_dr255"].signature()
    peaks = {
        name: CONVENTIONS["cddfuse"][name].settings["L"] for name in ("SSIM", "SSIM_dr255", "SSIM_dr1_sk018")
    }
    assert peaks == {"SSIM": 2.0, "SSIM_dr255": 255.0, "SSIM_dr1_sk018": 1.0}
