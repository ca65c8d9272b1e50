"""Against images that others published: the whole way from raw sources to their files."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import read_image, to_uint8
from tcmoa_bench.types import FuserOptions, Task
from tests.baselines.deep.conftest import pair

#: Fuser, folder of Tang's VIF-Benchmark, least share of equal pixels, largest difference in levels. PMGI was
#: run on a graphics card: ten normalisations by the image's own statistics widen its arithmetic.
TANG = [
    ("ifcnn_max_tang", "IFCNN", 0.9995, 1),
    ("seafusion", "SeAFusion", 0.9995, 1),
    ("densefuse_tf_add", "DenseFuse", 0.9995, 1),
    ("sdnet_vif", "SDNet", 0.9995, 1),
    ("u2fusion_tang", "U2Fusion", 0.9995, 1),
    ("pmgi_vif", "PMGI", 0.85, 2),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "folder", "share", "most"), TANG)
@pytest.mark.parametrize("scene", ["02", "03"])
def test_equals_tangs_published_images(name, folder, share, most, scene, weights_dir, data_dir):
    images = data_dir / "tno_tang" / "Image"
    a, b = (read_image(images / "Source-Image" / "TNO" / kind / f"{scene}.png") for kind in ("vi", "ir"))
    fuser = FUSERS[name].create(FuserOptions(weights=weights_dir))
    fused = to_uint8(fuser.fuse(a, b, pair(Task.VIF)))
    published = read_image(images / "Algorithm" / f"{folder}_TNO" / f"{scene}.png")
    if fused.ndim != published.ndim:  # gray sources: where there are channels, they are equal
        fused, published = (x[..., 0] if x.ndim == 3 else x for x in (fused, published))
    difference = np.abs(fused.astype(int) - published)
    assert difference.max() <= most
    assert (difference == 0).mean() >= share
