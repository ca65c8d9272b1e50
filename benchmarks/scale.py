"""What runs of many cells cost beside the pixels.

`python -m benchmarks.scale 500 4000 20000` prints, for each number of pairs (16 x 16 pixels), the CPU seconds to plan and
the bytes of a cell that goes to a worker, once with one fuser and once with a folder of fused images beside it.

`python -m benchmarks.scale --rates 500` runs that many cells with 1, 2 and 4 workers: cells a second, most memory.
`python -m benchmarks.scale --whole 20000` computes that many cells (16 x 16 pixels, two fusers and a folder of fused
images, two metrics), starts and resumes the run, and makes its report, tables, statistics and a comparison with a copy: CPU
seconds, most memory of a process, bytes of store and pages. Every command is a process of its own.
"""

from __future__ import annotations

import os
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tcmoa_bench.images import encode_png
from tcmoa_bench.run.plan import make_plan
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.suite import load_suite

SUITE = 'name = "scale"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "pairs"\ntask = "vif"\na = "A"\nb = "B"\n'


def measure(root: Path, pairs: int) -> None:
    picture = encode_png(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for folder in ("A", "B", "fused"):
        (root / folder).mkdir(parents=True)
        for number in range(pairs):
            (root / folder / f"p{number:06}.png").write_bytes(picture)
    (root / "suite.toml").write_text(SUITE)
    suite = load_suite(str(root / "suite.toml"))
    for label, fused in (("average", ()), ("average and a folder", (("OURS", root / "fused"),))):
        started = time.process_time()
        plan = make_plan(Request(suite, root / "run", fusers=("average",), fused=fused), None)
        seconds = time.process_time() - started
        size = max(len(pickle.dumps(cell)) for cell in plan.todo)
        print(
            f"{pairs:6} pairs, {label:20}: {seconds:6.2f} CPU s to plan, {1e6 * seconds / len(plan.todo):5.0f} us a cell, "
            f"{size} bytes the largest cell"
        )


def command(*words: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds (with children) and most megabytes of a command."""
    program = [sys.executable, "-c", "from tcmoa_bench.cli import main; main()", *map(str, words)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{words[0]} ended with exit code {os.waitstatus_to_exitcode(status)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, used.ru_maxrss / 1024


def _pairs(root: Path, count: int, side: int = 16) -> None:
    draw = np.random.default_rng(0)
    for folder in ("A", "B"):
        (root / folder).mkdir(parents=True)
        for number in range(count):
            image = draw.integers(0, 256, (side, side), dtype=np.uint8)
            (root / folder / f"p{number:06}.png").write_bytes(encode_png(image))
    (root / "suite.toml").write_text(SUITE)


def rates(root: Path, cells: int) -> None:
    _pairs(root, cells, 64)
    for jobs in (1, 2, 4):
        seconds, cpu, memory = command(
            *("run", "--suite", root / "suite.toml", "--out", root / f"run{jobs}", "--fusers", "average"),
            *("--metrics", "EN@textbook,SSIM@textbook,Qabf@textbook", "--no-report", "--jobs", jobs),
        )
        print(
            f"{cells} cells of 64x64, {jobs} workers: {cells / seconds:.1f} cells/s, {1000 * cpu / cells:.0f} CPU ms each, "
            f"{memory:.0f} MB in the largest process",
            flush=True,
        )


def whole(root: Path, cells: int) -> None:
    """A run whose cells are really computed (two fusers and a folder of fused images), and all that is made of it."""
    _pairs(root, cells // 3)
    shutil.copytree(root / "A", root / "fused")
    out = root / "run"
    again = (
        *("run", "--suite", root / "suite.toml", "--out", out, "--fusers", "average,maximum,OURS"),
        *(
            "--fused",
            f"OURS={root / 'fused'}",
            "--metrics",
            "EN@textbook,SSIM@textbook",
            "--no-report",
            "--jobs",
            2,
        ),
    )
    count = cells // 3 * 3
    print(f"{count} cells of 16x16, two metrics, load {os.getloadavg()[0]:.0f}", flush=True)

    def told(name: str, *words: object) -> float:
        seconds, cpu, memory = command(*words)
        print(f"{name:24} {seconds:7.1f} s, {cpu:7.1f} CPU s, {memory:.0f} MB", flush=True)
        return cpu

    cpu = told("run, 2 workers", *again)
    size = (out / "run.sqlite").stat().st_size
    print(
        f"{1000 * cpu / count:.1f} CPU ms a cell; store {size / 1e6:.1f} MB, {size / count:.0f} bytes a cell"
    )
    told("plan, all done", *again, "--dry-run")
    told("start, all done", *again)
    for file in sorted((out / "fused").rglob("*.png"))[: count // 2]:
        file.unlink()
    told("resume, half the images", *again)
    told("report", "report", out)
    pages = [file for file in out.iterdir() if file.suffix == ".html" or file.name.startswith("report")]
    print(f"{sum(file.stat().st_size for file in pages) / 1e6:.1f} MB of pages")
    told("tables", "tables", out)
    told("stats", "stats", out)
    shutil.copytree(out, root / "copy")
    told("compare", "compare", out, root / "copy")


def main() -> None:
    for option, work in (("--rates", rates), ("--whole", whole)):
        if option in sys.argv:
            with tempfile.TemporaryDirectory() as folder:
                work(Path(folder) / "data", int(sys.argv[-1]))
            return
    for count in map(int, sys.argv[1:] or ("500", "4000")):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), count)


if __name__ == "__main__":
    main()
