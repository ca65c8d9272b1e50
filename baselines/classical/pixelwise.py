"""The simplest rules: mean, larger and smaller value of the two sources at every pixel."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array


def average(a: Float64Array, b: Float64Array) -> Float64Array:
    """(A + B) / 2, on 0..255."""
    return (a + b) / 2


build_average = on_images(average, half_away=False)
build_maximum = on_images(np.maximum, half_away=False)
build_minimum = on_images(np.minimum, half_away=False)
