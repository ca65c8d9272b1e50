"""The simplest rules: mean, larger and smaller value of the two sources at every pixel."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.colour import Plane
from tcmoa_bench.baselines.kernels.fuser import on_images


def average(a: Plane, b: Plane) -> Plane:
    """(A + B) / 2, on 0..255."""
    return (a + b) / 2


build_average = on_images(average, half_away=False)
build_maximum = on_images(np.maximum, half_away=False)
build_minimum = on_images(np.minimum, half_away=False)
