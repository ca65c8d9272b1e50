"""Fuse the 21 VIFB pairs anew and compare them with the published images, pixel by pixel.

    python benchmarks/published_pixels.py [METHOD ...] [--data DIR] [--weights DIR] [--again]

The published images are JPEG files, so a result is encoded the same way (quality 75, 4:2:0, libjpeg) and
decoded before it is compared. Results of finished pairs are kept in `build/published-pixels`; without
METHOD the page `docs/baselines.md` is written from them (about an hour on two cores from nothing).
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.classical.gff import gff
from tcmoa_bench.baselines.classical.msvd import msvd_plane
from tcmoa_bench.baselines.kernels.numeric import u8
from tcmoa_bench.images import read_image, to_uint8, write_image
from tcmoa_bench.metrics import score
from tcmoa_bench.types import FuserOptions, Image, Pair, Task

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "published-pixels"
METHODS = (
    *("ADF", "CBF", "FPDE", "GFCE", "GFF", "GTF", "HMSD_GF", "Hybrid_MSD"),
    *("IFEVIP", "LatLRR", "LP_SR", "MGFF", "MSVD", "NSCT_SR", "RP_SR", "TIF", "VSMWLS"),
)


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
        fuser = FUSERS["gtf_matlab" if method == "GTF" else method].create(options)
        yield "", to_uint8(fuser.fuse(a, b, pair))


def msvd_by_signs(a: Image, b: Image, published: Image) -> tuple[str, Image]:
    """MSVD with the signs of singular vectors that come nearest to the published image.

    All patterns of all channels are tried, because the published channels of some pairs differ.
    """
    trials: list[dict[str, Image]] = []
    for c in range(3):
        plane_a, plane_b = (np.atleast_3d(x)[..., c % np.atleast_3d(x).shape[2]] / 255 for x in (a, b))
        patterns = [tuple(1 - 2 * s for s in bits) for bits in np.ndindex(2, 2, 2)]
        trials.append(
            {
                "+" + "".join("+" if s > 0 else "-" for s in signs): u8(
                    255 * msvd_plane(plane_a, plane_b, (1, *signs))
                )
                for signs in patterns
            }
        )

    def closeness(names: tuple[str, ...]) -> float:
        image = np.stack([trial[name] for trial, name in zip(trials, names, strict=True)], axis=2)
        return psnr(through_jpeg(image), published)

    chosen = max(itertools.product(trials[0], repeat=3), key=closeness)
    image = np.stack([trial[name] for trial, name in zip(trials, chosen, strict=True)], axis=2)
    return "signs " + " ".join(dict.fromkeys(chosen)), image


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


def scores(pair: Pair, method: str) -> dict[str, float]:
    """VIFB's 13 metrics of our image, as it is (not through JPEG), by the reference's names."""
    file = WORK / f"{method}-{pair.name}.scores.json"
    if not file.exists():
        done = score(*pair.load(), read_image(WORK / f"{method}-{pair.name}.png"), "vifb")
        file.write_text(json.dumps({s.metric.reference_name: s.value for s in done.values()}))
    return json.loads(file.read_text())


def page(pairs: list[Pair], published: Path) -> str:
    """The page `docs/baselines.md`."""
    done = {m: [p for p in pairs if (WORK / f"{m}-{p.name}.json").exists()] for m in METHODS}
    rows = {
        m: [json.loads((WORK / f"{m}-{p.name}.json").read_text()) for p in done[m]]
        for m in METHODS
        if done[m]
    }
    lines = [HEAD.format(pairs=len(pairs))]
    lines += [
        "| Method | Identical | The others (PSNR after JPEG, share of equal values) | Why |",
        "|---|--:|---|---|",
    ]
    for method, results in rows.items():
        others = [r for r in results if not r["identical"]]
        listed = (
            ", ".join(f"{r['pair']} {r['psnr']:.1f} dB ({100 * r['equal']:.2f} %)" for r in others) or "none"
        )
        identical = len(results) - len(others)
        lines.append(f"| {method} | {identical} of {len(results)} | {listed} | {WHY.get(method, '')} |")
    variants = [f"{r['pair']} {r['variant'].removeprefix('signs ')}" for r in rows["MSVD"]]
    lines += ["", MSVD.format(signs=", ".join(variants)), METRICS]
    table: dict[tuple[str, str, str], float] = {}
    with open(published, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table[row["method"], row["image"], row["metric"]] = float(row["value"])
    ours = {m: [scores(p, m) for p in done[m]] for m in rows}
    names = list(next(iter(ours.values()))[0])
    lines += ["| Method | Image | " + " | ".join(names) + " |", "|---|---|" + "--:|" * len(names)]
    for method in ours:
        rows_of = {
            "published": [np.mean([table[method, p.name, name] for p in done[method]]) for name in names],
            "ours": [np.mean([scored[name] for scored in ours[method]]) for name in names],
        }
        for label, cells in rows_of.items():
            lines.append(f"| {method} | {label} | " + " | ".join(f"{c:.5g}" for c in cells) + " |")
    return "\n".join(lines) + "\n"


HEAD = """# Classical baselines: the published pixels, from the sources

