"""VIFB's published images, regenerated from the sources."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import read_image, to_uint8
from tcmoa_bench.types import FuserOptions, Pair, Task

#: The methods' names in VIFB's file names; the fusers' are the same in lower case but for GTF.
METHODS = [
    "ADF",
    "CBF",
    "FPDE",
    "GFCE",
    "GTF",
    "HMSD_GF",
    "Hybrid_MSD",
    "IFEVIP",
    "LP_SR",
    "MGFF",
    "RP_SR",
    "TIF",
    "VSMWLS",
]


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_published_pixels_after_the_same_jpeg_step(method: str, data_dir: Path, shared_dir: Path) -> None:
    vifb = data_dir / "vifb"
    pair = Pair("vifb", "walking", Task.VIF, vifb / "input/VI/walking.jpg", vifb / "input/IR/walking.jpg")
    fuser = FUSERS["gtf_matlab" if method == "GTF" else method].create(
        FuserOptions(weights=shared_dir / "baselines" / "aux")
    )
    fused = to_uint8(fuser.fuse(*pair.load(), pair))
    buffer = io.BytesIO()
    PilImage.fromarray(fused).save(buffer, "JPEG", quality=75, subsampling="4:2:0")
    published = read_image(vifb / "output" / "fused_images" / f"walking_{method}.jpg")
    assert np.array_equal(np.asarray(PilImage.open(buffer)), published)
