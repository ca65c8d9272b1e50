"""How fast the metrics are, side by side with public peers, in one run.

    python benchmarks/metrics.py                      # sets, single metrics and peers at both sizes
    python benchmarks/metrics.py --only sets --size 1280x1024

CPU seconds (user and system) of this process, median of several runs on fresh scenes, at most two threads. Peers
that are not installed (torchmetrics, sewar) are named as such. Metrics without a public peer stand beside a plain
NumPy/SciPy transcription of their formula.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator

THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))
os.environ["OMP_NUM_THREADS"] = str(THREADS)

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy import ndimage, signal  # noqa: E402
from skimage import data  # noqa: E402

from tcmoa_bench.metrics import CONVENTIONS, PROFILES, resolve  # noqa: E402
from tcmoa_bench.metrics.api import score_scene  # noqa: E402
from tcmoa_bench.metrics.scene import Scene, Sources  # noqa: E402

Image = NDArray[np.uint8]
Triple = tuple[Image, Image, Image]

FMI = ("FMI_pixel@tang2023", "FMI_dct@tang2023", "FMI_wavelet@tang2023")
SETS: dict[str, list[str]] = {
    "tang2023 without FMI": [
        m.qualified for m in CONVENTIONS["tang2023"].values() if not m.name.startswith("FMI")
    ],
    "FMI: edge, dct, wavelet": list(FMI),
    "paper's Table 1": list(PROFILES["tcmoa-vif"]),
    "paper's Table 2": list(PROFILES["tcmoa-mef"]),
    "paper's Table 3": list(PROFILES["tcmoa-mff"]),
    "vifb": ["vifb"],
    "textbook without FMI": [
        m.qualified for m in CONVENTIONS["textbook"].values() if not m.name.startswith("FMI")
    ],
}
SINGLES = ["VIF", "SSIM", "MS-SSIM", "MI", "Qabf", "Nabf", "AG", "SF", "EN", "CC", "SCD"]


def triple(size: str) -> Triple:
    """Two photographs that scikit-image carries, and their average."""
    width, height = map(int, size.split("x"))
    a, b = (
        cv2.resize(x, (width, height), interpolation=cv2.INTER_CUBIC)
        for x in (data.astronaut(), data.coffee())
    )
    return a, b, ((a.astype(np.uint16) + b + 1) // 2).astype(np.uint8)


def cpu(run: Callable[[], object], repeat: int) -> float:
    """Median CPU seconds of a call, after one to warm up."""
    run()
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def report_sets(size: str, repeat: int) -> Iterator[str]:
    a, b, fused = triple(size)
    yield f"\n### Sets, one colour triple of {size}\n"
    yield "| set | metrics | CPU s, one fuser | CPU s, each further fuser of the pair | 5 fusers over 5 times one |"
    yield "|---|---|---|---|---|"
    for name, members in SETS.items():
        metrics = resolve(members)

        def one(metrics=metrics) -> None:
            score_scene(Scene(Sources(a, b), fused), metrics)

        first = cpu(one, repeat)
        sources = Sources(a, b)
        further = cpu(
            lambda metrics=metrics, sources=sources: score_scene(Scene(sources, fused), metrics), repeat
        )
        ratio = (first + 4 * further) / (5 * first)
        yield f"| {name} | {len(metrics)} | {first:.2f} | {further:.2f} | {ratio:.2f} |"


def report_singles(size: str, repeat: int) -> Iterator[str]:
    a, b, fused = triple(size)
    planes = tuple(p.double for p in Scene(Sources(a, b), fused).gray("bt601-round"))
    yield f"\n### Single metrics of `tang2023`, one triple of {size} (both sources), CPU ms\n"
    yield "| metric | here | peers |"
    yield "|---|---|---|"
    for name in SINGLES:
        metric = CONVENTIONS["tang2023"][name]

        def here(metric=metric) -> float:
            scene = Scene(Sources(a, b), fused)
            for plane in scene.gray("bt601-round"):
                _ = plane.double
            start = time.process_time()
            metric.score(scene)
            return time.process_time() - start

        own = statistics.median(here() for _ in range(repeat))
        others = []
        for peer, call in PEERS.get(name, {}).items():
            library = peer.split(".")[0]
            if library != "plain" and importlib.util.find_spec(library) is None:
                others.append(f"{peer}: not installed")
                continue
            others.append(f"{peer} {1e3 * cpu(lambda call=call: call(*planes), max(1, repeat // 3)):.0f}")
        yield f"| {name} | {1e3 * own:.1f} | {'; '.join(others) or 'none'} |"


# Public peers: each gets the gray planes as float64 and answers for both sources.

Float = NDArray[np.float64]


def _tensors(*planes: Float) -> list:
    import torch

    torch.set_num_threads(THREADS)
    return [torch.from_numpy(p.astype(np.float32))[None, None] for p in planes]


def _piq(name: str) -> Callable[..., None]:
    def run(a: Float, b: Float, fused: Float) -> None:
        import piq

        x, y, f = _tensors(a, b, fused)
        for source in (x, y):
            getattr(piq, name)(f, source, data_range=255.0)

    return run


def _torchmetrics(name: str, **options: float) -> Callable[..., None]:
    def run(a: Float, b: Float, fused: Float) -> None:
        from torchmetrics.functional import image

        x, y, f = _tensors(a, b, fused)
        for source in (x, y):
            getattr(image, name)(f, source, **options)

    return run


def _sewar(name: str) -> Callable[..., None]:
    def run(a: Float, b: Float, fused: Float) -> None:
        from sewar import full_ref

        for source in (a, b):
            getattr(full_ref, name)(source.astype(np.uint8), fused.astype(np.uint8))

    return run


def _skimage_ssim(a: Float, b: Float, fused: Float) -> None:
    from skimage.metrics import structural_similarity

    for source in (a, b):
        structural_similarity(
            fused, source, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )


def _skimage_entropy(a: Float, b: Float, fused: Float) -> None:
    from skimage.measure import shannon_entropy

    shannon_entropy(fused)


# Plain transcriptions of formulas that no public Python package has.


def plain_mi(a: Float, b: Float, fused: Float) -> float:
    def entropy(counts: Float) -> float:
        p = counts[counts > 0] / counts.sum()
        return float(-(p * np.log2(p)).sum())

    total = 0.0
    for source in (a, b):
        joint, _, _ = np.histogram2d(source.ravel(), fused.ravel(), bins=256, range=[[0, 256], [0, 256]])
        total += entropy(joint.sum(0)) + entropy(joint.sum(1)) - entropy(joint)
    return total


def _plain_edges(image: Float) -> tuple[Float, Float]:
    kernel = np.outer([1, 2, 1], [-1, 0, 1])
    across, down = signal.convolve2d(image, kernel, "same"), signal.convolve2d(image, -kernel.T, "same")
    return np.sqrt(across**2 + down**2), np.arctan2(down, across)


def plain_qabf(a: Float, b: Float, fused: Float) -> float:
    kept = there = 0.0
    g_f, a_f = _plain_edges(fused)
    for source in (a, b):
        g, angle = _plain_edges(source)
        ratio = np.where(g > g_f, g_f / np.maximum(g, 1e-9), g / np.maximum(g_f, 1e-9))
        alignment = 1 - np.abs(angle - a_f) / (np.pi / 2)
        q = 0.9994 / (1 + np.exp(-15 * (ratio - 0.5))) * 0.9879 / (1 + np.exp(-22 * (alignment - 0.8)))
        kept += float((q * g).sum())
        there += float(g.sum())
    return kept / there


def plain_nabf(a: Float, b: Float, fused: Float) -> float:
    def edges(image: Float) -> tuple[Float, Float]:
        across, down = (ndimage.sobel(image, axis, mode="mirror") / 8 for axis in (1, 0))
        return np.sqrt(across**2 + down**2), np.arctan2(down, across)

    (g_f, a_f), lost, there = edges(fused), 0.0, 0.0
    sources = [edges(x) for x in (a, b)]
    artefact = (g_f > sources[0][0]) & (g_f > sources[1][0])
    for g, angle in sources:
        ratio = np.minimum(g, g_f) / np.maximum(np.maximum(g, g_f), 1e-9)
        alignment = np.abs(np.abs(angle - a_f) - np.pi / 2) * 2 / np.pi
        q = np.sqrt(
            0.9999 / (1 + np.exp(-19 * (ratio - 0.5))) * 0.9995 / (1 + np.exp(-22 * (alignment - 0.5)))
        )
        weight = np.where(g >= 2, g**1.5, 0.001)
        lost += float(((1 - q) * weight)[artefact].sum())
        there += float(weight.sum())
    return lost / there


def plain_vif(a: Float, b: Float, fused: Float) -> float:
    total = 0.0
    for source in (a, b):
        ref, dist, kept, there = source, fused, 0.0, 0.0
        for taps in (17, 9, 5, 3):
            grid = np.arange(taps) - taps // 2
            window = np.exp(-(grid[:, None] ** 2 + grid**2) / (2 * (taps / 5) ** 2))
            window /= window.sum()

            def blur(x: Float, window: Float = window) -> Float:
                return signal.correlate2d(x, window, "valid")

            if taps < 17:
                ref, dist = blur(ref)[::2, ::2], blur(dist)[::2, ::2]
            mean_r, mean_d = blur(ref), blur(dist)
            var_r, var_d = blur(ref * ref) - mean_r**2, blur(dist * dist) - mean_d**2
            gain = (blur(ref * dist) - mean_r * mean_d) / (var_r + 1e-10)
            noise = np.maximum(var_d - gain**2 * var_r, 1e-10)
            kept += np.log10(1 + np.maximum(gain, 0) ** 2 * np.maximum(var_r, 0) / (noise + 2)).sum()
            there += np.log10(1 + np.maximum(var_r, 0) / 2).sum()
        total += kept / there
    return total


def plain_ag(a: Float, b: Float, fused: Float) -> float:
    down, across = np.gradient(fused)
    return float(np.sqrt((across**2 + down**2) / 2).mean())


def plain_scd(a: Float, b: Float, fused: Float) -> float:
    return sum(np.corrcoef((fused - y).ravel(), x.ravel())[0, 1] for x, y in ((a, b), (b, a)))


PEERS: dict[str, dict[str, Callable[..., object]]] = {
    "VIF": {
        "piq": _piq("vif_p"),
        "torchmetrics": _torchmetrics("visual_information_fidelity"),
        "sewar": _sewar("vifp"),
        "plain": plain_vif,
    },
    "SSIM": {
        "piq": _piq("ssim"),
        "skimage": _skimage_ssim,
        "torchmetrics": _torchmetrics("structural_similarity_index_measure", data_range=255.0),
        "sewar": _sewar("ssim"),
    },
    "MI": {"plain": plain_mi},
    "Qabf": {"plain": plain_qabf},
    "Nabf": {"plain": plain_nabf},
    "AG": {"plain": plain_ag},
    "EN": {"skimage": _skimage_entropy},
    "SCD": {"plain": plain_scd},
}


# Memory and cores, each in processes of their own.


def all_conventions(size: str) -> None:
    """Score one triple with every convention computed here and print the peak of resident memory."""
    a, b, fused = triple(size)
    scene = Scene(Sources(a, b), fused)
    for name in CONVENTIONS:
        if name not in ("piq", "skimage"):
            score_scene(scene, list(CONVENTIONS[name].values()))
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def many(size: str, count: int) -> None:
    """Score some triples with tang2023 without FMI, and print the seconds."""
    a, b, fused = triple(size)
    metrics = resolve(SETS["tang2023 without FMI"])
    score_scene(Scene(Sources(a, b), fused), metrics)
    start = time.perf_counter()
    for _ in range(count):
        score_scene(Scene(Sources(a, b), fused), metrics)
    print(f"{time.perf_counter() - start:.3f}")


def report_processes(size: str) -> Iterator[str]:
    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)

    def seconds(count: int) -> float:
        runs = [start("--child", "many", "--size", size) for _ in range(count)]
        return max(float(run.communicate()[0].split()[-1]) for run in runs)

    one, two = seconds(1), seconds(2)
    peak = start("--child", "memory", "--size", size).communicate()[0].split()[-1]
    yield f"\n### Processes, {size}\n"
    yield f"- Two processes score {2 * one / two:.2f} times as many triples a second as one."
    yield f"- Peak memory of one colour triple with all conventions: {peak} MB."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", action="append", help="WIDTHxHEIGHT [default: 640x480 and 1280x1024]")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=["sets", "singles", "processes"])
    parser.add_argument("--child", choices=["memory", "many"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sizes = arguments.size or ["640x480", "1280x1024"]
    warnings.simplefilter("ignore")
    cv2.setNumThreads(THREADS)
    if arguments.child:
        all_conventions(sizes[0]) if arguments.child == "memory" else many(sizes[0], 5)
        return
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {THREADS} thread(s), ", end=""
    )
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, OpenCV {cv2.__version__}"
    print(f"load {os.getloadavg()[0]:.1f}, {versions}")
    for size in sizes:
        if arguments.only in (None, "sets"):
            print(*report_sets(size, arguments.repeat), sep="\n", flush=True)
        if arguments.only in (None, "singles"):
            print(*report_singles(size, arguments.repeat), sep="\n", flush=True)
        if arguments.only in (None, "processes"):
            print(*report_processes(size), sep="\n", flush=True)


if __name__ == "__main__":
    main()
