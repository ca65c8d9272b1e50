"""TensorFlow 1 checkpoints without TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tcmoa_bench.baselines.deep.fuser import NetworkFuser

#: Names and shapes of a checkpoint's tensors, TensorFlow layout (kh, kw, in, out).
Shapes = dict[str, tuple[int, ...]]

#: `tf.layers.batch_normalization`: what is added to the variance, and torch's names of its tensors.
BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_PARTS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


class TensorFlowNetwork(nn.Module):
    """A network that knows how the authors' checkpoint lies in the file."""

    @staticmethod
    def shapes() -> Shapes:
        """All tensors of the authors' checkpoint, those that fusion does not need included."""
        raise NotImplementedError

    @staticmethod
    def own_name(name: str) -> str | None:
        """The network's name of one of these tensors; None where the fused image does not need it."""
        raise NotImplementedError


class TensorFlowFuser(NetworkFuser):
    """A fuser that takes the authors' TensorFlow data file, or its tensors converted under their names."""

    network: TensorFlowNetwork

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        shapes = self.network.shapes()
        return read_data_file(path, shapes) if is_data_file(path, shapes) else super().read_weights(path)

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        # A name that is not the checkpoint's stays, so that loading can point at it.
        unused = {name for name in self.network.shapes() if self.network.own_name(name) is None}
        kept = {name: tensor for name, tensor in tensors.items() if name not in unused}
        return {self.network.own_name(name) or name: to_torch(tensor) for name, tensor in kept.items()}


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
