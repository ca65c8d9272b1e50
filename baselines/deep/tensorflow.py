"""TensorFlow 1 checkpoints without TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


def is_data_file(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a file is exactly as long as the bare `float32` values of these tensors."""
    return path.stat().st_size == 4 * sum(math.prod(shape) for shape in shapes.values())


def read_data_file(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Tensors of a `*.data-00000-of-00001` file.

    TensorFlow writes nothing but the values there, one tensor after the other in the order of their names
    (the `.index` file only repeats the offsets). The file is known by its hash, so its layout is known too.

    Args:
        path: The file.
        shapes: Names and shapes of all tensors in it, TensorFlow layout (kh, kw, in, out).

    Returns:
        `float32` tensors by name, TensorFlow layout.
    """
    import torch

    values = np.fromfile(path, dtype="<f4")
    tensors, start = {}, 0
    for name in sorted(shapes):
        size = math.prod(shapes[name])
        tensors[name] = torch.from_numpy(values[start : start + size].reshape(shapes[name]).copy())
        start += size
    return tensors


def to_torch(tensor: Tensor) -> Tensor:
    """A convolution kernel (kh, kw, in, out) as (out, in, kh, kw); other tensors stay."""
    return tensor.permute(3, 2, 0, 1).contiguous() if tensor.ndim == 4 else tensor
