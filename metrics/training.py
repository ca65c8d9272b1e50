"""The engine's metrics as a torchmetrics `Metric`, for training and validation loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tcmoa_bench.errors import BenchError
from tcmoa_bench.metrics.api import chosen, score_scene
from tcmoa_bench.metrics.core import Metric
from tcmoa_bench.metrics.scene import Scene, Sources

try:
    from torchmetrics import Metric as TorchMetric
except ImportError as error:
    raise BenchError(
        "metrics in training loops need torchmetrics: pip install 'tcmoa-bench[training]'"
    ) from error


class FusionMetrics(TorchMetric):  # type: ignore[misc]  # torchmetrics need not be installed
    """Means of metrics over all images of all batches, equal to what the engine gives for the images as 8-bit files.

    Args:
        metrics: Qualified names (`SD@tang2022`), a convention or a profile.
        convention: Convention of bare names.
        data_range: What white is in floating-point tensors, 1 or 255. Such values are multiplied up to 0..255, rounded
            half to even and clipped, as an image is when it is saved; `uint8` is taken as it is.
        kwargs: Further options of `torchmetrics.Metric`.

    `update` takes a batch; `compute` gives a float64 tensor for each metric by its qualified name: the mean over the
    images that have a value, NaN where none has. `missing` counts those without. The computation runs on the CPU.

    Raises:
        BenchError: A metric is not known, or torchmetrics is not installed.
        ValueError: `data_range` is neither 1 nor 255, or a batch has no fitting shape.
    """

    is_differentiable = False
    higher_is_better = None  # each has its own direction: `directions`
    full_state_update = False

    total: torch.Tensor
    count: torch.Tensor
    absent: torch.Tensor

    def __init__(
        self,
        metrics: str | Sequence[str | Metric],
        *,
        convention: str | None = None,
        data_range: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if data_range not in (1, 255):
            raise ValueError(f"data_range is 1 or 255, not {data_range!r}")
        self.data_range = float(data_range)
        self.metrics = chosen(metrics, convention)
        zeros = torch.zeros(len(self.metrics), dtype=torch.float64)
        for name in ("total", "count", "absent"):
            self.add_state(name, default=zeros.clone(), dist_reduce_fx="sum")

    @property
    def directions(self) -> dict[str, bool]:
        """Whether higher is better, by qualified name."""
        return {metric.qualified: metric.higher_is_better for metric in self.metrics}

    def update(
        self, fused: torch.Tensor, a: torch.Tensor, b: torch.Tensor, reference: torch.Tensor | None = None
    ) -> None:
        """Score a batch.

        Args:
            fused: Fused images, `N x 1 x H x W` or `N x 3 x H x W` RGB, `uint8` or floating point from 0 to `data_range`.
            a: Sources A, as many, of the same size; channels may differ.
            b: Sources B, likewise.
            reference: Ground truths, for metrics that need one.
        """
        batches = [self._pictures(t) for t in (fused, a, b, reference) if t is not None]
        if len({len(batch) for batch in batches}) != 1:
            raise ValueError(f"batches of different length: {[len(batch) for batch in batches]}")
        for image, first, second, *truth in zip(*batches, strict=True):
            scores = score_scene(Scene(Sources(first, second, *truth), image), self.metrics)
            values = [score.value for score in scores.values()]
            there = torch.tensor([value is not None for value in values], device=self.count.device)
            added = torch.tensor([value or 0.0 for value in values], dtype=torch.float64)
            self.total += added.to(self.total.device)
            self.count += there
            self.absent += ~there

    def compute(self) -> dict[str, torch.Tensor]:
        """Means by qualified name."""
        means = self.total / self.count
        return {metric.qualified: mean for metric, mean in zip(self.metrics, means, strict=True)}

    @property
    def missing(self) -> dict[str, int]:
        """How many images had no value, by qualified name."""
        return {m.qualified: int(n) for m, n in zip(self.metrics, self.absent.tolist(), strict=True)}

    def _pictures(self, batch: torch.Tensor) -> list[NDArray[np.uint8]]:
        if batch.ndim != 4 or batch.shape[1] not in (1, 3):
            raise ValueError(f"a batch is N x 1 x H x W or N x 3 x H x W, not {tuple(batch.shape)}")
        images = batch.detach().cpu()
        if images.dtype != torch.uint8:
            if not images.is_floating_point():
                raise ValueError(f"a batch is uint8 or floating point, not {images.dtype}")
            if not torch.isfinite(images).all():
                raise ValueError("a batch holds values that are not finite")
            levels = images.to(torch.float64) * (255 / self.data_range)
            images = levels.round().clamp(0, 255).to(torch.uint8)
        arrays = images.permute(0, 2, 3, 1).contiguous().numpy()
        return [array[..., 0] if array.shape[2] == 1 else array for array in arrays]
