"""Which definition made a number: on the goldens' own values, and on values worked out by hand."""

import json
import math

import numpy as np
import pytest

from tcmoa_bench.errors import BenchError
from tcmoa_bench.gray import gray_pillow
from tcmoa_bench.metrics import CONVENTIONS, score
from tcmoa_bench.metrics.which import Printed, which
from tests.metrics import golden

RNG = np.random.default_rng(5)
A, B, F = (RNG.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(3))


@pytest.mark.parametrize(
    ("text", "low", "high"), [("0.99", 0.985, 0.995), ("12", 11.5, 12.5), ("1.2e-3", 0.00115, 0.00125)]
)
def test_printed_digits_stand_for_a_range(text, low, high):
    printed = Printed.of(text)
    assert all(printed.fits(x) for x in (low, high, (low + high) / 2))
    assert not any(printed.fits(x) for x in (low - (high - low) / 99, high + (high - low) / 99))


@pytest.mark.parametrize("text", ["nan", "inf", "-", "", "0,99"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(BenchError, match=r"no (finite )?number"):
        Printed.of(text)


def _cases():
    """One drawn case of every convention's metric that has a value."""
    seen = {}
    for group, rows in golden.rows().items():
        if group[0] == "drawn":
            for row in rows:
                if row.value is not None and math.isfinite(row.value) and not golden.informational(row):
                    seen.setdefault(group[1:3], row)
    return list(seen.values())


@pytest.mark.parametrize("row", _cases(), ids=lambda row: f"{row.convention}-{row.metric}")
def test_the_goldens_definition_is_among_the_answers(row):
    a, b, fused = golden.images(row.set, row.files)
    metric = CONVENTIONS[row.convention][row.metric]
    found = which(a, b, fused, metric.name, f"{row.value:.6g}")
    names = [reading.metric.qualified for reading in found.matches]
    assert metric.qualified in names
    assert found.verdict == ("one" if len(names) == 1 else "several")


def test_the_sum_over_both_sources_is_recognised():
    mean = score(A, B, F, "SSIM@textbook")["SSIM@textbook"].value
    found = which(A, B, F, "SSIM", f"{2 * mean:.7f}")
    assert ("SSIM@textbook", "times 2: the sum over both sources") in [
        (reading.metric.qualified, reading.change) for reading in found.variants
    ]


def test_another_gray_image_is_recognised():
    gray = [gray_pillow(image) for image in (A, B, F)]
    value = score(*gray, "AG@vifb")["AG@vifb"].value
    found = which(A, B, F, "AG", f"{value:.8f}")
    assert any("Pillow" in reading.change for reading in found.variants)


def test_nothing_fits_nonsense():
    found = which(A, B, F, "SSIM", "17.25")
    assert (found.verdict, found.variants) == ("none", ())
    assert len(found.nearest) == 5
    distances = [abs(reading.value - 17.25) for reading in found.nearest]
    assert distances == sorted(distances)


def test_the_answer_is_plain_json():
    json.dumps(which(A, B, F, "PSNR", "57.2").facts(), allow_nan=False)
