"""Diffusion in strips is the diffusion of the whole image."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from tcmoa_bench.baselines.classical import adf, fpde
from tcmoa_bench.baselines.kernels import threads
from tcmoa_bench.baselines.kernels.diffusion import diffuse
from tests.baselines.pairs import textured


@pytest.mark.parametrize(("method", "reach"), [(adf, 1), (fpde, fpde.REACH)])
def test_strips_leave_no_trace(method: ModuleType, reach: int) -> None:
    x = textured(700, 300).astype(np.float64)
    assert len(threads.strips(x.shape)) > 3
    expected = method.step(method.step(x))
    assert np.array_equal(diffuse(method.step, x, reach, 2), expected)
    assert not np.array_equal(diffuse(method.step, x, reach - 1, 2), expected)


def test_the_first_state_is_left_alone() -> None:
    x = textured(20, 30).astype(np.float64)
    before = x.copy()
    diffuse(lambda y: y + 1, x, 0, 3)
    assert np.array_equal(x, before)
