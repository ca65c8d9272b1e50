"""Looking at prompts: maps as pictures (the paper's Figure 1), statistics, grids over alpha and beta."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw

from tcmoa_bench.images import write_image
from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.config import SWAPPED_TASKS
from tcmoa_bench.tcmoa.model import Prompts
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline
from tcmoa_bench.types import FuserError, Image, Task


@dataclass(frozen=True)
class PromptMap:
    """The prompts of one TC-MoA layer, or the gains, in the pair's own order.

    Attributes:
        layer: `encoder0`, `encoder1`, ..., `decoder0`, ..., and `gains` for a network that ends in them.
        a: Prompt of source A, `h x w` tokens, float32, in (0, 1) unless steered; its gain, `h x w` pixels.
        b: Prompt of source B.
    """

    layer: str
    a: NDArray[np.float32]
    b: NDArray[np.float32]

    def statistics(self) -> dict[str, float]:
        """How this layer chooses between the sources.

        Returns:
            `mean_a`, `mean_b`: mean prompts. `std_a`, `std_b`: their spread over the picture. `sum`: mean of
            their sum (the training asks for 1). `polarisation`: mean |a - b| / (a + b), 0 where both sources
            count alike, 1 where one is chosen everywhere. `prefers_a`: share of tokens where a > b.
        """
        total = np.maximum(np.abs(self.a + self.b), 1e-6)
        return {
            "mean_a": float(self.a.mean()),
            "mean_b": float(self.b.mean()),
            "std_a": float(self.a.std()),
            "std_b": float(self.b.std()),
            "sum": float((self.a + self.b).mean()),
            "polarisation": float((np.abs(self.a - self.b) / total).mean()),
            "prefers_a": float((self.a > self.b).mean()),
        }


def prompt_maps(prompts: Prompts, task: Task) -> list[PromptMap]:
    """Maps of every layer for the first item of a batch, sources in the pair's order (A, B)."""
    maps = []
    for part, xs, ts in (
        ("encoder", prompts.encoder_x, prompts.encoder_t),
        ("decoder", prompts.decoder_x, prompts.decoder_t),
    ):
        for i, streams in enumerate(zip(xs, ts, strict=True)):
            x, t = (stream[0, :, 0].reshape(prompts.grid).float().cpu().numpy() for stream in streams)
            maps.append(_ordered(f"{part}{i}", x, t, task))
    if prompts.gains is not None:
        x, t = (gain[0, 0].float().cpu().numpy() for gain in (prompts.gains.x, prompts.gains.t))
        maps.append(_ordered("gains", x, t, task))
    return maps


def _ordered(layer: str, x: NDArray[np.float32], t: NDArray[np.float32], task: Task) -> PromptMap:
    a, b = (t, x) if task in SWAPPED_TASKS else (x, t)
    return PromptMap(layer, a, b)


def write_prompt_maps(
    maps: Sequence[PromptMap], folder: Path, shape: tuple[int, int]
) -> dict[str, dict[str, float]]:
    """Write `<layer>_a.png` and `<layer>_b.png` (black 0, white 1), enlarged to the picture.

    Args:
        maps: From `prompt_maps`.
        folder: Made if missing.
        shape: Height and width of the pictures.

    Returns:
        Statistics by layer.
    """
    for item in maps:
        for source, values in (("a", item.a), ("b", item.b)):
            level = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
            enlarged = PilImage.fromarray(level).resize(shape[::-1], PilImage.Resampling.NEAREST)
            write_image(folder / f"{item.layer}_{source}.png", np.asarray(enlarged))
    return {item.layer: item.statistics() for item in maps}


def mean_statistics(maps: Sequence[PromptMap]) -> dict[str, float]:
    """Each statistic averaged over the TC-MoA layers (the gains are no such layer)."""
    rows = [item.statistics() for item in maps if item.layer != "gains"]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def export_prompts(
    pipeline: Pipeline, a: Image, b: Image, task: Task, folder: Path
) -> dict[str, dict[str, float]]:
    """Fuse a pair whole and write its prompt maps; see `write_prompt_maps`.

    Raises:
        FuserError: The pipeline fuses this pair in several tiles, which have no common prompt map.
    """
    fusion = pipeline.fuse(a, b, task)
    if fusion.prompts is None:
        raise FuserError("prompt maps need the picture fused at once: use mode whole")
    return write_prompt_maps(prompt_maps(fusion.prompts, task), folder, fusion.fitted)


def fusion_grid(
    pipeline: Pipeline, a: Image, b: Image, task: Task, alphas: Sequence[float], betas: Sequence[float]
) -> Image:
    """Fused pictures for every alpha (rows) and beta (columns), with labels: the paper's Figure 6.

    Returns:
        `uint8` RGB, one picture beside the other on a white ground.
    """
    options, border, label = pipeline.options, 4, 16
    height, width = a.shape[:2]
    sheet = PilImage.new(
        "RGB",
        (len(betas) * (width + border) + border, len(alphas) * (height + border + label) + border),
        "white",
    )
    draw = ImageDraw.Draw(sheet)
    try:
        for i, alpha in enumerate(alphas):
            for j, beta in enumerate(betas):
                pipeline.options = steer(options, alpha, beta)
                x, y = border + j * (width + border), border + i * (height + border + label)
                draw.text((x, y), f"alpha {alpha:g}  beta {beta:g}", fill="black")
                sheet.paste(
                    PilImage.fromarray(pipeline.fuse(a, b, task).image).convert("RGB"), (x, y + label)
                )
    finally:
        pipeline.options = options
    return np.array(sheet)


def steer(options: FuseOptions, alpha: float | Sequence[float], beta: float | Sequence[float]) -> FuseOptions:
    """The same options with other prompt steering."""
    return replace(options, control=PromptControl(alpha, beta, options.control.mu))
