"""Watching a training: validation figures and a sheet of fused held-out pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tcmoa_bench.images import write_image
from tcmoa_bench.tcmoa.colour import as_rgb
from tcmoa_bench.tcmoa.config import SWAPPED_TASKS
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline
from tcmoa_bench.tcmoa.prompts import mean_statistics, prompt_maps
from tcmoa_bench.tcmoa.train.sources import TrainPair
from tcmoa_bench.types import Image, Task

TASKS = (Task.VIF, Task.MEF, Task.MFF)
#: Scores one fused image: takes A, B, F, returns named figures.
Scorer = Callable[[Image, Image, Image], dict[str, float]]


class Validation:
    """Fuses held-out pairs, scores them and draws a sheet.

    Args:
        held: Held-out pairs of the three tasks.
        folder: Where `sheet-<round>.png` goes.
        scorer: Scores fused images, or None.
        size: Pairs are cut to this many pixels a side, in their middle.
    """

    def __init__(
        self,
        held: Sequence[Sequence[TrainPair]],
        folder: Path,
        scorer: Scorer | None = None,
        size: int = 256,
    ) -> None:
        self.folder, self.scorer = folder, scorer
        self.pairs = [
            [tuple(as_rgb(_middle(i, size)) for i in pair.load()) for pair in pairs] for pairs in held
        ]

    def __call__(self, model: TCMoA, step: int) -> dict[str, float]:
        """Figures by task (`vif_Qabf`, `vif_polarisation`, ...); writes the sheet."""
        training = model.training
        fit = "pad" if model.config.head == "gains" else "resize"
        pipeline = Pipeline(model, FuseOptions(mode="whole", fit=fit), str(model.pixel_mean.device))
        figures: dict[str, float] = {}
        rows = []
        for task, pairs in zip(TASKS, self.pairs, strict=True):
            scores: list[dict[str, float]] = []
            for first, second in pairs:
                a, b = (second, first) if task in SWAPPED_TASKS else (first, second)
                fusion = pipeline.fuse(a, b, task)
                row = dict(self.scorer(a, b, fusion.image)) if self.scorer else {}
                if fusion.prompts is not None:
                    row["polarisation"] = mean_statistics(prompt_maps(fusion.prompts, task))["polarisation"]
                scores.append(row)
                rows.append(np.concatenate([a, b, fusion.image], axis=1))
            for name in scores[0] if scores else ():
                figures[f"{task}_{name}"] = float(np.mean([row[name] for row in scores]))
        model.window_batch = None
        model.train(training)
        if rows:
            write_image(self.folder / f"sheet-{step}.png", _stack(rows))
        return figures


def _middle(image: Image, size: int) -> Image:
    top, left = max((image.shape[0] - size) // 2, 0), max((image.shape[1] - size) // 2, 0)
    return np.ascontiguousarray(image[top : top + size, left : left + size])


def _stack(rows: Sequence[Image]) -> Image:
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0))) for row in rows])