This page is written by `make baselines-parity` (`benchmarks/published_pixels.py`); do not edit it by hand.

Each method fuses the {pairs} VIFB pairs anew. The published images are JPEG files, so our result goes through the same
step (quality 75, 4:2:0, libjpeg) before it is compared with them. *Identical* counts the pairs whose decoded images agree in
every value. How a method is called, its paper, colour policy and least size: `tcmoa-bench models show NAME`. Speed:
[`benchmarks/fusers.md`](../benchmarks/fusers.md). Own methods: [adding-a-fuser.md](adding-a-fuser.md).

Beyond VIFB's methods, `lp`, `rp`, `dwt`, `dtcwt`, `cvt`, `nsct`, `mertens`, `spd_mef`, `dsift_ef`, `dsift`, `gfdf`,
`dct_var` and `dct_var_cv` have no published images to compare with; they are tested against lossless results of the authors'
code (`tests/baselines/test_golden.py`: equal in every pixel, but for `dtcwt`, where one level on at most 0.01 % of the
pixels differs by rounding).

## What the authors' codes do that a user should know

* `lp`, `lp_sr`: the toolbox fills the corner blocks with zeros inside its filters. On two flat images of 100 and 200 the
  result is 150 but brighter within 25 pixels of each corner: up to 184 (with 0 and 255: 128 and up to 215). The pixel at the
  lower right is worst. `lp:border=mirror` mirrors there as at the sides and gives 150 everywhere; suites use it.
* `ifevip` blurs its background with zeros outside the image; `hmsd_gf` and `gfce` brighten by 275/255; `msvd` stretches gray
  results; `latlrr` counts detail up to four times. None of these returns an image fused with itself.
* `dct_var`, `dct_var_cv` leave 128 to the right of and below the last whole 8x8 block.
* Flat in both sources, several codes divide 0 by 0 and leave black pixels; here both sources then count alike.
* `mertens` is the author's code. `mertens_opencv` differs: float32, another depth of the pyramid, other borders.

## Pixels
"""
WHY = {
    "Hybrid_MSD": "a rounding difference in the bilateral grid, whose reference interpolates in float32",
    "GFF": "the published images of these pairs are no fusions of the two sources: VIFB's loader wrote the gray infrared "
    "image into the green channel of the visible one and left the other source black",
    "TIF": "where both saliencies are rounding noise, their order of summation decides the weights",
    "MSVD": "with the signs below, of 512 combinations tried; the fuser `msvd` itself equals kettle and snow only",
    "GTF": "the fuser `gtf_matlab`; `gtf` (Octave's solver) is identical on 10 pairs, 40 to 47 dB on the others",
}
MSVD = """For GFF both sources pass through JPEG first, as in VIFB's interface, and both orders of the sources are tried
(VIFB's order varies). MSVD's singular vectors have no determined sign; the published images carry whatever LAPACK gave.
The signs that reproduce them (columns 1 to 4 relative to the infrared source's; several where the channels differ):
{signs}. The fuser `msvd` aligns all signs.
"""
METRICS = """## Metrics

Means over the pairs, by VIFB's own definitions (convention `vifb`) and names: of the published table, and of our images as
they are. Where the pixels are identical after the JPEG step, a difference here is what that step alone does to the number.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(METHODS))
    data = os.environ.get("TCMOA_BENCH_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds vifb/")
    parser.add_argument(
        "--weights", type=Path, help="folder of the learned matrices (default: beside the data)"
    )
    parser.add_argument("--page", action="store_true", help="fuse nothing, write the page from what is done")
    parser.add_argument("--again", action="store_true", help="fuse pairs that are done already, too")
    arguments = parser.parse_args()
    vifb = arguments.data / "vifb"
    options = FuserOptions(weights=arguments.weights or arguments.data.parent / "baselines" / "aux")
    names = sorted(path.stem for path in (vifb / "input" / "VI").glob("*.jpg"))
    if not names:
        raise SystemExit(f"no VIFB pairs in {vifb}: give the folder of data packs with --data")
    pairs = [
        Pair("vifb", name, Task.VIF, vifb / f"input/VI/{name}.jpg", vifb / f"input/IR/{name}.jpg")
        for name in names
    ]
    WORK.mkdir(parents=True, exist_ok=True)
    for method in () if arguments.page else arguments.methods or METHODS:
        for pair in pairs:
            name = pair.name
            done = WORK / f"{method}-{name}.json"
            if done.exists() and not arguments.again:
                continue
            row = compare(method, pair, vifb / f"output/fused_images/{name}_{method}.jpg", options)
            done.write_text(json.dumps(row))
            state = "identical" if row["identical"] else f"{row['psnr']:.1f} dB"
            print(f"{method} {name}: {state} {row['variant']} ({row['seconds']:.1f} s)", flush=True)
    if not arguments.methods:
        target = ROOT / "docs" / "baselines.md"
        text = page(pairs, arguments.data / "published" / "vifb_values.csv")
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target}")


if __name__ == "__main__":
    main()
