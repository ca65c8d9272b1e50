"""Rows of published tables from the raw sources, and what the authors' contrast stretches are worth.

    python benchmarks/deep_rows.py rows ../shared/data ../shared/weights build/deep-rows
    python benchmarks/deep_rows.py policies ../shared/data ../shared/weights build/deep-rows

Fused images are kept in the last folder; a second call only scores them. Prints Markdown.
"""

from __future__ import annotations

import csv
import importlib.resources
import io
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image as PilImage

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.datasets import load
from tcmoa_bench.images import decode_image, read_image, to_uint8, write_image
from tcmoa_bench.metrics import score_many
from tcmoa_bench.types import FuserOptions, Image, Pair

#: Rows of TC-MoA's Table 3 whose network and published steps are known, and the fuser that makes them.
TABLE_3 = {
    "IFCNN": "ifcnn_max_rgb",
    "MFF-GAN": "mffgan_mfif",
    "PMGI": "pmgi_mfif",
    "U2Fusion": "u2fusion_mfif",
}
METRICS_3 = "tcmoa-mff"
#: Fusers whose authors stretch the contrast, on VIFB's pairs; one for each kind of stretch.
STRETCHED = ("seafusion", "densefuse_tf_add", "u2fusion_tang", "sdnet_vif", "pmgi_vif", "refusion_ivif")
METRICS_STRETCH = ("EN@tang2023", "SD@tang2023", "AG@tang2023", "SF@tang2023", "MI@tang2023", "VIF@tang2023")
METRICS_STRETCH += ("Qabf@tang2023", "SSIM@tang2023", "SCD@tang2023")

Scores = Mapping[str, Mapping[str, float]]


def fuse(name: str, pairs: list[Pair], weights: Path, out: Path) -> None:
    """Fuse what is not fused yet."""
    fuser = None
    for pair in pairs:
        path = out / name / f"{pair.name}.png"
        if not path.exists():
            fuser = fuser or FUSERS[name].create(FuserOptions(weights=weights))
            write_image(path, to_uint8(fuser.fuse(*pair.load(), pair)))


def as_jpeg_like(image: Image, published: Path) -> Image:
    """The image after JPEG with the quantisation tables and subsampling of another file."""
    with PilImage.open(published) as other:
        tables, buffer = other.quantization, io.BytesIO()
    PilImage.fromarray(image).save(buffer, "JPEG", qtables=tables, subsampling="4:2:0")
    return decode_image(buffer.getvalue(), published.name)


def psnr(a: Image, b: Image) -> float:
    """Peak signal-to-noise ratio in dB of two `uint8` images."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def _score_row(job: tuple[Pair, str, Path, Path]) -> tuple[Scores, tuple[float, float]]:
    pair, row, data, out = job
    published = data / "mfif" / "fused_images" / f"{pair.name}_{row}.jpg"
    fused = read_image(out / TABLE_3[row] / f"{pair.name}.png")
    images = {"raw": fused, "jpeg": as_jpeg_like(fused, published), "published": read_image(published)}
    scores = score_many(*pair.load(), images, METRICS_3)
    values = {kind: {m: float(s.value) for m, s in found.items()} for kind, found in scores.items()}
    return values, tuple(psnr(images[kind], images["published"]) for kind in ("raw", "jpeg"))  # type: ignore[return-value]


def _score_policies(job: tuple[Pair, str, Path]) -> Scores:
    pair, name, out = job
    images = {kind: read_image(out / kind / f"{pair.name}.png") for kind in (name, f"{name}_clip")}
    scores = score_many(*pair.load(), images, METRICS_STRETCH)
    return {kind: {m: float(s.value) for m, s in found.items()} for kind, found in scores.items()}


def in_parallel(function: Callable, jobs: list) -> list:
    """Results in the order of the jobs, two processes."""
    with ProcessPoolExecutor(2, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        return list(pool.map(function, jobs))


def means(results: list[Scores], kind: str) -> dict[str, float]:
    """Means over pairs by metric."""
    return {metric: float(np.mean([r[kind][metric] for r in results])) for metric in results[0][kind]}


def line(label: str, values: Mapping[str, float | str]) -> str:
    """One row of a Markdown table."""
    cells = (v if isinstance(v, str) else f"{v:.3f}" for v in values.values())
    return f"| {label} | {' | '.join(cells)} |"


def rows(data: Path, weights: Path, out: Path) -> None:
    """Table 3's networks on the 63 MFIF pairs beside the published images and the printed rows."""
    pairs = load("mfif", data)
    table = importlib.resources.files("tcmoa_bench.reports.tables") / "published" / "tcmoa_table3.csv"
    printed = {r.pop("method"): r for r in csv.DictReader(table.read_text().splitlines())}
    header = ""
    for row, name in TABLE_3.items():
        fuse(name, pairs, weights, out)
        results = in_parallel(_score_row, [(pair, row, data, out) for pair in pairs])
        scores, ratios = [r[0] for r in results], np.array([r[1] for r in results])
        if not header:
            header = line("", {m: m for m in scores[0]["raw"]})
            print(header + "\n|" + "---|" * header.count(" | ") + "---|")
        print(line(f"{row}, fused here (`{name}`)", means(scores, "raw")))
        print(line(f"{row}, fused here, as JPEG", means(scores, "jpeg")))
        print(line(f"{row}, published images", means(scores, "published")))
        print(line(f"{row}, printed", printed[row]), flush=True)
        for kind, found in zip(("raw", "as JPEG"), ratios.T, strict=True):
            print(
                f"<!-- {row} {kind}: PSNR to the published images {found.min():.1f} to {found.max():.1f} dB, "
                f"median {np.median(found):.1f} -->"
            )


def policies(data: Path, weights: Path, out: Path) -> None:
    """Published policy and `_clip` on VIFB's pairs."""
    pairs = load("vifb", data)
    print(line("", {m: m for m in METRICS_STRETCH}) + "\n|" + "---|" * (len(METRICS_STRETCH) + 1))
    for name in STRETCHED:
        for kind in (name, f"{name}_clip"):
            fuse(kind, pairs, weights, out)
        results = in_parallel(_score_policies, [(pair, name, out) for pair in pairs])
        for kind in (name, f"{name}_clip"):
            print(line(f"`{kind}`", means(results, kind)), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"rows": rows, "policies": policies}[sys.argv[1]](*map(Path, sys.argv[2:5]))
