"""Fuse the 21 VIFB pairs anew and compare them with the published images, pixel by pixel.

    python benchmarks/published_pixels.py [METHOD ...] [--data DIR] [--weights DIR] [--again]

The published images are JPEG files, so a result is encoded the same way (quality 75, 4:2:0, libjpeg) and
decoded before it is compared. Results of finished pairs are kept in `build/published-pixels`; without
METHOD the page `docs/baselines.md` is written from them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as PilImage
from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.gff import gff
from tcmoa_bench.baselines.msvd import msvd_plane
from tcmoa_bench.baselines.numeric import u8

from tcmoa_bench.images import read_image, to_uint8, write_image
from tcmoa_bench.types import FuserOptions, Image, Pair, Task

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "published-pixels"
METHODS = [
    "ADF",
    "CBF",
    "FPDE",
    "GFCE",
    "GFF",
    "GTF",
    "HMSD_GF",
    "Hybrid_MSD",
    "IFEVIP",
    "LatLRR",
    "LP_SR",
    "MGFF",
    "MSVD",
    "RP_SR",
    "TIF",
    "VSMWLS",
]


def through_jpeg(image: Image) -> Image:
    """Encode and decode as the published files were."""
    buffer = io.BytesIO()
    PilImage.fromarray(image).save(buffer, "JPEG", quality=75, subsampling="4:2:0")
    return np.asarray(PilImage.open(buffer))


def psnr(x: Image, y: Image) -> float:
    error = np.mean((x.astype(np.float64) - y) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def candidates(
    method: str, pair: Pair, published: Image, options: FuserOptions
) -> Iterator[tuple[str, Image]]:
    """The method's results on a pair, with what sets each apart (nothing for most methods)."""
    a, b = pair.load()
    if method == "GFF":
        # VIFB's interface saves both sources as JPEG first; which one it gives first varies.
        first, second = (through_jpeg(x).astype(np.float64) for x in (b, a))
        if first.ndim != second.ndim:
            first, second = (np.atleast_3d(x) * np.ones(3) for x in (first, second))
        yield "sources recompressed, infrared first", u8(gff(second, first))
        yield "sources recompressed, visible first", u8(gff(first, second))
    elif method == "MSVD":
        yield from [msvd_by_signs(a, b, published)]
    else:
        fuser = FUSERS[method].create(options)
        yield "", to_uint8(fuser.fuse(a, b, pair))


def msvd_by_signs(a: Image, b: Image, published: Image) -> tuple[str, Image]:
    """MSVD with the signs of singular vectors that come nearest to the published image, per channel."""
    channels, names = [], []
    for c in range(3):
        plane_a, plane_b = (np.atleast_3d(x)[..., c % np.atleast_3d(x).shape[2]] / 255 for x in (a, b))
        trials = {
            "+" + "".join("+" if s > 0 else "-" for s in signs): u8(
                255 * msvd_plane(plane_a, plane_b, (1, *signs))
            )
            for signs in np.ndindex(2, 2, 2)
            for signs in [tuple(1 - 2 * s for s in signs)]
        }
        best = max(trials, key=lambda name: psnr(trials[name], published[..., c]))
        names.append(best)
        channels.append(trials[best])
    return "signs " + " ".join(dict.fromkeys(names)), np.stack(channels, axis=2)


def compare(method: str, pair: Pair, published_file: Path, options: FuserOptions) -> dict[str, object]:
    published = read_image(published_file)
    start = time.perf_counter()
    results = []
    for variant, fused in candidates(method, pair, published, options):
        coded = through_jpeg(fused)
        if coded.shape != published.shape:
            raise SystemExit(f"{method} {pair.name}: {coded.shape} against {published.shape}")
        results.append((psnr(coded, published), variant, fused, coded))
    value, variant, fused, coded = max(results, key=lambda result: result[0])
    write_image(WORK / f"{method}-{pair.name}.png", fused)
    return {
        "method": method,
        "pair": pair.name,
        "identical": bool(np.array_equal(coded, published)),
        "psnr": None if np.isinf(value) else value,
        "largest": int(np.abs(coded.astype(int) - published).max()),
        "equal": float((coded == published).mean()),
        "variant": variant,
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(METHODS))
    data = os.environ.get("TCMOA_BENCH_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds vifb/")
    parser.add_argument(
        "--weights", type=Path, help="folder of the learned matrices (default: beside the data)"
    )
    parser.add_argument("--again", action="store_true", help="fuse pairs that are done already, too")
    arguments = parser.parse_args()
    vifb = arguments.data / "vifb"
    options = FuserOptions(weights=arguments.weights or arguments.data.parent / "baselines" / "aux")
    names = sorted(path.stem for path in (vifb / "input" / "VI").glob("*.jpg"))
    if not names:
        raise SystemExit(f"no VIFB pairs in {vifb}: give the folder of data packs with --data")
    WORK.mkdir(parents=True, exist_ok=True)
    for method in arguments.methods or METHODS:
        for name in names:
            done = WORK / f"{method}-{name}.json"
            if done.exists() and not arguments.again:
                continue
            pair = Pair("vifb", name, Task.VIF, vifb / f"input/VI/{name}.jpg", vifb / f"input/IR/{name}.jpg")
            row = compare(method, pair, vifb / f"output/fused_images/{name}_{method}.jpg", options)
            done.write_text(json.dumps(row))
            state = "identical" if row["identical"] else f"{row['psnr']:.1f} dB"
            print(f"{method} {name}: {state} {row['variant']}({row['seconds']:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
