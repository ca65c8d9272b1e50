"""Every golden output of the authors' own code."""

from __future__ import annotations

import numpy as np
import pytest
from tcmoa_bench.baselines import FUSERS

from tcmoa_bench.images import read_image, to_uint8
from tcmoa_bench.types import FuserOptions, Task
from tests.baselines.deep.conftest import golden_rows, pair
from tests.conftest import SHARED

ROWS = golden_rows(SHARED / "weights") if SHARED else [{"name": "no goldens here", "pair": ""}]
TASKS = {"VIF": Task.VIF, "MEF": Task.MEF, "MFF": Task.MFF, "MIF": Task.MED}

#: Share of pixels that may differ by one level: values that fall on a whole number before truncation.
SHARE = {"sesf": 0.015}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}-{row['pair']}")
def test_equals_the_authors_code(row, weights_dir):
    folder, task = weights_dir / "golden", TASKS[row["task"]]
    a, b = read_image(folder / row["file_A"]), read_image(folder / row["file_B"])
    if task is Task.MED and "functional" in row["note"]:
        a, b = b, a  # the goldens give the functional image as A; here it is B
    fuser = FUSERS[row["name"]].create(FuserOptions(weights=weights_dir))

    out = fuser.run(a, b, task)
    recorded = np.load(folder / row["file_float"])
    if row["name"] == "sesf":
        np.testing.assert_array_equal(out[0], recorded["dm"])
    else:
        expected = recorded["out"]
        assert out.shape == expected.shape
        assert np.abs(out - expected).max() <= 1e-4 * np.ptp(expected)

    image = to_uint8(fuser.fuse(a, b, pair(task)))
    published = read_image(folder / row["file_F"])
    assert image.shape == published.shape
    difference = np.abs(image.astype(int) - published)
    assert difference.max() <= 1
    assert (difference > 0).mean() <= SHARE.get(row["name"], 0.0005)
