"""The simplest rules: mean, largest and smallest value of the sources at every pixel."""

from __future__ import annotations

from functools import reduce

import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array


def average(*images: Float64Array) -> Float64Array:
    """(A + B) / 2, on 0..255, and so on for more."""
    return reduce(np.add, images) / len(images)


def maximum(*images: Float64Array) -> Float64Array:
    """The largest value at every pixel."""
    return reduce(np.maximum, images)


def minimum(*images: Float64Array) -> Float64Array:
    """The smallest value at every pixel."""
    return reduce(np.minimum, images)


build_average = on_images(average, half_away=False, stacks=True)
build_maximum = on_images(maximum, half_away=False, stacks=True)
build_minimum = on_images(minimum, half_away=False, stacks=True)
