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

    image = to_uint8(fuser.finish(out, a, b, task))
    published = read_image(folder / row["file_F"])
    assert image.shape == published.shape
    difference = np.abs(image.astype(int) - published)
    assert difference.max() <= 1
    assert (difference > 0).mean() <= SHARE.get(row["name"], 0.0005)


def _networks() -> list[str]:
    """Registered names, without those without a file, that need large images or are a variant of saving only."""
    deep = [n for n, entry in FUSERS.items() if ".deep." in entry.build and entry.record.weights[0].sha256]
    return [name for name in deep if not name.endswith("_clip") and FUSERS[name].record.min_size < 37]


@pytest.mark.parametrize("name", _networks())
def test_same_size_out_the_same_way_up(name, weights_dir):
    """A bright block in one corner of A stays in that corner, and nothing is turned or cut."""
    fuser = FUSERS[name].create(FuserOptions(weights=weights_dir))
    a, b = np.zeros((37, 53), np.uint8), np.zeros((37, 53), np.uint8)
    a[:8, 40:] = 255
    fused = to_uint8(fuser.fuse(a, b, pair(fuser.record.tasks[0])))
    assert fused.shape[:2] == (37, 53)
    corners = [
        fused[rows, columns].mean()
        for rows in (slice(8), slice(-8, None))
        for columns in (slice(13), slice(-13, None))
    ]
    assert np.argmax(corners) == 1
