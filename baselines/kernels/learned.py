"""Learned matrices that classical methods need: found by hash among the user's weights, never shipped."""

from __future__ import annotations

import zipfile

import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.checkpoints import find_weights
from tcmoa_bench.images import show
from tcmoa_bench.types import BenchError, FuserOptions, Weights


def load_array(weights: Weights, options: FuserOptions, key: str, shape: tuple[int, ...]) -> Float64Array:
    """Read one array of an `.npz` file, as numbers only.

    Raises:
        Unavailable: The file is not here; the text says where it comes from.
        BenchError: It holds no such array.
    """
    path = find_weights(weights, options.weights)
    try:
        with np.load(path, allow_pickle=False) as file:
            array = file[key]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BenchError(f"{show(path)} holds no array {key!r} that can be read ({error})") from error
    if array.shape != shape or array.dtype != np.float64:
        raise BenchError(f"{show(path)}: {key!r} is {array.dtype} {array.shape}, expected float64 {shape}")
    return array
