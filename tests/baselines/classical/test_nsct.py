"""The nonsubsampled contourlet transform gives back what it takes apart, and its bands have directions."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines.classical import nsct
from tcmoa_bench.baselines.classical.nsct_directions import fuse_directions
from tests.baselines.pairs import textured


def test_pyramid_filters_allow_perfect_reconstruction() -> None:
    identity = nsct.LOW * nsct.LOW_BACK + nsct.HIGH * nsct.HIGH_BACK
    np.testing.assert_allclose(identity.coef, [1] + [0] * (len(identity.coef) - 1), atol=1e-14)


def test_pyramid_filters_are_the_toolbox_s() -> None:
    """Centre and corner of `pyrexc`'s short filters, from S = [1 2 1; 2 4 2; 1 2 1]/16."""
    image = np.zeros((9, 9))
    image[4, 4] = 1
    low, high = nsct._split(image, 1)
    np.testing.assert_allclose([low[4, 4], low[2, 2]], [0.3406092167691145, -0.003236043456039806])
    np.testing.assert_allclose([high[4, 4], high[3, 3]], [0.8406092167691145, -0.0625])


@pytest.mark.parametrize("shape", [(40, 61), (5, 3)])
@pytest.mark.parametrize("stages", [1, 2, 3, 4])
def test_directions_add_up(stages: int, shape: tuple[int, int]) -> None:
    image = textured(*shape).astype(np.float64)
    (fused,) = fuse_directions([image], [(0, 0)], stages)
    np.testing.assert_allclose(fused, image, atol=1e-10)


def test_stripes_of_two_directions_both_survive() -> None:
    """A selection by direction keeps both; one over all directions would drop one where they cross."""
    y, x = np.mgrid[:64, :64] / 64 * 2 * np.pi
    down, across = 50 * np.sin(16 * y), 51 * np.sin(16 * x)
    (fused,) = fuse_directions([down, across], [(0, 1)], 2)
    assert np.corrcoef(fused.ravel(), (down + across).ravel())[0, 1] > 0.95


@pytest.mark.parametrize("stages", [nsct.STAGES, nsct.STAGES_SR])
def test_an_image_with_itself_comes_back(stages: tuple[int, ...]) -> None:
    image = textured(70, 51).astype(np.float64)
    (fused,) = nsct.nsct_fusion([image], [(0, 0)], stages)
    np.testing.assert_allclose(fused, image, atol=1e-10)
