"""Every convention gives the reference toolbox's own numbers, on drawn and on real images.

One test per set, convention, metric (in the reference's spelling) and tier; run one convention with
`pytest tests/metrics/test_golden.py -k mefb`, one metric with `-k "mefb and Qcb"`.
"""

from __future__ import annotations

import math

import pytest

from tcmoa_bench.metrics import CONVENTIONS, Score, score
from tests.metrics import golden


def groups() -> list:
    """Groups of rows to test together; whole images are slow."""
    slow = [pytest.mark.slow]
    return [pytest.param(g, marks=slow if g[3] == "full" else [], id="-".join(g)) for g in golden.rows()]


@pytest.mark.parametrize("group", groups())
def test_reference_values(group: tuple[str, str, str, str]) -> None:
    row_set, convention, name = group[:3]
    metric = CONVENTIONS[convention][name]
    wrong = []
    for row in golden.rows()[group]:
        a, b, fused = golden.images(row_set, row.files)
        problem = _problem(row, score(a, b, fused, [metric])[metric.qualified])
        if problem:
            wrong.append(f"{row.case}: {problem}")
    assert not wrong, f"{len(wrong)} of {len(golden.rows()[group])}:\n" + "\n".join(wrong)


def _problem(row: golden.Row, got: Score) -> str | None:
    if (got.value is None) == (not got.reason):
        return f"value {got.value!r} with reason {got.reason!r}"
    if golden.informational(row):
        return None
    if row.value is None or not math.isfinite(row.value):
        said = "ERROR " + row.note if row.value is None else row.value
        return None if got.value is None else f"reference {said}, here {got.value!r}"
    if got.value is None:
        return f"reference {row.value!r}, here null ({got.reason})"
    difference, allowed = abs(got.value - row.value), golden.tolerance(row)
    if difference <= allowed:
        return None
    return f"reference {row.value!r}, here {got.value!r}, off by {difference:.3g}, allowed {allowed:.3g}"


@pytest.mark.parametrize("row_set", golden.SETS)
def test_decoded_pixels_are_the_ones_that_were_scored(row_set: str) -> None:
    for case in golden.cases(row_set):
        files = case["file_A"], case["file_B"], case["file_F"]
        found = [golden.digest(pixels) for pixels in golden.images(row_set, files)]
        assert found == [case["sha256_A"], case["sha256_B"], case["sha256_F"]], case["case"]
