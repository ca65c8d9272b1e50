"""Finished runs with pictures, for reports and figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tcmoa_bench.images import safe_name, write_image
from tcmoa_bench.reports.summary import Run, load_run
from tcmoa_bench.store import CellResult, RunStore
from tcmoa_bench.types import Image

HEIGHT, WIDTH = 40, 60


def picture(seed: int, colour: bool = False) -> Image:
    """Noise on a ramp; the same for the same seed."""
    random = np.random.default_rng(seed)
    shape = (HEIGHT, WIDTH, 3) if colour else (HEIGHT, WIDTH)
    ramp = np.linspace(0, 200, WIDTH).reshape((1, WIDTH, 1) if colour else (1, WIDTH))
    return (ramp + random.integers(0, 55, shape)).astype(np.uint8)


def source_image(pair: int, role: str) -> Image:
    """What `paint` puts there as A (colour) or B (gray) of a pair."""
    return picture(2 * pair + (role == "b"), colour=role == "a")


def fused_image(pair: int, fuser: int) -> Image:
    """What `paint` puts there as a fuser's image of a pair."""
    return picture(1000 + 100 * fuser + pair, colour=fuser % 2 == 0)


def paint(run: Run, remarks: Sequence[str] = ()) -> Run:
    """Give a run its pictures; `remarks[i]` is that of every image of fuser i."""
    fusers = list(run.fusers["fuser"])
    with RunStore.create(run.folder) as store:
        for i, pair in enumerate(run.pairs.itertuples()):
            stem = f"sources/{safe_name(pair.dataset)}/{safe_name(pair.pair)}"
            for role in "ab":
                write_image(run.folder / f"{stem}_{role}.png", source_image(i, role))
            views = {"height": HEIGHT, "width": WIDTH, "view_a": f"{stem}_a.png", "view_b": f"{stem}_b.png"}
            for cell in run.cells[
                (run.cells["pair"] == pair.pair) & (run.cells["status"] == "done")
            ].itertuples():
                k = fusers.index(cell.fuser)
                file = f"fused/{safe_name(cell.fuser)}/{safe_name(pair.dataset)}/{safe_name(pair.pair)}.png"
                write_image(run.folder / file, fused_image(i, k))
                remark = remarks[k] if k < len(remarks) else ""
                store.add(
                    CellResult(
                        pair.dataset, pair.pair, cell.fuser, "key", remark=remark, fused=file, fused_hash=cell.fused_hash,
                        fuse_seconds=0.1 * (k + 1), views=views,
                    )
                )  # fmt: skip
    return load_run(run.folder)


def painted_run(folder: Path, fusers: Sequence[str] = ("average", "lp", "tcmoa"), pairs: int = 5) -> Run:
    """A run of some fusers by EN (higher is better), SD, and MSE (lower is better), with pictures."""
    from tests.reports.builder import make_run

    random = np.random.default_rng(3)
    values = {
        fuser: {
            "EN@tang2022": (5 + k + random.random(pairs)).tolist(),
            "SD@tang2022": (30 - k + 3 * random.random(pairs)).tolist(),
            "MSE@tang2022": (0.5 - 0.1 * k + 0.1 * random.random(pairs)).tolist(),
        }
        for k, fuser in enumerate(fusers)
    }
    return paint(
        make_run(folder, values, down=["MSE@tang2022"], pairs=[f"scene {i + 1}" for i in range(pairs)])
    )
