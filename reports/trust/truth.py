"""The ground truth of a run as something to try metrics against."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tcmoa_bench.gray import gray_uint8
from tcmoa_bench.images import read_image
from tcmoa_bench.reports.summary import Run, Summary
from tcmoa_bench.reports.trust.trials import Reference
from tcmoa_bench.types import BenchError, Image

#: Ending of metrics that compare with the ground truth.
ENDING = "_ref"


def is_truth(metric: str) -> bool:
    """Whether a metric compares the fused image with the ground truth."""
    return metric.endswith(ENDING)


def truths(run: Run, summary: Summary, fusers: Sequence[str]) -> list[Reference]:
    """Comparisons with the ground truth: those that the run scored, and PSNR of the rounded gray images.

    PSNR is computed from the images in the run folder. A fused image that equals the truth is the best (infinite).

    Returns:
        None, where no pair has a ground truth. GMSD before SSIM before the rest, PSNR last.
    """
    if run.pairs["view_reference"].isna().all():
        return []
    found = [
        Reference(
            "truth",
            str(row.metric).removesuffix(ENDING),
            summary.matrix(str(row.qualified), fusers) * (1.0 if row.higher_is_better else -1.0),
        )
        for row in summary.metrics.itertuples()
        if is_truth(str(row.metric))
    ]
    order = {"GMSD": 0, "SSIM": 1}
    return [*sorted(found, key=lambda r: order.get(r.name, 2)), _psnr(run, fusers)]


def _psnr(run: Run, fusers: Sequence[str]) -> Reference:
    cells = run.cells[run.cells["status"] == "done"].set_index(["dataset", "pair", "fuser"])["fused"]
    goodness = np.full((len(run.pairs), len(fusers)), np.nan)
    for number, pair in enumerate(run.pairs.itertuples()):
        if not isinstance(pair.view_reference, str):
            continue
        truth = _gray(run, pair.view_reference)
        for column, fuser in enumerate(fusers):
            file = cells.get((pair.dataset, pair.pair, fuser))
            if isinstance(file, str):
                error = float(np.mean((_gray(run, file).astype(np.float64) - truth) ** 2))
                goodness[number, column] = 10 * math.log10(255**2 / error) if error else math.inf
    return Reference("truth", "PSNR", goodness)


def _gray(run: Run, file: str) -> Image:
    try:
        return gray_uint8(read_image(run.folder / file))
    except (OSError, ValueError) as error:
        raise BenchError(f"{error}; the run folder is not complete") from None
