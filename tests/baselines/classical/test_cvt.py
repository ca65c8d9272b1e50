"""The curvelet transform gives back what it takes apart, at every size it accepts."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines.classical.cvt import cvt
from tcmoa_bench.baselines.kernels.curvelet_wedges import window
from tests.baselines.pairs import record, textured


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(0, 0), (0, 57), (1, 3), (6, 24), (41, 8)])
def test_an_image_with_itself_comes_back(shape: tuple[int, int]) -> None:
    least = record("cvt").min_size
    image = textured(least + shape[0], least + shape[1]).astype(np.float64)
    (fused,) = cvt([image, image], [(0, 1)])
    np.testing.assert_allclose(fused, image, atol=1e-10)


def test_squared_windows_add_up_to_one() -> None:
    x = np.linspace(-0.5, 1.5, 41)
    np.testing.assert_allclose(window(x) ** 2 + window(1 - x) ** 2, 1)
    assert window(np.array([0.0, 1.0])).tolist() == [0, 1]
